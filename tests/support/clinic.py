"""The fixed cast at work: a seeded sandbox over real HTTP, its phones and its clock, on a database of its own.

alice registers, bob is rung first, dana second, erin third, frank is the principal investigator; lin is a
participant. No worker runs by itself: `advance` and `settle` drain what is due, so that a story has no races.
"""

import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pyotp

from api import seed
from api.demo import Demo, draw_secrets, running_sandbox, sandbox_settings, url_of
from api.routes.sandbox import new_participant
from api.seed import member
from api.serving import bind
from api.settings import Settings
from api.shapes.base import Language
from api.shapes.sandbox import SeedRequest
from domain.people import ContactKind
from domain.records.rows import transaction
from notifications.emulator import Fault, FaultKind
from notifications.emulator.mail import Mail
from notifications.trial import machine_now
from tests.support.patience import PATIENCE_SECONDS

SECRETS = draw_secrets()
"""One set for the whole run: the seeded template is sealed under it."""

Json = Any

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing here speaks TLS, and reading the system's certificates takes longer than opening the clinic."""


class Person:
    """Somebody with a device, signed in."""

    def __init__(self, clinic: "Clinic", device_id: str, tokens: Mapping[str, str]) -> None:
        self.clinic = clinic
        self.device_id = device_id
        self.tokens = dict(tokens)
        self.participant_id = ""
        """Of a participant or her caregiver."""
        self.name = ""
        """Of one of the cast."""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.call("GET", path, headers=headers)

    async def post(self, path: str, body: Json = None) -> httpx.Response:
        return await self.call("POST", path, body)

    async def put(self, path: str, body: Json = None) -> httpx.Response:
        return await self.call("PUT", path, body)

    async def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        token: str = "accessToken",
        headers: Mapping[str, str] = {},
    ) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.tokens[token]}"}
        return await self.clinic.http.request(method, path, json=body, headers={**bearer, **headers})

    async def report(
        self, answers: Mapping[str, str | float], *, report_id: str | None = None, form: str | None = None
    ) -> httpx.Response:
        """Hand in a report on this person's form: {item: choice or number}."""
        body = self.clinic.submission(form or self.tokens["role"], answers)
        return await self.put(f"/v1/me/reports/{report_id or uuid4()}", body)


class Clinic:
    """A running sandbox and what a test does with it."""

    def __init__(self, demo: Demo, settings: Settings, http: httpx.AsyncClient) -> None:
        self.demo = demo
        self.settings = settings
        self.http = http
        self.sandbox = demo.sandbox
        """Whose clock `advance` moves; a test may add a provider to it."""
        self.trial = demo.sandbox.trial
        self.emulator = demo.sandbox.emulator
        self.numbers = {each.name: each.phone for each in seed.CAST}
        self.language: Language = "zh-CN"
        """Of new participants, their caregivers, and whoever is hired."""

    async def staff(self, name: str) -> Person:
        """Sign one of the cast in."""
        who, device_id = member(name), str(uuid4())
        await self.forget_digits()
        body = {
            "email": who.email,
            "password": seed.PASSWORD,
            "totp": pyotp.TOTP(who.totp_secret).at(machine_now()),
            "deviceId": device_id,
        }
        answer = await self.http.post("/v1/staff/sessions", json=body)
        assert answer.status_code == 201, answer.text
        person = Person(self, device_id, answer.json())
        person.name = name
        return person

    async def forget_digits(self) -> None:
        """Let the digits of everybody's authenticator be good again: a test cannot wait for the next ones."""
        connection = await owner(self.settings.database_url)
        await connection.execute("update credentials set totp_step = null")
        await connection.close()

    async def lin(self, days: int = 3) -> tuple[Person, Person]:
        """A new participant, administered `days` ago, and her caregiver, both signed in."""
        seeded = await new_participant(
            self.sandbox,
            self.demo.edge.mint,
            SeedRequest(days_since_administration=days, language=self.language),
        )
        lin, caregiver = (
            await self.activate(seeded.participant_code),
            await self.activate(seeded.caregiver_code),
        )
        lin.participant_id = caregiver.participant_id = str(seeded.participant_id)
        return lin, caregiver

    async def activate(self, code: str) -> Person:
        device_id = str(uuid4())
        answer = await self.http.post("/v1/activations", json={"code": code, "deviceId": device_id})
        assert answer.status_code == 201, answer.text
        return Person(self, device_id, answer.json())

    def submission(self, role: str, answers: Mapping[str, str | float]) -> dict[str, Json]:
        """The body of a report on the form of a role."""
        return {
            "formId": "caregiver" if role == "caregiver" else "on-demand",
            "formVersion": 1,
            "language": "en",
            "deviceTime": self.trial.now().isoformat(),
            "answers": [_answer(item, value) for item, value in answers.items()],
        }

    def texts(self, name: str) -> list[str]:
        """What the phone of one of the cast received, oldest first."""
        return [text.body for text in self.emulator.phone(self.numbers[name])]

    async def move_abroad(self, *names: str) -> None:
        """Give these of the cast numbers of a country that allows replies, links, calls and any number of texts."""
        connection = await owner(self.settings.database_url)
        for name in names:
            self.numbers[name] = f"+1555{member(name).phone[-7:]}"
            contact_id = await connection.fetchval(
                """
                select contacts.id from contacts join staff on staff.id = staff_id
                where name = $1 and kind = 'phone'
                """,
                name,
            )
            sealed = self.trial.vault.seal(self.numbers[name], contact_id, ContactKind.PHONE)
            await connection.execute(
                "update contacts set key_id = $2, sealed = $3, blind_index = $4, prefix = '+1' where id = $1",
                contact_id,
                sealed.key_id,
                sealed.data,
                self.trial.vault.index(ContactKind.PHONE, self.numbers[name]),
            )
        await connection.close()

    def mails(self, name: str) -> list[Mail]:
        """What the mailbox of one of the cast received, oldest first."""
        return [mail for mail in self.emulator.mail_server.mails if mail.to == member(name).email]

    def rung(self) -> dict[str, int]:
        """How many texts each of the cast received; whoever received none is left out."""
        counts = {each.name: len(self.texts(each.name)) for each in seed.CAST}
        return {name: count for name, count in counts.items() if count}

    def fault(self, kind: str, name: str | None = None, *, code: int = 0, times: int | None = None) -> None:
        """Script one fault of the provider, for one of the cast or for everybody."""
        number = None if name is None else self.numbers[name]
        self.emulator.script(Fault(kind=FaultKind(kind), number=number, code=code, times=times))

    async def settle(self) -> None:
        """Let the worker do everything that is due now, and every receipt arrive."""
        await self.sandbox.advance_to(self.trial.now())

    async def advance(self, **duration: float) -> None:
        """Let trial time pass: advance(minutes=10)."""
        await self.sandbox.advance_to(self.trial.now() + timedelta(**duration))

    async def rows(self, table: str) -> int:
        """How many rows a table has."""
        async with transaction(self.trial.pool) as connection:
            return int(await connection.fetchval(f"select count(*) from {table}"))  # noqa: S608 - a test's own words

    async def everything(self) -> dict[str, int]:
        """How many rows every table has, but for what is noted of a reading: whoever reads changes nothing."""
        names = await self._tables()
        return {name: await self.rows(name) for name in names if name != "record_reads"} | {
            "audit_entries": await self.rows(f"audit_entries where {_NO_READING}")
        }

    async def _tables(self) -> list[str]:
        async with transaction(self.trial.pool) as connection:
            found = await connection.fetch(
                "select tablename from pg_tables where schemaname = 'public' order by 1"
            )
        return [row["tablename"] for row in found]


_NO_READING = "position('\"changes\":[]' in convert_from(body, 'UTF8')) = 0"


@contextlib.asynccontextmanager
async def open_clinic(database_url: str, **more: str) -> AsyncIterator[Clinic]:
    """Run a clinic on a migrated, stamped database; the cast is seeded if it is not there. `more` are settings."""
    api_socket, inbox_socket, mail_socket = (bind("127.0.0.1", 0) for _ in range(3))
    mail_url = url_of(mail_socket, "smtp")
    settings = sandbox_settings(
        SECRETS, database_url, url_of(api_socket), url_of(inbox_socket), mail_url, more
    )
    async with (
        running_sandbox(settings, api_socket, inbox_socket, mail_socket) as demo,
        httpx.AsyncClient(base_url=demo.api_url, verify=_NO_TLS, timeout=PATIENCE_SECONDS) as http,
    ):
        yield Clinic(demo, settings, http)


async def owner(database_url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A superuser's connection, for what a test does behind the program's back."""
    return await asyncpg.connect(database_url)


def _answer(item: str, value: str | float) -> dict[str, Json]:
    if isinstance(value, str):
        kind = "text" if item == "free-text" else "choice"
        return {"type": kind, "itemId": item, kind: value}
    return {"type": "number", "itemId": item, "number": value}

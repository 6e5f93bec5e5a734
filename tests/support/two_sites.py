"""Two sites with somebody of every role at each, two participants and a caregiver at the first: whose rights are tried.

At the first site, each role that can be on call is there twice: once `on_call`, so that each alert pages her, once not.
"""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
from msgspec import Struct

from api.demo import url_of
from api.recruiting import SignIn
from api.seed import member
from api.serving import bind
from api.shapes.base import Language
from domain import staffing
from domain.colleague import ON_CALL_ROLES
from domain.decision import SYSTEM
from domain.people import Role, Site
from domain.records.rows import transaction
from domain.records.write import write
from tests.support.clinic import Clinic, Json, Person, open_clinic, owner
from tests.support.desk import invite
from tests.support.directory import provider
from tests.support.phones import give_phone
from tests.support.proof import proof
from tests.support.sites import hire, home, open_site
from tests.support.watch import EMERGENCY

ROLES = tuple(
    Role(each) for each in ("coordinator", "investigator", "monitor", "data-manager", "administrator")
)

REPORT_SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"
"""Of the second provider's address; nothing is sent through it here."""

FREE_TEXT = "elderberry and thyme"
"""What lin has written, and nobody else."""


class Rung(Struct, frozen=True):
    """An alert that rings everybody on call, and whose it is."""

    alert_id: str
    participant_id: str


class TwoSites:
    """The clinic, and who is there."""

    def __init__(self, clinic: Clinic, here: Site, there: Site) -> None:
        self.clinic = clinic
        self.here, self.there = here, there
        self.plain: dict[Role, Person] = {}
        self.on_call: dict[Role, Person] = {}
        self.elsewhere: dict[Role, Person] = {}
        self.ids: dict[tuple[Role, bool], UUID] = {}
        self.keys: dict[str, SignIn] = {}
        """By the device of whoever signs in with them."""
        self._hours = 0

    async def open(self) -> None:
        """Hire everybody, let one report stand of each who reports, and one drill be over."""
        for role in ROLES:
            self.elsewhere[role] = await self._hire(f"There{role.name.title()}", role, self.there)
            self.plain[role] = await self._hire(f"Plain{role.name.title()}", role, self.here)
        for role in sorted(ON_CALL_ROLES):
            self.on_call[role] = await self._hire(f"Rung{role.name.title()}", role, self.here, on_call=True)
        self.lin, self.caregiver = await self.clinic.lin(days=8)
        self.other, _ = await self.clinic.lin(days=8)
        self.spare, _ = await self.clinic.lin(days=8)
        self.reports = {
            "participant": await self.reported(self.lin, {"free-text": FREE_TEXT}),
            "caregiver": await self.reported(self.caregiver, {"nose-or-gum-bleeding": "no"}),
            # Somebody else will use this id as well.
            "shared": await self.reported(self.lin, {"free-text": FREE_TEXT}),
        }
        self.drill_id = await self._drill()
        self.rung = await self.ring()

    async def _hire(self, name: str, role: Role, site: Site, *, on_call: bool = False) -> Person:
        hired = await hire(self.clinic, name, role, site)
        self.sign_in = self.keys[hired.person.device_id] = hired.sign_in
        # Numbers of a country that allows any number of texts, and calls.
        await give_phone(self.clinic, name, f"+1500555{len(self.ids) + 1100}")
        staff_id = UUID(str(await self.value("select id from staff where name = $1", name)))
        self.ids[role, on_call] = staff_id
        if on_call:
            async with transaction(self.clinic.trial.pool) as connection:
                begins = self.clinic.trial.now() - timedelta(hours=1)
                hours = (begins, begins + timedelta(days=30))
                await write(
                    connection,
                    staffing.put_on_call(site, staff_id, 1, hours, self.clinic.trial.context(SYSTEM)),
                )
        return hired.person

    async def proof(self, person: Person) -> Json:
        """A proof that this is she, good once."""
        return await proof(self.clinic, self.keys[person.device_id])

    async def also(self, person: Person, site: Site, role: Role) -> None:
        """Give somebody a role at a second site as well."""
        me = done(await person.get("/v1/staff/me")).json()
        await self.value(
            "insert into staff_roles (staff_id, site_id, role) values ($1, $2, $3)",
            UUID(me["staffId"]),
            site.id,
            role.value,
        )

    async def value(self, sql: str, *values: object) -> Json:
        """One value, as a superuser reads it: no right of the application is asked for."""
        connection = await owner(self.clinic.settings.database_url)
        try:
            return await connection.fetchval(sql, *values)
        finally:
            await connection.close()

    async def row(self, sql: str, *values: object) -> "asyncpg.Record":
        """As `value`, for a whole row, which must be there."""
        connection = await owner(self.clinic.settings.database_url)
        try:
            found = await connection.fetchrow(sql, *values)
        finally:
            await connection.close()
        assert found is not None
        return found

    async def reported(self, person: Person, answers: dict[str, str | float]) -> str:
        """Hand a report in; return its id."""
        report_id = str(uuid4())
        answer = await person.report(answers, report_id=report_id)
        assert answer.status_code == 201, answer.text
        return report_id

    async def ring(self) -> Rung:
        """An emergency of somebody new, and everybody on call is rung."""
        _, caregiver = await self.clinic.lin()
        await caregiver.report(EMERGENCY)
        await self.clinic.settle()
        found = await self.value(
            "select id from alerts where participant_id = $1", UUID(caregiver.participant_id)
        )
        return Rung(str(found), caregiver.participant_id)

    def free_hours(self) -> float:
        """Hours from now at which nobody has taken over anything yet, four at a time."""
        self._hours += 4
        return 24 * 40 + self._hours

    async def quiet(self) -> None:
        """Let somebody take every alert, so that a drill may start."""
        bob = self.on_call[Role.INVESTIGATOR]
        await self.clinic.settle()
        waiting = (await bob.get("/v1/alerts?state=live")).json()["alerts"]
        for each in waiting:
            if each["state"] not in {"acknowledged", "contacted"}:
                done(await bob.post(f"/v1/alerts/{each['alertId']}/acknowledgements"))
        await self.clinic.settle()

    async def _drill(self) -> str:
        drill = done(await self.plain[Role.COORDINATOR].post(f"/v1/sites/{self.here.id}/drills")).json()
        await self.quiet()
        return str(drill["drillId"])

    async def new_phone(self, of: Person, role: str = "participant") -> Person:
        """A phone that was just activated for the account of somebody."""
        code = await invite(self.plain[Role.COORDINATOR], of, role)
        phone = await self.clinic.activate(code)
        phone.participant_id = of.participant_id
        return phone


def done(answer: httpx.Response) -> httpx.Response:
    """Check that something was done that a test needs."""
    assert answer.is_success, (answer.request.method, answer.request.url.path, answer.text)
    return answer


@contextlib.asynccontextmanager
async def open_two_sites(database_url: str, language: Language = "zh-CN") -> AsyncIterator[TwoSites]:
    """Run the clinic with a second site, a hospital's directory, and a second provider that is never asked."""
    async with contextlib.AsyncExitStack() as stack:
        nobody = stack.enter_context(bind("127.0.0.1", 0))
        hospital = await stack.enter_async_context(provider())
        settings = {
            "DYSMS_ACCESS_KEY_ID": "LTAI-nightbell",
            "DYSMS_ACCESS_KEY_SECRET": "the account's access key secret",
            "DYSMS_SIGN_NAME": "Trial",
            "DYSMS_TEMPLATES": "sms.emergency:SMS_1,sms.urgent:SMS_2,sms.exhausted:SMS_3,sms.drill:SMS_4",
            "DYSMS_REPORT_SECRET": REPORT_SECRET,
            "DYSMS_ENDPOINT": url_of(nobody),
            **hospital.settings,
        }
        async with open_clinic(database_url, **settings) as clinic:
            clinic.language = language
            ward = TwoSites(clinic, await home(clinic), await open_site(clinic, "Tongji"))
            # Of so many alerts Bob would soon have had all that a number may get in a day.
            await clinic.move_abroad(member("Bob").name)
            await ward.value("update staff set language = $1", language)
            await ward.open()
            yield ward

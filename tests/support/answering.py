"""Answering by link and by code as stories do: phones abroad, links in texts, other addresses, time to wait out."""

import contextlib
import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx

from api.seed import member
from domain.decision import SYSTEM, Change
from domain.people import ContactKind
from domain.records import contacts
from domain.records.rows import transaction
from domain.records.write import write
from tests.support.clinic import Clinic, owner
from tests.support.patience import PATIENCE_SECONDS
from tests.support.watch import EMERGENCY

ABROAD = {name: f"+1415555{place:04}" for place, name in enumerate(("Alice", "Bob", "Dana", "Erin", "Frank"))}
"""Numbers of a country whose texts may carry a link."""


async def move_abroad(clinic: Clinic, *names: str) -> None:
    """Put another number of each on file, sealed as the program seals it."""
    for name in names:
        async with transaction(clinic.trial.pool) as connection:
            index = clinic.trial.vault.index(ContactKind.EMAIL, member(name).email)
            email = await contacts.by_email(connection, index)
            assert email is not None
            assert email.staff_id is not None
            known = await contacts.of_staff(connection, email.staff_id, ContactKind.PHONE)
            assert known is not None
            moved = clinic.trial.vault.contact_of_staff(
                known.id, email.staff_id, ContactKind.PHONE, ABROAD[name]
            )
            context = clinic.trial.context(SYSTEM)
            await write(connection, context.decide("staff.move", (Change(moved, known),), site_id=None))


async def ring(clinic: Clinic, **waits: float) -> str:
    """Let a new patient's caregiver report an emergency, and time pass; return the report's id."""
    _, caregiver = await clinic.lin()
    answer = await caregiver.report(EMERGENCY)
    await clinic.settle()
    if waits:
        await clinic.advance(**waits)
    return str(answer.json()["reportId"])


def links_of(clinic: Clinic, name: str) -> list[str]:
    """The paths of the links that a phone abroad has received, oldest first."""
    texts = [text.body for text in clinic.emulator.phone(ABROAD[name])]
    found = [re.search(rf"{re.escape(clinic.demo.api_url)}(/a/\S+)$", text) for text in texts]
    return [each[1] for each in found if each]


def code_in(text: str) -> str:
    """The code in a text to staff, of either language."""
    found = re.search(r"\b[A-Z0-9]{4}\b", text, re.ASCII)
    assert found, text
    return found[0]


def entry(name: str, action: str = "acknowledge", **more: str) -> dict[str, str]:
    """What one of the cast types into a page."""
    return {"pin": member(name).pin, "action": action, **more}


def read(page: httpx.Response) -> str:
    """The words of a page, without its tags."""
    assert page.headers["content-type"].startswith("text/html")
    bare = re.sub(r"<[^>]+>", " ", page.text.partition("<main>")[2])
    return " ".join(html.unescape(bare).split())


def asks_for_a_pin(page: httpx.Response) -> bool:
    """Whether a page still can be answered."""
    return 'name="pin"' in page.text


@contextlib.asynccontextmanager
async def elsewhere(clinic: Clinic, address: str = "127.0.0.2") -> AsyncIterator[httpx.AsyncClient]:
    """A browser at another address than everybody else's."""
    transport = httpx.AsyncHTTPTransport(local_address=address, verify=False)
    async with httpx.AsyncClient(
        base_url=clinic.demo.api_url, transport=transport, timeout=PATIENCE_SECONDS
    ) as http:
        yield http


async def wait_out(clinic: Clinic, seconds: float) -> None:
    """Let so much machine time pass for whoever must wait: what is remembered of failures is that much older."""
    connection = await owner(clinic.settings.database_url)
    await connection.execute(
        "update slow_downs set since = since - $1::interval, wait_until = wait_until - $1::interval",
        timedelta(seconds=seconds),
    )
    await connection.close()


async def standing(clinic: Clinic) -> list[tuple[str, int, str | None]]:
    """Every alert: its state, its round and who holds it, oldest first."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            """
            select state, round, name from alerts left join staff on staff.id = acknowledged_by
            order by opened_at, alerts.id
            """
        )
    return [(row["state"], row["round"], row["name"]) for row in found]


async def acts(clinic: Clinic) -> list[tuple[str, str, str]]:
    """Everything anybody did about alerts: who, what, by which way."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select name, kind, via from alert_acts join staff on staff.id = staff_id order by at, alert_acts.id"
        )
    return [(row["name"], row["kind"], row["via"]) for row in found]

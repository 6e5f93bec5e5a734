"""Looking at a clinic from outside: its alert, its pages, its phones, and waiting for something in real time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from api.wiring import open_trial, work
from domain.records.rows import WORKER_ROLE, transaction
from notifications.trial import Trial
from tests.support.clinic import Clinic, Person
from tests.support.patience import PATIENCE_SECONDS

Json = Any

EMERGENCY = {"cannot-be-woken": "yes"}
URGENT = {"nose-or-gum-bleeding": "yes"}
"""On the caregiver's form."""


async def alert_of(person: Person) -> Json:
    """The newest alert with its timeline, as a member of staff reads it."""
    alerts = (await person.get("/v1/alerts")).json()["alerts"]
    return (await person.get(f"/v1/alerts/{alerts[0]['alertId']}")).json()


async def take(person: Person) -> None:
    """Acknowledge the newest alert."""
    alert = await alert_of(person)
    answer = await person.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")
    assert answer.status_code == 201, answer.text


async def page_of(person: Person) -> Json:
    """The page of the newest report, as its reporter reads it."""
    return (await person.get("/v1/me/reports")).json()["reports"][0]["page"]


async def states(clinic: Clinic) -> list[tuple[str, str, int]]:
    """Every page by SMS, oldest first: to whom, what became of it, how many calls to the provider it took."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            """
            select name, state, attempts from messages join staff on staff.id = staff_id
            where alert_id is not null and channel = 'sms'
            order by messages.created_at, step, name
            """
        )
    return [(row["name"], row["state"], row["attempts"]) for row in found]


async def reporters(clinic: Clinic, count: int) -> list[Person]:
    """The caregivers of so many new participants, signed in."""
    return [(await clinic.lin())[1] for _ in range(count)]


async def settled(clinic: Clinic) -> None:
    """Wait in real time until every page there is has been delivered."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while {state for _, state, _ in await states(clinic)} - {"delivered"}:  # noqa: ASYNC110 - a row, no event
            await asyncio.sleep(0.02)


def codes(clinic: Clinic, name: str) -> list[str]:
    """The texts on a phone, each once: a repeat with the same code is the same text."""
    return list(dict.fromkeys(clinic.texts(name)))


def handed_over(clinic: Clinic, name: str) -> int:
    """How many texts the provider ever took for this person, delivered or not."""
    return sum(message.to == clinic.numbers[name] for message in clinic.emulator.messages)


async def until(happened: Callable[[], bool], what: str) -> float:
    """Wait in real time until it happens; return the seconds it took, and fail only after long patience."""
    started = time.monotonic()
    while not happened():
        waited = time.monotonic() - started
        assert waited < PATIENCE_SECONDS, f"{what}: not within {waited:.1f} s"
        await asyncio.sleep(0.01)
    return time.monotonic() - started


@contextlib.asynccontextmanager
async def worker_at(clinic: Clinic) -> AsyncIterator[Trial]:
    """One worker of the clinic with a pool and a provider's client of its own, in real time."""
    async with open_trial(clinic.settings, WORKER_ROLE) as trial:
        working = asyncio.create_task(work(trial, clinic.settings))
        try:
            yield trial
        finally:
            working.cancel()
            await asyncio.wait([working])


async def tasks_about(clinic: Clinic, report_id: str) -> list[str]:
    """The kinds of the tasks about a report, in their order."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch("select kind from tasks where about_id = $1 order by kind", report_id)
    return [row["kind"] for row in found]

"""The auditor's look: what does it cost among a thousand reports, alerts and texts, and among a hundred thousand?

In each database equally many alerts ring, and equally much is found. The looks go through the sizes in turn,
so that what else the machine does meets all of them. A watchdog that grew slow was switched off (cases.md 16).
"""

import contextlib
import time
from collections.abc import AsyncIterator
from statistics import median

import asyncpg
from msgspec.structs import replace

from api.settings import Settings
from api.wiring import open_trial, prepare_database
from domain.records.rows import WORKER_ROLE
from notifications import watching
from notifications.trial import Trial
from tests.bench.figures import Figure, say
from tests.bench.house import House
from tests.bench.load import percentile
from tests.support.answered import answer_an_emergency, multiply
from tests.support.clinic import open_clinic
from tests.support.database import fresh_database

SIZES = (1_000, 100_000)
LIVE, FOUND = 200, 20
"""Alerts that ring, and how many of them, of the texts and of the tasks are late."""

WARM, LOOKS = 20, 200
GOAL = 1.5


async def measure(house: House) -> list[Figure]:
    """Measure the auditor's query at each size, as a worker asks it."""
    async with _trials(house) as trials:
        taken: dict[int, list[float]] = {size: [] for size in trials}
        for look in range(WARM + LOOKS):
            for size, trial in trials.items():
                seconds = await _look(trial)
                if look >= WARM:
                    taken[size].append(seconds)
    return [_ratio(taken)]


@contextlib.asynccontextmanager
async def _trials(house: House) -> AsyncIterator[dict[int, Trial]]:
    async with contextlib.AsyncExitStack() as stack:
        template = await stack.enter_async_context(fresh_database(house.database_url))
        await prepare_database(template, "sandbox")
        async with open_clinic(template) as clinic:
            await answer_an_emergency(clinic)
        yield {
            size: await stack.enter_async_context(_crowded(house.settings, template, size)) for size in SIZES
        }


@contextlib.asynccontextmanager
async def _crowded(settings: Settings, template: str, size: int) -> AsyncIterator[Trial]:
    begun = time.perf_counter()
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(
            fresh_database(settings.database_url, template=template.rsplit("/", 1)[1])
        )
        owner = await asyncpg.connect(url)
        await multiply(owner, size, LIVE)
        await _be_late(owner)
        await owner.close()
        say(f"an auditor's crowd of {size:,} was made in {time.perf_counter() - begun:.0f} s")
        yield await stack.enter_async_context(open_trial(replace(settings, database_url=url), WORKER_ROLE))


async def _be_late(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Let some of what rings, was sent and is to be closed be late."""
    await owner.execute("set session_replication_role = replica")
    for table, live in (
        ("alerts", "state = 'open'"),
        ("messages", "due_at is null"),
        ("tasks", "resolved_at is null"),
    ):
        await owner.execute(
            f"update {table} set due_at = now() - interval '1 hour' where id in "  # noqa: S608 - words from above
            f"(select id from {table} where {live} limit {FOUND})"
        )
    await owner.execute("vacuum (analyze)")


async def _look(trial: Trial) -> float:
    seen = await watching.look(trial)
    late = {each.kind: each.count for each in seen.found}
    if set(late.values()) != {FOUND} or len(late) != 3:
        msg = f"{late} was found: nothing is measured on other work"
        raise RuntimeError(msg)
    return seen.seconds


def _ratio(taken: dict[int, list[float]]) -> Figure:
    smallest, largest = min(taken), max(taken)
    value = median(taken[largest]) / median(taken[smallest])
    return Figure(
        name=f"auditor among {largest:.0e}, of that among {smallest:.0e}".replace("e+0", "e"),
        value=round(value, 2),
        goal=f"≤ {GOAL}",
        met=value <= GOAL,
        figures={
            f"{name}_ms_among_{size:.0e}".replace("e+0", "e"): round(percentile(seconds, part), 2)
            for size, seconds in taken.items()
            for name, part in (("p50", 50), ("p99", 99))
        },
    )

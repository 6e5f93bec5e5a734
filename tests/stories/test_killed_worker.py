"""A worker is killed with SIGKILL, wherever it is: the page still goes out, and once (cases.md 3 and 4)."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from multiprocessing.context import ForkServerProcess

import pytest

from domain.records import audit
from domain.records.rows import snapshot
from tests.support.clinic import Clinic, open_clinic
from tests.support.database import fresh_database
from tests.support.killable_worker import POINTS, Pace, start
from tests.support.patience import PATIENCE_SECONDS
from tests.support.soak import a_seed, rounds
from tests.support.watch import EMERGENCY, codes, states, until, worker_at

SWIFT = Pace(lease=timedelta(seconds=0.5), beat=0.1)
"""For many rounds: the same worker with shorter times."""

LANES, STINT = 5, 2
"""So many clinics at once, and so many rounds in each: a number gets four texts a day, and a kill may cost it one."""

PAGING = tuple(point for point in POINTS if not point.startswith("mail"))
"""Mail has stories of its own (test_digest_stories.py)."""

MOST_STATEMENTS = 60
"""More than a page takes from lease to settled, polling included."""


@pytest.fixture
def swift() -> Iterator[Pace]:
    SWIFT.set()
    yield SWIFT
    Pace().set()


@asynccontextmanager
async def another_clinic(cluster_url: str, seeded_template: str) -> AsyncIterator[Clinic]:
    async with fresh_database(cluster_url, template=seeded_template) as url, open_clinic(url) as clinic:
        yield clinic


async def dead(process: ForkServerProcess) -> None:
    """Wait until a worker has killed itself."""
    await until(lambda: process.exitcode is not None, "the worker should have died")
    assert process.exitcode == -9


async def is_at_rest(clinic: Clinic) -> None:
    """Wait until no page is under way any more."""
    while {state for _, state, _ in await states(clinic)} - {"accepted", "delivered"}:  # noqa: ASYNC110 - a row, no event
        await asyncio.sleep(0.02)


async def assert_the_trail_is_whole(clinic: Clinic) -> None:
    async with snapshot(clinic.trial.pool) as connection:
        _, broken = await audit.verify(connection)
    assert broken == ()


async def killed_at(clinic: Clinic, point: str) -> tuple[str, float, int]:
    """Lin reports, a worker dies at the point, another takes over: the seconds until Bob's phone rings."""
    # Receipts would tell the next worker what became of the text: without them it has to ask.
    clinic.fault("no-receipt")
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await dead(start(clinic, point=point))
    async with worker_at(clinic):
        seconds = await until(lambda: bool(clinic.texts("Bob")), f"Bob's phone, worker killed {point}")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await is_at_rest(clinic)
    assert clinic.rung() == {"Bob": 1}, f"{point}: {seconds:.1f} s"
    await assert_the_trail_is_whole(clinic)
    return point, seconds, len(clinic.emulator.messages)


async def test_wherever_a_worker_is_killed_another_one_rings_bob_once(
    cluster_url: str, seeded_template: str
) -> None:
    async def story(point: str) -> tuple[str, float, int]:
        async with another_clinic(cluster_url, seeded_template) as clinic:
            return await killed_at(clinic, point)

    async with asyncio.TaskGroup() as group:
        stories = [group.create_task(story(point)) for point in PAGING]
    found = [each.result() for each in stories]
    told = ", ".join(f"{point} {seconds:.1f} s" for point, seconds, _ in found)
    print(f"Bob's phone rang, after the worker was killed at: {told}")  # noqa: T201 - a measurement, not a claim
    assert [texts for _, _, texts in found] == [1] * len(PAGING), told


async def a_round(clinic: Clinic, statement: int) -> None:
    """One more participant reports; a worker dies before that statement; another one takes over."""
    _, caregiver = await clinic.lin()
    before = len(codes(clinic, "Bob"))
    await caregiver.report(EMERGENCY)
    await dead(start(clinic, statement=statement, pace=SWIFT))
    async with worker_at(clinic):
        await until(
            lambda: len(codes(clinic, "Bob")) > before, f"Bob's phone, killed at statement {statement}"
        )
        async with asyncio.timeout(PATIENCE_SECONDS):
            await is_at_rest(clinic)
    repeats = len(clinic.texts("Bob")) - len(codes(clinic, "Bob"))
    assert len(codes(clinic, "Bob")) == before + 1, f"another code, killed at statement {statement}"
    assert repeats == 0, f"{repeats} repeats, killed at statement {statement}"
    assert set(clinic.rung()) == {"Bob"}


def places(luck: random.Random, count: int) -> list[int]:
    """Before which statement each round's worker dies: as many different ones as there are, then all of them again."""
    every = range(1, MOST_STATEMENTS)
    drawn = [place for _ in range(0, count, len(every)) for place in luck.sample(every, len(every))]
    return drawn[:count]


@pytest.mark.soak
@pytest.mark.usefixtures("swift")
async def test_between_any_two_statements_a_kill_costs_no_page_and_repeats_none(
    cluster_url: str, seeded_template: str
) -> None:
    seed, room = a_seed(), asyncio.Semaphore(LANES)
    drawn = places(random.Random(seed), rounds())  # noqa: S311 - reproducible, not secret
    print(f"seed {seed}: killed before statements {sorted(drawn)}")  # noqa: T201 - what to repeat a failure with

    async def stint(statements: list[int]) -> None:
        async with room, another_clinic(cluster_url, seeded_template) as clinic:
            for statement in statements:
                await a_round(clinic, statement)
            await assert_the_trail_is_whole(clinic)

    async with asyncio.TaskGroup() as group:
        for first in range(0, len(drawn), STINT):
            group.create_task(stint(drawn[first : first + STINT]))

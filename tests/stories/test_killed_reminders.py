"""Two workers, and one that is killed with SIGKILL in the middle: a reminder is never sent twice (trial.md §4).

It reaches the provider once; where a worker died between its attempt and the answer, perhaps not at all.
"""

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from domain.records.rows import transaction
from tests.stories.test_killed_worker import (
    LANES,
    STINT,
    SWIFT,
    another_clinic,
    assert_the_trail_is_whole,
    dead,
    swift,
)
from tests.support.clinic import Clinic
from tests.support.killable_worker import start
from tests.support.patience import PATIENCE_SECONDS
from tests.support.soak import a_seed, rounds
from tests.support.watch import worker_at
from tests.support.year import consent, days, today, until_clock

__all__ = ["swift"]

POINTS = ("year-due", "reminder-made", "leased", "attempt-committed", "sent", "settled")
MOST_STATEMENTS = 70
"""More than a year takes from the first look at it to a text that is settled, polling included."""


async def due_at_noon(clinic: Clinic, number: int) -> str:
    """Somebody's check-in is due today, it is noon, and she wants SMS; return her phone."""
    lin, _ = await clinic.lin(days=7)
    phone = f"+86199000{number:05}"
    await consent(await clinic.staff("Alice"), lin, phone=phone)
    return phone


async def at_rest(clinic: Clinic) -> bool:
    """Whether no year is due any more, and no reminder is on its way."""
    async with transaction(clinic.trial.pool) as connection:
        waiting = await connection.fetchval(
            """
            select (select count(*) from plans where due_at <= $1) + (
                select count(*) from messages
                where account_id is not null and state in ('pending', 'sending', 'unknown')
            )
            """,
            clinic.trial.now(),
        )
    return int(waiting) == 0


async def settled(clinic: Clinic) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await at_rest(clinic):  # noqa: ASYNC110 - rows, no event
            await asyncio.sleep(0.02)


async def killed(clinic: Clinic, number: int, *, point: str = "", statement: int = 0) -> None:
    """Somebody's check-in is due; a worker dies at a point or before a statement, and two others go on."""
    phone = await due_at_noon(clinic, number)
    before = await clinic.rows("attempts where outcome = 'unknown'")
    await dead(start(clinic, pace=SWIFT, point=point, statement=statement, since="year-due"))
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(worker_at(clinic))
        await settled(clinic)
    handed = sum(each.to == phone for each in clinic.emulator.messages)
    lost = await clinic.rows("attempts where outcome = 'unknown'") - before
    assert handed <= 1, f"{handed} texts, killed {point or statement}"
    assert handed + lost >= 1, f"nothing was sent, and nothing was lost, killed {point or statement}"


@pytest.mark.usefixtures("swift")
async def test_wherever_a_worker_is_killed_a_reminder_is_never_sent_twice(
    cluster_url: str, seeded_template: str
) -> None:
    async def story(number: int, point: str) -> None:
        async with another_clinic(cluster_url, seeded_template) as clinic:
            # Receipts would tell the next worker what became of the text: without them it has to ask.
            clinic.fault("no-receipt")
            await until_clock(clinic, today(clinic) + days(1), 12)
            await killed(clinic, number, point=point)
            await assert_the_trail_is_whole(clinic)

    async with asyncio.TaskGroup() as group:
        for number, point in enumerate(POINTS):
            group.create_task(story(number, point))


@pytest.mark.soak
@pytest.mark.usefixtures("swift")
async def test_between_any_two_statements_a_kill_doubles_no_reminder_and_loses_none_without_a_trace(
    cluster_url: str, seeded_template: str
) -> None:
    seed, room = a_seed(), asyncio.Semaphore(LANES)
    luck = random.Random(seed)  # noqa: S311 - reproducible, not secret
    drawn = [luck.randrange(1, MOST_STATEMENTS) for _ in range(rounds())]
    print(f"seed {seed}: killed before statements {sorted(drawn)}")  # noqa: T201 - what to repeat a failure with

    async def stint(first: int) -> None:
        async with room, another_clinic(cluster_url, seeded_template) as clinic:
            await until_clock(clinic, today(clinic) + days(1), 12)
            for number, statement in enumerate(drawn[first : first + STINT]):
                await killed(clinic, number, statement=statement)
            await assert_the_trail_is_whole(clinic)

    async with asyncio.TaskGroup() as group:
        for first in range(0, len(drawn), STINT):
            group.create_task(stint(first))

"""Crowds of several sizes, in which equally many are due: each a fresh database on the bench's own server."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from api.settings import Settings
from api.wiring import open_trial, prepare_database
from domain.records.identity import THE_SYSTEM, acting_as
from domain.records.rows import WORKER_ROLE
from notifications.trial import Trial
from tests.bench.figures import say
from tests.bench.house import House
from tests.support.clinic import open_clinic
from tests.support.crowd import Model, live_a_while, multiply
from tests.support.database import fresh_database

SIZES = (1_000, 100_000, 1_000_000)
DUE = 1_000
ROOM = 20 * 10**9
"""Bytes that must be free before a crowd is made; the largest takes about 5 GB."""


class Crowd(Struct, frozen=True, kw_only=True):
    """So many participants, the trial as a worker has it at the instant at which some are due, and a superuser."""

    size: int
    database_url: str
    due_at: datetime
    trial: Trial
    owner: "asyncpg.Connection[asyncpg.Record]"

    async def made(self) -> int:
        """How many reminders were made at the instant."""
        count: int = await self.owner.fetchval(
            """
            select count(*) from bench_due join reminders using (participant_id) where made_at = $1
            """,
            self.due_at,
        )
        return count

    async def put_back(self, due: int) -> None:
        """Let so many be due, and take back what was made of them before."""
        await self.owner.execute(
            """
            with gone as (
                delete from reminders using bench_due
                where reminders.participant_id = bench_due.participant_id and made_at = $1 returning message_id
            )
            delete from messages using gone where messages.id = gone.message_id
            """,
            self.due_at,
        )
        await self.move_on([row["id"] for row in await self.owner.fetch("select id from bench_due")])
        await self.owner.execute(
            "update plans set due_at = $1 where id in (select id from bench_due limit $2)", self.due_at, due
        )
        # In a real year an instant comes once. Here every round meets it again, and would meet what it left behind.
        await self.owner.execute("vacuum (index_cleanup on) plans")

    async def move_on(self, plan_ids: list[UUID]) -> None:
        """Let years be due a day later, as if they had been looked at."""
        await self.owner.execute(
            "update plans set due_at = $1::timestamptz + interval '1 day' where id = any($2)",
            self.due_at,
            plan_ids,
        )


@contextlib.asynccontextmanager
async def open_crowds(house: House) -> AsyncIterator[tuple[Crowd, ...]]:
    """Make the crowds for which there is room, smallest first; say which is left out."""
    async with contextlib.AsyncExitStack() as stack:
        template = await stack.enter_async_context(fresh_database(house.database_url))
        model = await _model(template)
        yield tuple(
            [
                await stack.enter_async_context(_crowd(house.settings, template, model, size))
                for size in SIZES
                if _has_room(size)
            ]
        )


def _has_room(size: int) -> bool:
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < ROOM:
        say(f"no sweep among {size:,}: {free / 10**9:.0f} GB are free, {ROOM / 10**9:.0f} GB are asked for")
    return free >= ROOM


async def _model(database_url: str) -> Model:
    await prepare_database(database_url, "sandbox")
    with acting_as(THE_SYSTEM):
        async with open_clinic(database_url) as clinic:
            return await live_a_while(clinic)


@contextlib.asynccontextmanager
async def _crowd(settings: Settings, template: str, model: Model, size: int) -> AsyncIterator[Crowd]:
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(
            fresh_database(settings.database_url, template=template.rsplit("/", 1)[1])
        )
        owner = await asyncpg.connect(url)
        stack.push_async_callback(owner.close)
        await multiply(owner, model, size, DUE)
        trial = await stack.enter_async_context(open_trial(replace(settings, database_url=url), WORKER_ROLE))
        yield Crowd(
            size=size,
            database_url=url,
            due_at=model.due_at,
            trial=replace(trial, now=lambda: model.due_at),
            owner=owner,
        )

"""Holding one side of a race, until whoever races is seen to wait for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg

from tests.support.clinic import Clinic, owner
from tests.support.patience import PATIENCE_SECONDS

_WAITING = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)


class Holding:
    """A transaction that holds rows, and sees from outside who waits."""

    def __init__(self, clinic: Clinic, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._clinic = clinic
        self.connection = connection

    async def until_waiting(self, count: int) -> None:
        """Return as soon as so many transactions wait for a lock, on whichever row."""
        watcher = await owner(self._clinic.settings.database_url)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await watcher.fetchval(_WAITING) < count:  # noqa: ASYNC110 - other connections, seen from outside
                await asyncio.sleep(0.01)
        await watcher.close()


@contextlib.asynccontextmanager
async def held(clinic: Clinic, statement: str, *values: object) -> AsyncIterator[Holding]:
    """Hold what a statement locks, until the block is left."""
    connection = await owner(clinic.settings.database_url)
    async with connection.transaction():
        await connection.execute(statement, *values)
        yield Holding(clinic, connection)
    await connection.close()

"""One cluster for the whole run, one migrated template in it, and a fresh copy of that for every test."""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from api.postgres import at_database, embedded
from domain.records.migrations import create_database, drop_database, migrate, read_migrations

_ROOM = 1 << 30


@asynccontextmanager
async def cluster() -> AsyncIterator[str]:
    """A superuser's URL: DATABASE_URL when set, else a server of our own that is gone afterwards."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with scratch_directory() as directory:
        async with embedded(directory / "postgres", durable=False) as url:
            yield url


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A new directory, in memory when there is 1 GiB of room, removed afterwards."""
    memory = Path("/dev/shm")  # noqa: S108 - the directory made in it is ours alone
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    with tempfile.TemporaryDirectory(prefix="nightbell-", dir=memory if roomy else None) as name:
        # The server may run as another user, who has to get past this directory to its own.
        Path(name).chmod(0o711)
        yield Path(name)


@asynccontextmanager
async def fresh_database(url: str, *, template: str = "template1") -> AsyncIterator[str]:
    """The URL of a new database beside the one of `url`, dropped afterwards whoever is still connected."""
    name = f"nightbell_test_{secrets.token_hex(6)}"
    await _administer(url, name, template)
    try:
        yield at_database(url, name)
    finally:
        await _administer(url, name, None)


@asynccontextmanager
async def migrated_template(url: str) -> AsyncIterator[str]:
    """The name of a database with the real migrations applied and nobody connected."""
    async with fresh_database(url) as fresh:
        connection = await asyncpg.connect(fresh)
        try:
            await migrate(connection, read_migrations())
        finally:
            await connection.close()
        yield fresh.rsplit("/", 1)[1]


async def _administer(url: str, name: str, template: str | None) -> None:
    connection = await asyncpg.connect(url)
    try:
        if template is None:
            await drop_database(connection, name)
        else:
            await create_database(connection, name, template=template)
    finally:
        await connection.close()

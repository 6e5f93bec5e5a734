"""The databases of sandboxes: copied from one template, which is migrated once for each version of the migrations."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import urlsplit

import asyncpg

from api import sandbox_keys
from api.postgres import at_database
from api.wiring import prepare_database
from domain.errors import SandboxUnavailable
from domain.records import sandboxes
from domain.records.migrations import create_database, drop_database, read_migrations
from domain.records.rows import Connection, connect
from domain.records.sandboxes import Kept
from notifications.trial import machine_now

_MODE = "sandbox"
_MAINTENANCE = "postgres"


class Server:
    """The server that the demo's own database is on."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._beginning = sandbox_keys.database_beginning(database_url)
        self._template = ""
        self._making = asyncio.Lock()

    async def kept(self) -> tuple[Kept, ...]:
        """Return the databases of keys, longest unused first."""
        async with self._connected() as connection:
            return await sandboxes.kept(connection, self._beginning)

    async def has(self, database_url: str) -> bool:
        """Say whether there is such a database."""
        async with self._connected() as connection:
            name = name_of(database_url)
            return name in {each.name for each in await sandboxes.kept(connection, name)}

    async def unused_since(self, instant: datetime) -> tuple[str, ...]:
        """Return the keys of what nobody has used since."""
        return tuple(
            each.name.removeprefix(self._beginning)
            for each in await self.kept()
            if each.used_at is not None and each.used_at < instant
        )

    async def make(self, database_url: str) -> None:
        """Make a migrated, empty database. Raises SandboxUnavailable."""
        async with self._making, self._connected() as connection:
            template = await self._migrated(connection)
            name = name_of(database_url)
            await create_database(connection, name, template=template, strategy="wal_log")
            await sandboxes.note_use(connection, name, machine_now())

    async def drop(self, database_url: str) -> None:
        """Drop a database, and end every session in it."""
        async with self._connected() as connection:
            await drop_database(connection, name_of(database_url))

    async def bring_up_to_date(self, database_url: str) -> None:
        """Migrate a database that an older program has made."""
        await prepare_database(database_url, _MODE)

    async def note_use(self, database_url: str) -> None:
        """Note that it was used now."""
        async with self._connected() as connection:
            await sandboxes.note_use(connection, name_of(database_url), machine_now())

    async def most_connections(self) -> int:
        """Return how many connections the server allows."""
        async with self._connected() as connection:
            return await sandboxes.most_connections(connection)

    async def _migrated(self, connection: Connection) -> str:
        """Return the name of the template, made by whoever needs it first."""
        if not self._template:
            name = f"nightbell_t_{_digest()}"
            with contextlib.suppress(asyncpg.DuplicateDatabaseError):
                await create_database(connection, name, template="template0")
            # A killed program may have left it half migrated.
            await prepare_database(at_database(self._url, name), _MODE)
            self._template = name
        return self._template

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        try:
            connection = await connect(at_database(self._url, _MAINTENANCE))
            try:
                yield connection
            finally:
                await connection.close()
        except sandboxes.Trouble as trouble:
            raise SandboxUnavailable(
                "The database server refuses this program a database of its own.",
                inside=type(trouble).__name__,
            ) from trouble


def name_of(database_url: str) -> str:
    """Return the name of the database of an address."""
    return urlsplit(database_url).path.removeprefix("/")


def _digest() -> str:
    files = "".join(f"{name}\n{text}" for name, text in read_migrations().items())
    return hashlib.sha256(files.encode()).hexdigest()[:16]

"""The databases of sandboxes that are kept under a key. A database's comment says when its sandbox was last used.

So there is no list beside them that could be lost, or say something else than what is there.
"""

from datetime import datetime

import asyncpg
from msgspec import Struct

from domain.records.rows import Connection, many

Trouble = (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError)
"""The server lets this program make or drop no database, or not now."""


class Kept(Struct, frozen=True, kw_only=True):
    """One database, and when its sandbox was last used (machine time); None where that was never noted."""

    name: str
    used_at: datetime | None


async def kept(connection: Connection, beginning: str) -> tuple[Kept, ...]:
    """Return the databases whose names begin so, longest unused first."""
    return await many(
        connection,
        Kept,
        """
        select datname as name, shobj_description(oid, 'pg_database')::timestamptz as used_at
        from pg_database where starts_with(datname, $1) order by used_at, name
        """,
        beginning,
    )


async def note_use(connection: Connection, name: str, at: datetime) -> None:
    """Note when a sandbox was last used."""
    statement = "select format('comment on database %I is %L', $1::text, $2::text)"
    await connection.execute(await connection.fetchval(statement, name, at.isoformat()))


async def most_connections(connection: Connection) -> int:
    """Return how many connections the server allows, those it reserves for itself left out."""
    allowed = await connection.fetchval(
        "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    )
    return int(allowed)

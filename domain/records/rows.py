"""Connections, transactions and the few ways a statement is run. Rows come back as frozen Structs."""

import contextlib
from collections.abc import AsyncIterator
from typing import TypeAlias, TypeVar

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

T = TypeVar("T")

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

OWNER_ROLE = "nightbell_owner"
APP_ROLE = "nightbell_app"
WORKER_ROLE = "nightbell_worker"

_JSONB_VERSION = b"\x01"


class RowLost(Exception):
    """An update met no row: it was loaded under a lock, so this is a fault of the program."""


async def open_pool(url: str, role: str, *, size: int = 10) -> Pool:
    """Open connections that act as `role` and no other (design.md, rule 10). `size` is the most at once."""
    return await asyncpg.create_pool(
        url,
        min_size=min(2, size),
        max_size=size,
        init=prepare,
        server_settings={"role": role, "timezone": "UTC", "application_name": role},
        command_timeout=10,
        timeout=5,
    )


async def connect(url: str, role: str | None = None) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection outside any pool, for a listener or a migration."""
    settings = {"timezone": "UTC"} if role is None else {"role": role, "timezone": "UTC"}
    connection = await asyncpg.connect(url, server_settings=settings, timeout=5)
    await prepare(connection)
    return connection


async def prepare(connection: Connection) -> None:
    """Teach a connection to read and write jsonb as Python values, through msgspec."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: _JSONB_VERSION + msgspec.json.encode(value),
        decoder=lambda data: msgspec.json.decode(data[1:]),
    )


@contextlib.asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Take a connection and a transaction on it: committed on leaving, rolled back on any exception."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


async def one(connection: Connection, kind: type[T], sql: str, *values: object) -> T | None:
    """Return the first row as `kind`, None if there is none."""
    record = await connection.fetchrow(sql, *values)
    return None if record is None else msgspec.convert(dict(record), kind)


async def many(connection: Connection, kind: type[T], sql: str, *values: object) -> tuple[T, ...]:
    """Return all rows as `kind`, in the statement's order."""
    records = await connection.fetch(sql, *values)
    return tuple(msgspec.convert(dict(record), kind) for record in records)


async def touch_one(connection: Connection, sql: str, *values: object) -> None:
    """Run a statement that must change exactly one row; raise RowLost otherwise."""
    status = await connection.execute(sql, *values)
    if status.rpartition(" ")[2] != "1":
        msg = f"{status}: expected one row"
        raise RowLost(msg)

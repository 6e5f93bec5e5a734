"""Connections, transactions and the few ways a statement is run. Rows come back as frozen Structs."""

import contextlib
from collections.abc import AsyncIterator
from typing import TypeAlias, TypeVar

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from domain.errors import DatabaseUnavailable
from domain.records.identity import THE_SYSTEM, act_as, acting, acting_as

T = TypeVar("T")

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

OWNER_ROLE = "nightbell_owner"
APP_ROLE = "nightbell_app"
WORKER_ROLE = "nightbell_worker"

ACQUIRE_SECONDS = 5.0
COMMAND_SECONDS = 5.0
"""How long a caller waits for a connection, and for one statement on it."""
ROLLBACK_SECONDS = 1.0
"""How long for a rollback: where none is answered the connection is thrown away, and the server rolls back."""

SESSION = {
    "timezone": "UTC",
    # A node that freezes or is cut off in a transaction holds a participant's lock: the server takes it back.
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "4s",
    # Above what the caller waits, whose own limit speaks first: for a statement that nobody waits for any more.
    "statement_timeout": "8s",
    "tcp_user_timeout": "10s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
"""What the server holds every pooled connection to. A migration has none of it, and takes its time."""

_JSONB_VERSION = b"\x01"


class RowLost(Exception):
    """An update met no row that was loaded under a lock, or a commit no transaction: a fault of the program."""


async def open_pool(url: str, role: str, *, size: int = 10, kept: float = 300) -> Pool:
    """Open connections that act as `role` and no other (design.md, rule 10). `size` is the most at once.

    An idle one is closed after `kept` seconds; 0 keeps it.
    """
    return await asyncpg.create_pool(
        url,
        min_size=min(2, size),
        max_size=size,
        max_inactive_connection_lifetime=kept,
        init=prepare,
        reset=_keep,
        server_settings={"role": role, "application_name": role, **SESSION},
        command_timeout=COMMAND_SECONDS,
        timeout=5,
    )


async def _keep(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Give a connection back as it is: an open transaction is rolled back already, and nothing outlives one.

    asyncpg's own reset (RESET ALL, UNLISTEN, cursors, advisory locks) costs every caller a round trip. No statement
    of ours leaves anything in a session; what one must set is `set local`.
    """


async def connect(url: str, role: str | None = None) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection outside any pool, for a listener or a migration."""
    acting = {} if role is None else {"role": role}
    settings = {"timezone": "UTC", **acting}
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
async def single(pool: Pool) -> AsyncIterator[Connection]:
    """Take a connection for a statement that stands by itself, as a lease of the worker's does; it acts as nobody."""
    async with _taken(pool) as connection:
        yield connection


@contextlib.asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[Connection]:
    """Take a connection to read with; DatabaseUnavailable when none is to be had, so that nobody waits in silence.

    Whoever acts as somebody reads in a transaction, for as whom she acts is local to one.
    """
    async with _taken(pool) as connection:
        if acting() is None:
            yield connection
        else:
            async with _begun(connection, "begin read only"):
                yield connection


@contextlib.asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """Take a connection that reads everything as of one instant, whatever others write meanwhile."""
    async with (
        _taken(pool) as connection,
        _begun(connection, "begin isolation level repeatable read read only"),
    ):
        yield connection


@contextlib.asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Take a connection and a transaction on it: committed on leaving, rolled back on any exception."""
    async with _taken(pool) as connection, _begun(connection, "begin"):
        yield connection


@contextlib.asynccontextmanager
async def transaction_of_the_system(pool: Pool) -> AsyncIterator[Connection]:
    """As `transaction`, for what is decided on more than the rows of whoever has asked: ask before what she may."""
    with acting_as(THE_SYSTEM):
        async with transaction(pool) as connection:
            yield connection


async def act_as_the_system(connection: Connection) -> None:
    """See every row from now on, in a transaction that was narrowed to somebody's."""
    act_as(THE_SYSTEM)
    await connection.execute(THE_SYSTEM.setting)


@contextlib.asynccontextmanager
async def as_the_system(connection: Connection) -> AsyncIterator[None]:
    """See every row inside a block of a transaction that acts as somebody, for what must look beyond her own.

    Whatever breaks inside ends the transaction, so nothing has to be taken back then.
    """
    known = acting()
    if known in (None, THE_SYSTEM):
        yield
        return
    await connection.execute(THE_SYSTEM.setting)
    yield
    await connection.execute(known.setting)


@contextlib.asynccontextmanager
async def _taken(pool: Pool) -> AsyncIterator[Connection]:
    connection = await _acquire(pool)
    try:
        yield connection
    finally:
        await pool.release(connection, timeout=ROLLBACK_SECONDS)


@contextlib.asynccontextmanager
async def _begun(connection: Connection, begin: str) -> AsyncIterator[None]:
    """Begin a transaction and say as whom, in one round trip; commit it, or roll it back on any exception."""
    identity = acting()
    await connection.execute(begin if identity is None else f"{begin}; {identity.setting}")
    try:
        yield
    except BaseException:
        # What went wrong is told by its own name, also where the connection is lost with it.
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.execute("rollback", timeout=ROLLBACK_SECONDS)
        raise
    if await connection.execute("commit") != "COMMIT":
        raise RowLost("A statement had failed, and nothing was committed.")


async def _acquire(pool: Pool) -> "PoolConnectionProxy[asyncpg.Record]":
    try:
        return await pool.acquire(timeout=ACQUIRE_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as trouble:
        # Refused, unreachable, unknown, full, too late, or no host of several takes writes for the moment.
        raise DatabaseUnavailable(
            "The database cannot be reached. Nothing was stored; send the same request again.",
            inside=type(trouble).__name__,
        ) from trouble


async def one(connection: Connection, kind: type[T], sql: str, *values: object) -> T | None:
    """Return the first row as `kind`, None if there is none."""
    record = await connection.fetchrow(sql, *values)
    return None if record is None else msgspec.convert(dict(record), kind)


async def many(connection: Connection, kind: type[T], sql: str, *values: object) -> tuple[T, ...]:
    """Return all rows as `kind`, in the statement's order."""
    records = await connection.fetch(sql, *values)
    return tuple(msgspec.convert(dict(record), kind) for record in records)


async def document(connection: Connection, kind: type[T], sql: str, *values: object) -> T | None:
    """Return the JSON text of a statement as `kind`, None if there is none: many rows in one, decoded once."""
    text: str | None = await connection.fetchval(sql, *values)
    return None if text is None else msgspec.json.decode(text, type=kind)


async def touch_one(connection: Connection, sql: str, *values: object) -> None:
    """Run a statement that must change exactly one row; raise RowLost otherwise."""
    status = await connection.execute(sql, *values)
    if status.rpartition(" ")[2] != "1":
        msg = f"{status}: expected one row"
        raise RowLost(msg)

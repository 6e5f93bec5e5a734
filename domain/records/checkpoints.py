"""Checkpoints of the audit trail, and the heads that wait for one. Machine time throughout, by the database's clock."""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.checkpoint import Checkpoint, SignedHead, body_of, encode, read
from domain.records.deployment import machine_time
from domain.records.notary import Notary
from domain.records.rows import Connection, many, one

EVERY = timedelta(minutes=4)
"""After the last one; a worker looks four times a minute, so that five minutes are kept (design.md, rule 10)."""

PATIENCE = timedelta(minutes=4, seconds=30)
"""How long a head may wait that was held by a writer when its turn came, or had no room."""

ROOM = 2_000
"""Heads of one checkpoint at most: their writers wait while it is stored."""


class _Moved(Struct, frozen=True, kw_only=True):
    chain: str
    position: int
    hash: bytes


async def sign_what_moved(
    connection: Connection, notary: Notary, *, every: timedelta = EVERY
) -> Checkpoint | None:
    """Store a checkpoint if one is due and nobody else is at it. The caller commits.

    It waits for no writer: whoever holds a head just now keeps it for the next one. An empty checkpoint says that
    nothing has happened.
    """
    if await connection.fetchval("select true from audit_turn for update skip locked") is None:
        return None
    last, at = await newest(connection), await machine_time(connection)
    is_due = _is_due(last, at, every)
    heads = await _hold_moved(connection, None if is_due else at - PATIENCE)
    if not is_due and not heads:
        return None
    body = body_of(last, at, heads)
    checkpoint = notary.sign(body.number, encode(body))
    await _insert(connection, checkpoint, at)
    await connection.execute(
        "update audit_heads set moved_at = null where chain = any($1)", [head.chain for head in heads]
    )
    return checkpoint


async def newest(connection: Connection) -> Checkpoint | None:
    """Return the last checkpoint."""
    return await one(
        connection,
        Checkpoint,
        """
        select number, body, key_id as "keyId", signature from audit_checkpoints order by number desc limit 1
        """,
    )


async def find(connection: Connection, number: int) -> Checkpoint | None:
    """Return a checkpoint by its number."""
    return await one(
        connection,
        Checkpoint,
        'select number, body, key_id as "keyId", signature from audit_checkpoints where number = $1',
        number,
    )


async def after(connection: Connection, number: int, limit: int) -> tuple[Checkpoint, ...]:
    """Return the checkpoints after this number, oldest first."""
    return await many(
        connection,
        Checkpoint,
        """
        select number, body, key_id as "keyId", signature
        from audit_checkpoints where number > $1 order by number limit $2
        """,
        number,
        limit,
    )


def _is_due(last: Checkpoint | None, at: datetime, every: timedelta) -> bool:
    """Say whether it is time, by what was signed: a column beside it is anybody's, and a clock may have been set."""
    body = None if last is None else read(last)
    return body is None or not timedelta() <= at - body.at < every


async def _hold_moved(connection: Connection, before: datetime | None) -> tuple[SignedHead, ...]:
    """Take what waits since `before`; None: whatever its mark says, also one that lies ahead."""
    moved = await many(
        connection,
        _Moved,
        """
        select chain, position, hash from audit_heads
        where moved_at <= coalesce($1, 'infinity'::timestamptz) order by moved_at limit $2 for update skip locked
        """,
        before,
        ROOM,
    )
    return tuple(SignedHead(head.chain, head.position, head.hash.hex()) for head in moved)


async def columns_at(connection: Connection, numbers: list[int]) -> dict[int, datetime]:
    """Return what the column beside each of these checkpoints says of its time."""
    rows = await connection.fetch("select number, at from audit_checkpoints where number = any($1)", numbers)
    return {row["number"]: row["at"] for row in rows}


async def _insert(connection: Connection, checkpoint: Checkpoint, at: datetime) -> None:
    await connection.execute(
        "insert into audit_checkpoints (number, body, key_id, signature, at) values ($1, $2, $3, $4, $5)",
        checkpoint.number,
        checkpoint.body,
        checkpoint.key_id,
        checkpoint.signature,
        at,
    )

"""The audit trail: one entry a decision, chained per participant, site or system over the stored bytes."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.decision import Actor, Change, Decision
from domain.errors import Fault
from domain.records.rows import Connection, many


class Entry(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The body of an audit entry, as its bytes are stored and hashed."""

    action: str
    actor: Actor
    at: datetime
    site_id: UUID | None = None
    participant_id: UUID | None = None
    reason: str = ""
    request_id: str = ""
    changes: tuple[dict[str, object], ...]


class Stored(Struct, frozen=True, kw_only=True):
    """One entry as stored: SHA-256 over the hash before it and the body."""

    position: int
    body: bytes
    hash: bytes


class Head(Struct, frozen=True, kw_only=True):
    """Where a chain ends."""

    chain: str
    position: int
    hash: bytes


def chain_of(decision: Decision) -> str:
    """Name the chain: the participant's, else the site's, else the system's; so that writers do not wait."""
    if decision.participant_id is not None:
        return f"participant/{decision.participant_id}"
    return "system" if decision.site_id is None else f"site/{decision.site_id}"


async def append(connection: Connection, decision: Decision, request_id: str) -> None:
    """Append the entry of a decision to its chain, locking the chain's head until the transaction ends."""
    body = Entry(
        action=decision.action,
        actor=decision.actor,
        at=decision.at,
        site_id=decision.site_id,
        participant_id=decision.participant_id,
        reason=decision.reason,
        request_id=request_id,
        changes=tuple(_changed(change) for change in decision.changes),
    )
    await connection.execute(
        """
        with head as (
            insert into audit_heads as known (chain, position, hash) values ($1, 1, sha256($2))
            on conflict (chain) do update
            set position = known.position + 1, hash = sha256(known.hash || $2)
            returning position, hash
        )
        insert into audit_entries (chain, position, body, hash, action, at, site_id, participant_id)
        select $1, position, $2, hash, $3, $4, $5, $6 from head
        """,
        chain_of(decision),
        msgspec.json.encode(body),
        decision.action,
        decision.at,
        decision.site_id,
        decision.participant_id,
    )


async def entries(connection: Connection, chain: str) -> tuple[Stored, ...]:
    """Return a chain from its first entry to its last."""
    return await many(
        connection,
        Stored,
        "select position, body, hash from audit_entries where chain = $1 order by position",
        chain,
    )


async def verify(connection: Connection) -> tuple[int, tuple[Fault, ...]]:
    """Check every chain from its first entry to its head; return how many there are, and what is broken.

    Give it a `rows.snapshot` while others write: an entry that came between head and chain looks like a break.
    """
    heads = await many(
        connection, Head, 'select chain, position, hash from audit_heads order by chain collate "C"'
    )
    broken = [fault for head in heads for fault in faults(head, await entries(connection, head.chain))]
    strays = await connection.fetch(
        """
        select distinct chain from audit_entries
        where chain not in (select chain from audit_heads) order by chain
        """
    )
    return len(heads), (*broken, *(Fault(row["chain"], "has entries but no head") for row in strays))


def faults(head: Head, chain: tuple[Stored, ...]) -> tuple[Fault, ...]:
    """Name every entry of a chain that was changed, removed, inserted or moved, and a head that does not fit."""
    found: list[Fault] = []
    position, known = 0, b""
    for entry in chain:
        place = f"{head.chain} #{entry.position}"
        if entry.position != position + 1:
            found.append(Fault(place, "follows a gap: entries before it are missing"))
        elif hashlib.sha256(known + entry.body).digest() != entry.hash:
            found.append(Fault(place, "does not fit its hash: it or an entry before it was changed"))
        position, known = entry.position, entry.hash
    if (position, known) != (head.position, head.hash):
        found.append(Fault(f"{head.chain} #{head.position}", "is the head, and the last entry is another"))
    return tuple(found)


def _changed(change: Change) -> dict[str, object]:
    rows = {"before": change.before, "after": change.after}
    shown = {name: dict(_readable(row)) for name, row in rows.items() if row is not None}
    return {"record": type(change.after).__name__, **shown}


def _readable(row: Struct) -> Iterator[tuple[str, object]]:
    """Everything but bytes: hashes, sealed contacts and original bodies have no place in the trail."""
    for field in row.__struct_fields__:
        value: object = getattr(row, field)
        if not isinstance(value, bytes):
            yield field, value

"""The whole proof of the audit trail: the chains by themselves, and the chains against what was signed of them.

Memory grows with the number of chains and of faults, never with the length of a chain or the number of checkpoints.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta

import asyncpg
import msgspec
from msgspec import Struct

from domain import checkpoint as checkpoints_of
from domain.checkpoint import Body, Checkpoint, SignedHead, link_faults, place
from domain.errors import Fault
from domain.records import audit, checkpoints
from domain.records.notary import Witness
from domain.records.rows import Connection, many

_PAGE = 20
_LONGEST = timedelta(minutes=10)
"""As the auditor's `audit_chains_unsigned`: what waits longer than that, no worker signs."""


class Proof(Struct, frozen=True, kw_only=True):
    """What was checked, and what is broken, in the order it was found."""

    chains: int
    signed: int
    """Checkpoints of the database."""
    outside: int
    """Checkpoints of the file."""
    last: int
    """The number of the last checkpoint of the database, nought if there is none; `outside_last` is the file's."""
    outside_last: int
    unsigned: int
    """Entries that no checkpoint signs."""
    faults: tuple[Fault, ...]


class _Head(Struct, frozen=True, kw_only=True):
    chain: str
    position: int
    is_marked: bool
    """As signed."""
    is_late: bool
    """Its mark says that it waits for longer than any does that workers sign, or lies ahead."""


async def prove(
    connection: Connection, witness: Witness | None, outside: Iterable[Checkpoint] | None = None
) -> Proof:
    """Check the chains, the checkpoints of the database, and those that were kept outside of it.

    Without a witness no signature is checked, and whoever owns the database could have made all of them. Give it a
    `rows.snapshot`, and of the file `outside`, in its order, what was there before the snapshot; None: no file.
    """
    chains, broken = await audit.verify(connection)
    stored, kept = _Reading(connection, witness), _Reading(connection, witness, "in the file outside ")
    try:
        await _compare(connection, stored, kept, outside)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, msgspec.MsgspecError) as trouble:
        # What is known of the chains is told all the same.
        stored.found.append(
            Fault("the checkpoints", f"could not be read to the end: {type(trouble).__name__}")
        )
    return Proof(
        chains=chains,
        signed=stored.count,
        outside=kept.count,
        last=stored.number,
        outside_last=kept.number,
        unsigned=stored.unsigned,
        faults=tuple(dict.fromkeys((*broken, *stored.found, *kept.found))),
    )


async def _compare(
    connection: Connection, stored: "_Reading", kept: "_Reading", outside: Iterable[Checkpoint] | None
) -> None:
    async for each, at in _stored(connection):
        await stored.take(each, at)
    await stored.end()
    for each in outside or ():
        if await kept.take(each):
            await kept.compare(each, stored.last)
    if outside is not None and not kept.count:
        kept.found.append(Fault("the file outside", "holds no checkpoint that can be read"))


async def _stored(connection: Connection) -> AsyncIterator[tuple[Checkpoint, datetime]]:
    """Return each with what the column beside it says of its time."""
    number = -(2**63)
    while page := await checkpoints.after(connection, number, _PAGE):
        times = await checkpoints.columns_at(connection, [each.number for each in page])
        for each in page:
            yield each, times[each.number]
        number = page[-1].number


class _Reading:
    """Reads checkpoints one after the other and compares each with the entries that it signed."""

    def __init__(self, connection: Connection, witness: Witness | None, where: str = "") -> None:
        self.found: list[Fault] = []
        self.last: Checkpoint | None = None
        self.count = 0
        self.unsigned = 0
        self._connection = connection
        self._witness = witness
        self._where = where
        self._signed: dict[str, int] = {}
        self._rewritten: set[str] = set()
        self._newest_at: datetime | None = None

    @property
    def number(self) -> int:
        """The number of the last one that could be read; nought if there is none."""
        return 0 if self.last is None else self.last.number

    async def take(self, checkpoint: Checkpoint, at: datetime | None = None) -> bool:
        """Look at the next one; return whether it is a new one that can be read."""
        if self.last is not None and checkpoint == self.last:
            # Two workers that shared a directory, or a write that was repeated.
            return False
        body = checkpoints_of.read(checkpoint)
        if body is None:
            self._name(checkpoint.number, "cannot be read: it was changed")
            return False
        self.count += 1
        self._newest_at = body.at
        if at not in (None, body.at):
            self._name(
                checkpoint.number, "is dated otherwise than it was signed: the column beside it was changed"
            )
        faults = link_faults(self.last, checkpoint, body)
        self.found += [Fault(each.pointer, self._where + each.message) for each in faults]
        self.last = checkpoint
        if doubts := self._witness.doubts(checkpoint) if self._witness else "":
            self._name(checkpoint.number, doubts)
        # What a forged one says must accuse no entry; of one whose key was not given nobody says that it is forged.
        if not doubts or (self._witness and checkpoint.key_id not in self._witness.keys):
            await self._compare_heads(body)
        return True

    async def compare(self, checkpoint: Checkpoint, newest: Checkpoint | None) -> None:
        """Compare one from outside with its copy in the database, whose newest is `newest`."""
        copy = await checkpoints.find(self._connection, checkpoint.number)
        if copy is None:
            last = "none" if newest is None else f"#{newest.number}"
            self._name(checkpoint.number, f"is not in the database, whose last is {last}: it was removed")
        elif copy != checkpoint:
            self._name(checkpoint.number, "is another in the database: it was changed there")

    async def end(self) -> None:
        """Name the chains that wait unseen for their signature: the marks are believed in nothing."""
        chain = ""
        while page := await _heads(self._connection, chain):
            waiting = [head for head in page if self._signed.get(head.chain, 0) < head.position]
            self.unsigned += sum(head.position - self._signed.get(head.chain, 0) for head in waiting)
            firsts = {head.chain: self._signed.get(head.chain, 0) + 1 for head in waiting}
            entered = await _entered_at(self._connection, firsts)
            for head in waiting:
                message = self._why_unsigned(head, entered.get(head.chain))
                if message and head.chain not in self._rewritten:
                    self.found.append(Fault(f"{head.chain} #{firsts[head.chain]}", message))
            chain = page[-1].chain

    def _why_unsigned(self, head: _Head, first_at: datetime | None) -> str:
        if head.is_marked:
            return "is marked as signed, and no checkpoint signs it: one was removed, or the mark was set"
        if head.is_late:
            return "is not signed, and waits for ten minutes or since a time to come: nobody signs, or a mark was set"
        if first_at and self._newest_at and first_at < self._newest_at - _LONGEST:
            return (
                "is not signed, and older than the last checkpoint: one was removed, or it was put in later"
            )
        return ""

    async def _compare_heads(self, body: Body) -> None:
        known = await _hashes(self._connection, body.heads)
        for head, stored in zip(body.heads, known, strict=True):
            if head.hash != stored and head.chain not in self._rewritten:
                self._rewritten.add(head.chain)
                self.found.append(self._rewritten_from(head, body.number, is_there=bool(stored)))
            self._signed[head.chain] = head.position

    def _rewritten_from(self, head: SignedHead, number: int, *, is_there: bool) -> Fault:
        """Name the first entry that can be another than it was: the one after what is as it was signed."""
        first = self._signed.get(head.chain, 0) + 1
        to = f" to #{head.position}" if head.position > first else ""
        done = "was rewritten" if is_there else "was removed"
        return Fault(f"{head.chain} #{first}", f"{done}: {place(number)} signed another{to}")

    def _name(self, number: int, message: str) -> None:
        self.found.append(Fault(place(number), self._where + message))


async def _hashes(connection: Connection, heads: tuple[SignedHead, ...]) -> tuple[str, ...]:
    """Return the hash of each of these entries in hexadecimal, empty where there is no entry."""
    rows = await connection.fetch(
        """
        select coalesce(encode(entry.hash, 'hex'), '') as hash
        from unnest($1::text[], $2::bigint[]) with ordinality as head (chain, position, place)
        left join audit_entries as entry on entry.chain = head.chain and entry.position = head.position
        order by head.place
        """,
        [head.chain for head in heads],
        [head.position for head in heads],
    )
    return tuple(row["hash"] for row in rows)


async def _heads(connection: Connection, after: str) -> tuple[_Head, ...]:
    return await many(
        connection,
        _Head,
        """
        select chain, position, moved_at is null as is_marked, coalesce(
            not moved_at between now() - $2::interval and now() + interval '1 minute', false
        ) as is_late
        from audit_heads where chain > $1 order by chain limit 1000
        """,
        after,
        _LONGEST,
    )


async def _entered_at(connection: Connection, places: Mapping[str, int]) -> dict[str, datetime]:
    """Return when each of these entries says that it was made (trial time, which is never behind machine time)."""
    rows = await connection.fetch(
        """
        select entry.chain, entry.at
        from unnest($1::text[], $2::bigint[]) as place (chain, position)
        join audit_entries as entry using (chain, position)
        """,
        list(places),
        list(places.values()),
    )
    return {row["chain"]: row["at"] for row in rows}

"""The whole proof of the audit trail: the chains by themselves, and the chains against what was signed of them.

Memory grows with the number of chains and of faults, never with the length of a chain or the number of checkpoints.
"""

from collections.abc import AsyncIterator, Iterable

from msgspec import Struct

from domain import checkpoint as checkpoints_of
from domain.checkpoint import Body, Checkpoint, SignedHead, link_faults, place
from domain.errors import Fault
from domain.records import audit, checkpoints
from domain.records.notary import Witness
from domain.records.rows import Connection, many

_PAGE = 20


class Proof(Struct, frozen=True, kw_only=True):
    """What was checked, and what is broken, in the order it was found."""

    chains: int
    signed: int
    """Checkpoints of the database."""
    outside: int
    """Checkpoints of the file."""
    faults: tuple[Fault, ...]


class _Uncovered(Struct, frozen=True, kw_only=True):
    chain: str
    position: int


async def prove(connection: Connection, witness: Witness | None, outside: Iterable[Checkpoint] = ()) -> Proof:
    """Check the chains, the checkpoints of the database, and those that were kept outside of it.

    Without a witness no signature is checked, and whoever owns the database could have made all of them. Give it a
    `rows.snapshot`. `outside` is in the order of the file.
    """
    chains, broken = await audit.verify(connection)
    stored = _Reading(connection, witness)
    async for each in _stored(connection):
        await stored.take(each)
    await stored.end()
    kept = _Reading(connection, witness, "in the file outside ")
    for each in outside:
        if await kept.take(each):
            await kept.compare(each, stored.last)
    faults = dict.fromkeys((*broken, *stored.found, *kept.found))
    return Proof(chains=chains, signed=stored.count, outside=kept.count, faults=tuple(faults))


async def _stored(connection: Connection) -> AsyncIterator[Checkpoint]:
    number = -(2**63)
    while page := await checkpoints.after(connection, number, _PAGE):
        for each in page:
            yield each
        number = page[-1].number


class _Reading:
    """Reads checkpoints one after the other and compares each with the entries that it signed."""

    def __init__(self, connection: Connection, witness: Witness | None, where: str = "") -> None:
        self.found: list[Fault] = []
        self.last: Checkpoint | None = None
        self.count = 0
        self._connection = connection
        self._witness = witness
        self._where = where
        self._signed: dict[str, int] = {}
        self._rewritten: set[str] = set()

    async def take(self, checkpoint: Checkpoint) -> bool:
        """Look at the next one; return whether it is a new one that can be read."""
        if self.last is not None and checkpoint == self.last:
            # Two workers that shared a directory, or a write that was repeated.
            return False
        body = checkpoints_of.read(checkpoint)
        if body is None:
            self._name(checkpoint.number, "cannot be read: it was changed")
            return False
        self.count += 1
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
        """Name the chains that are marked as signed further than any checkpoint signs them."""
        chain = ""
        while page := await _marked(self._connection, chain):
            for head in page:
                signed = self._signed.get(head.chain, 0)
                if signed < head.position and head.chain not in self._rewritten:
                    message = "is marked as signed, and no checkpoint signs it: one was removed, or the mark was set"
                    self.found.append(Fault(f"{head.chain} #{signed + 1}", message))
            chain = page[-1].chain

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


async def _marked(connection: Connection, after: str) -> tuple[_Uncovered, ...]:
    return await many(
        connection,
        _Uncovered,
        """
        select chain, position from audit_heads
        where moved_at is null and chain > $1 order by chain limit 1000
        """,
        after,
    )

"""The audit trail: one entry a decision, chained per participant, site or system over the stored bytes."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain.acts import AlertAct
from domain.answers import Answer, TextAnswer
from domain.decision import STAFF, Actor, Change, Decision, RecordRead, Row
from domain.errors import Fault
from domain.records.rows import Connection, many
from domain.report import Report


class Entry(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The body of an audit entry, as its bytes are stored and hashed."""

    action: str
    actor: Actor
    at: datetime
    site_id: UUID | None = None
    participant_id: UUID | None = None
    site_role: str = ""
    """What a member of staff was at the site, as she acted."""
    reason: str = ""
    request_id: str = ""
    changes: tuple[dict[str, object], ...]


class Stored(Struct, frozen=True, kw_only=True):
    """One entry as stored: SHA-256 over the hash before it and the body."""

    position: int
    body: bytes
    hash: bytes


class _Told(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a body says that stands in a column as well."""

    action: str
    at: datetime
    site_id: UUID | None = None
    participant_id: UUID | None = None


class _Row(Stored, frozen=True, kw_only=True):
    """One entry with all its columns and its chain's head, to be verified."""

    chain: str
    action: str
    at: datetime
    site_id: UUID | None
    participant_id: UUID | None
    head_position: int | None
    head_hash: bytes | None


def chain_name(site_id: UUID | None, participant_id: UUID | None) -> str:
    """Name the chain: the participant's, else the site's, else the system's; so that writers do not wait."""
    if participant_id is not None:
        return f"participant/{participant_id}"
    return "system" if site_id is None else f"site/{site_id}"


async def append(connection: Connection, decision: Decision, request_id: str) -> None:
    """Append the entry of a decision to its chain, locking the chain's head until the transaction ends."""
    body = Entry(
        action=decision.action,
        actor=decision.actor,
        at=decision.at,
        site_id=decision.site_id,
        participant_id=decision.participant_id,
        site_role=await _site_role(connection, decision.actor, decision.site_id),
        reason=decision.reason,
        request_id=request_id,
        changes=tuple(_changed(change) for change in decision.changes),
    )
    await store(connection, body)


async def append_read(connection: Connection, read: RecordRead, request_id: str) -> None:
    """Append that a record was read; its chain's head is locked until the transaction ends."""
    body = Entry(
        action=read.action,
        actor=read.actor,
        at=read.at,
        site_id=read.site_id,
        participant_id=read.participant_id,
        site_role=await _site_role(connection, read.actor, read.site_id),
        request_id=request_id,
        changes=(),
    )
    await store(connection, body)


async def store(connection: Connection, body: Entry) -> None:
    """Append an entry to its chain, which its site and participant name."""
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
        chain_name(body.site_id, body.participant_id),
        msgspec.json.encode(body),
        body.action,
        body.at,
        body.site_id,
        body.participant_id,
    )


async def _site_role(connection: Connection, actor: Actor, site_id: UUID | None) -> str:
    """Return what a member of staff is at the site as she acts; nothing for anybody else."""
    if actor.role != STAFF or site_id is None:
        return ""
    role = await connection.fetchval(
        "select role from staff_roles where staff_id = $1 and site_id = $2", actor.id, site_id
    )
    return role or ""


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
    It holds one page at a time, whatever the length of a chain.
    """
    walk, place = _Walk(), ("", -(2**63))
    while page := await _page(connection, *place):
        for entry in page:
            walk.take(entry)
        place = page[-1].chain, page[-1].position
    walk.end_chain()
    return await connection.fetchval("select count(*) from audit_heads"), (
        *walk.found,
        *await _bare_heads(connection),
    )


async def _page(connection: Connection, chain: str, position: int) -> tuple[_Row, ...]:
    return await many(
        connection,
        _Row,
        """
        select entry.chain, entry.position, entry.body, entry.hash, entry.action, entry.at, entry.site_id,
            entry.participant_id, head.position as head_position, head.hash as head_hash
        from audit_entries as entry left join audit_heads as head on head.chain = entry.chain
        where (entry.chain, entry.position) > ($1, $2) order by entry.chain, entry.position limit 200
        """,
        chain,
        position,
    )


async def _bare_heads(connection: Connection) -> tuple[Fault, ...]:
    rows = await connection.fetch(
        """
        select chain, position from audit_heads as head
        where not exists (select from audit_entries as entry where entry.chain = head.chain) order by chain
        """
    )
    message = "is the head, and its chain has no entries"
    return tuple(Fault(f"{row['chain']} #{row['position']}", message) for row in rows)


class _Walk:
    """Goes along the chains, entry by entry, and names each that was changed, removed, inserted or moved."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self._last: _Row | None = None

    def take(self, entry: _Row) -> None:
        """Look at the next entry of this chain, or the first of the next."""
        if self._last is not None and self._last.chain != entry.chain:
            self.end_chain()
        position, known = (0, b"") if self._last is None else (self._last.position, self._last.hash)
        if entry.position != position + 1:
            self._name(entry, "follows a gap: entries before it are missing")
        elif hashlib.sha256(known + entry.body).digest() != entry.hash:
            self._name(entry, "does not fit its hash: it or an entry before it was changed")
        if misfit := _misfit(entry):
            self._name(entry, misfit)
        self._last = entry

    def end_chain(self) -> None:
        """Compare the last entry with the head."""
        last, self._last = self._last, None
        if last is None:
            return
        if last.head_position is None:
            self.found.append(Fault(last.chain, "has entries but no head"))
        elif (last.position, last.hash) != (last.head_position, last.head_hash):
            place = f"{last.chain} #{last.head_position}"
            self.found.append(Fault(place, "is the head, and the last entry is another"))

    def _name(self, entry: _Row, message: str) -> None:
        self.found.append(Fault(f"{entry.chain} #{entry.position}", message))


def _misfit(entry: _Row) -> str:
    """Say which column beside the body says another thing than the body, by which lists are made and filtered."""
    try:
        told = msgspec.json.decode(entry.body, type=_Told)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "cannot be read: its body was changed"
    wrong = [name for name in _Told.__struct_fields__ if getattr(told, name) != getattr(entry, name)]
    if chain_name(told.site_id, told.participant_id) != entry.chain:
        wrong.append("chain")
    return f"does not fit its body: {', '.join(wrong)}" if wrong else ""


def _changed(change: Change) -> dict[str, object]:
    rows = {"before": _wordless(change.before), "after": _wordless(change.after)}
    shown = {name: dict(_readable(row)) for name, row in rows.items() if row is not None}
    return {"record": type(change.after).__name__, **shown}


def _wordless(row: Row | None) -> Row | None:
    """Free words as their digest: somebody may have written a name, and the trail can never forget one."""
    match row:
        case Report(submission=said):
            answers = tuple(_wordless_answer(answer) for answer in said.answers)
            return replace(row, submission=replace(said, answers=answers, reason=_digest(said.reason)))
        case AlertAct(note=note):
            return replace(row, note=_digest(note))
    return row


def _wordless_answer(answer: Answer) -> Answer:
    return replace(answer, text=_digest(answer.text)) if isinstance(answer, TextAnswer) else answer


def _digest(words: str) -> str:
    """Return what proves words and does not say them: SHA-256 of their UTF-8, and how many characters they have."""
    if not words:
        return ""
    digest = hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()
    return f"sha256:{digest}:{len(words)}"


def _readable(row: Struct) -> Iterator[tuple[str, object]]:
    """Everything but bytes: hashes, sealed contacts and original bodies have no place in the trail."""
    for field in row.__struct_fields__:
        value: object = getattr(row, field)
        if not isinstance(value, bytes):
            yield field, value

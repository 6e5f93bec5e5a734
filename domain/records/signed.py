"""What was signed, as it is stored now: whether each signature still fits, and none is missing."""

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from domain.acts import note_of_resolution
from domain.errors import Fault
from domain.protocols import RecordedProtocol
from domain.records import acts, alerts, protocols, reports, signatures
from domain.records.rows import Connection
from domain.signature import RecordKind, Signature, SignedRecord, Trace, fault_of, fault_of_trace, gone, named
from domain.signing import of_alert, of_protocol, of_rule_set

_AT_ONCE = 200
_FIRST = UUID(int=0)


async def verify(connection: Connection) -> tuple[int, tuple[Fault, ...]]:
    """Make every hash again from what is stored; return how many signatures there are, and what does not fit.

    Named are signatures that were changed, whose record was changed or is gone, that the audit trail does not tell of
    or tells otherwise; those that it tells of and that are gone; and alerts put away by nobody's signature.
    """
    traces, unreadable = await in_the_trail(connection)
    found, known = list(unreadable), set[UUID]()
    async for signature in _all(connection):
        known.add(signature.id)
        faults = (
            fault_of(signature, await record_of(connection, signature)),
            fault_of_trace(signature, traces.get(signature.id)),
        )
        found += [Fault(named(signature), fault) for fault in faults if fault]
    found += [gone(trace) for trace in traces.values() if trace.id not in known]
    found += [
        Fault(f"alert/{each}", "was put away, and no signature is under it")
        for each in await unsigned_resolutions(connection)
    ]
    return len(known), tuple(found)


async def _all(connection: Connection) -> AsyncIterator[Signature]:
    last = _FIRST
    while page := await signatures.after(connection, last, _AT_ONCE):
        for each in page:
            yield each
        last = page[-1].id


async def record_of(connection: Connection, signature: Signature) -> SignedRecord | None:
    """Return what a signature is about as it is stored now; None if it is gone."""
    if signature.record_kind is RecordKind.ALERT:
        return await _alert(connection, signature.record_id)
    kept = await protocols.find(connection, signature.record_id)
    return None if kept is None else _of_kept(signature.record_kind, kept)


def _of_kept(kind: RecordKind, kept: RecordedProtocol) -> SignedRecord:
    return of_protocol(kept) if kind is RecordKind.PROTOCOL else of_rule_set(kept)


async def _alert(connection: Connection, record_id: str) -> SignedRecord | None:
    try:
        alert_id = UUID(record_id)
    except ValueError:
        # Changed by hand: no alert has such an id.
        return None
    alert = await alerts.find(connection, alert_id)
    if alert is None:
        return None
    done = await acts.of_alert(connection, alert_id)
    return of_alert(alert, await reports.of_alert(connection, alert_id), note_of_resolution(done))


async def unsigned_resolutions(connection: Connection) -> tuple[UUID, ...]:
    """Return the alerts about somebody that were put away and that nobody has signed."""
    rows = await connection.fetch(
        """
        select id from alerts
        where state = 'resolved' and participant_id is not null
            and not exists (select from signatures where record_kind = 'alert' and record_id = alerts.id::text)
        order by id
        """
    )
    return tuple(row["id"] for row in rows)


class _Change(Struct):
    record: str
    after: Raw


class _Entry(Struct):
    changes: list[_Change]


async def in_the_trail(connection: Connection) -> tuple[dict[UUID, Trace], tuple[Fault, ...]]:
    """Return every signature that the audit trail tells of, by its id; and each entry that tells nothing any more."""
    rows = await connection.fetch(
        """
        select chain, position, body from audit_entries
        where action in ('alert.resolve', 'protocol.approve', 'rule-set.release') order by chain, position
        """
    )
    traces, unreadable = dict[UUID, Trace](), list[Fault]()
    for row in rows:
        try:
            traces |= _told(row["body"])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            place = f"{row['chain']} #{row['position']}"
            unreadable.append(Fault(place, "cannot be read: what it told of signatures is lost"))
    return traces, tuple(unreadable)


def _told(body: bytes) -> dict[UUID, Trace]:
    entry = msgspec.json.decode(body, type=_Entry)
    traces = [
        msgspec.json.decode(change.after, type=Trace)
        for change in entry.changes
        if change.record == Signature.__name__
    ]
    return {trace.id: trace for trace in traces}

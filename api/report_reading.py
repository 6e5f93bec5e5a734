"""From the bytes a phone sent to what can be read of them. Nothing here refuses: what does not fit is named.

A body is read three times at most: as the contract has it; field by field, where it is JSON but not that; and as bare
text, where it is no JSON, for whatever answer still stands in it. So an old app, a new one, or a connection that broke
in the middle hides no red flag.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
import structlog
from msgspec import UNSET, Struct, UnsetType, ValidationError, convert
from msgspec.structs import replace

from api import salvage, whole_numbers
from api.exchange import BODY_LIMIT, Request
from api.faults import told, walked
from api.shapes.reports import BatchedReport, ReportCorrection, ReportSubmission
from domain.errors import BodyTooSlow, Fault
from domain.intake import Arrival
from domain.limits import MOST_A_DAY
from domain.report import Submission, digest

log = structlog.get_logger("nightbell.reports")

_DRAINED = 4 * 1024 * 1024
"""Bytes of a body that is too large are passed over so far, so that its sender reads the answer."""

MOST_ADVISED: Final = 50
"""Reports of a batch (contract.md) that are read one by one for an advice; of more, all are read as one text."""

_OTHERWISE: Final = Fault("", "is not as the contract has it")

_NOBODYS: Final = UUID(int=0)

_ALONE: Final = MOST_A_DAY - 1
"""Of very many reports so many are read one by one."""

T = TypeVar("T")


class Batched(Struct, frozen=True, kw_only=True):
    """One report of a batch, and the id under which its sender knows it."""

    arrival: Arrival
    known_id: UUID | UnsetType


async def read_whole(request: Request, limit: int, so_far: Callable[[bytes], None]) -> tuple[bytes, bool]:
    """Return the body up to so many bytes as it came, and whether that is all of it.

    What could unblind is still in it: nothing but an advice comes of it before `withheld`. Of one that comes too
    slowly `so_far` is told what came, before BodyTooSlow is raised.
    """
    taken, size = bytearray(), 0
    try:
        async for chunk in request.stream():
            taken += chunk[: limit - len(taken)]
            size += len(chunk)
            if size > _DRAINED:
                break
    except BodyTooSlow:
        so_far(bytes(taken))
        raise
    return bytes(taken), size <= limit


async def aside(body: bytes, read: Callable[[], T]) -> T:
    """Return what is read of a body, beside the event loop where it is long: others are served meanwhile."""
    return await asyncio.to_thread(read) if len(body) > BODY_LIMIT else read()


def read_of_stranger(body: bytes, *, is_whole: bool, is_batch: bool) -> tuple[Arrival, ...]:
    """Read, for an advice alone, what is not kept, as it came: one walk of a long body, few reports of a batch.

    No name of it is looked at, for nothing of it is stored, logged or said again.
    """
    if not is_batch:
        return (read_report(_NOBODYS, body, is_whole=is_whole),)
    parts = _parts(body) if is_whole and len(body) <= BODY_LIMIT else ()
    if not 1 <= len(parts) <= MOST_ADVISED:
        return (_as_text(_NOBODYS, body, is_whole=is_whole),)
    return tuple(_batched(each).arrival for each in parts)


def read_report(report_id: UUID, body: bytes, *, is_whole: bool = True) -> Arrival:
    """Read a submission: what fits the contract as it stands, of anything else what can be read."""
    return _read(report_id, body, ReportSubmission, is_whole=is_whole)


def read_correction(original_id: UUID, body: bytes, *, is_whole: bool = True) -> Arrival:
    """Read a correction of a report; one without a readable id of its own goes by its content."""
    arrival = _read(original_id, body, ReportCorrection, is_whole=is_whole)
    said = _id(salvage.object_of(body) or {}, "correctionId")
    submission = replace(arrival.submission, corrects=original_id)
    return replace(
        arrival,
        report_id=said or _by_content(body, submission if arrival.is_json else None),
        submission=submission,
    )


def read_batch(body: bytes, *, is_whole: bool) -> tuple[Batched, ...] | Arrival:
    """Read the reports of a batch one by one. A body that is no batch is one report that cannot be read.

    Of a batch with more reports than a phone may hand in within a day, the last is all that would be too many, as one.
    """
    parts = _parts(body) if is_whole else ()
    if not parts:
        return _as_text(_by_content(body), body, is_whole=is_whole)
    if len(parts) <= MOST_A_DAY:
        return tuple(map(_batched, parts))
    return (*map(_batched, parts[:_ALONE]), _rest(parts[_ALONE:]))


def _parts(body: bytes) -> Sequence[bytes]:
    """Return the reports of a batch as they came; written anew where one of them can be read in parts only."""
    try:
        return tuple(bytes(each) for each in msgspec.json.decode(body, type=_RawBatch).reports)
    except (ValueError, RecursionError):
        reports = (salvage.object_of(body) or {}).get("reports")
    if not isinstance(reports, list):
        return ()
    return tuple(json.dumps(each).encode() for each in _few(reports))


def _few(reports: list[Any]) -> list[Any]:
    """Put those that are read together into two: writing them anew one by one would take long."""
    return reports if len(reports) <= MOST_A_DAY else [*reports[: _ALONE + 1], reports[_ALONE + 1 :]]


def _rest(parts: Sequence[bytes]) -> Batched:
    """Read many reports as one, in which no sign of any of them is overlooked."""
    body = b'{"reports":[' + b",".join(parts) + b"]}"
    arrival = _by_halves(_by_content(body), body, BatchedReport, is_whole=True)
    return Batched(arrival=arrival, known_id=UNSET)


class _RawBatch(Struct):
    reports: list[msgspec.Raw]


def _batched(body: bytes) -> Batched:
    known = _id(salvage.object_of(body) or {}, "reportId")
    arrival = _read(known or _by_content(body), body, BatchedReport, is_whole=True)
    if known is None and arrival.is_json:
        arrival = replace(arrival, report_id=_by_content(body, arrival.submission))
    return Batched(arrival=arrival, known_id=known or UNSET)


def _by_content(body: bytes, submission: Submission | None = None) -> UUID:
    """Return the id of what has none of its own: the same whenever the same is sent again, however much later."""
    told = hashlib.sha256(body).digest() if submission is None else digest(submission)
    return UUID(bytes=told[:16], version=4)


def _id(raw: dict[str, Any], name: str) -> UUID | None:
    try:
        return convert(raw.get(name), UUID)
    except (ValidationError, UnicodeEncodeError):
        return None


def _read(report_id: UUID, body: bytes, kind: type[ReportSubmission], *, is_whole: bool) -> Arrival:
    try:
        submission = whole_numbers.decode(body, kind).to_domain()
    except (ValueError, RecursionError):
        return _by_halves(report_id, body, kind, is_whole=is_whole)
    if salvage.gives_a_name_twice(body) or not is_whole:
        return _by_halves(report_id, body, kind, is_whole=is_whole)
    return Arrival(report_id=report_id, submission=submission, original=body)


def _by_halves(report_id: UUID, body: bytes, kind: type[ReportSubmission], *, is_whole: bool) -> Arrival:
    try:
        raw = salvage.object_of(body) if is_whole else None
        if raw is not None:
            is_twice = salvage.gives_a_name_twice(body)
            submission = salvage.from_object(raw)
            return Arrival(
                report_id=report_id,
                submission=salvage.with_all_answers(submission, body) if is_twice else submission,
                faults=_told(body, kind, is_twice=is_twice) or (_OTHERWISE,),
                original=body,
            )
    except Exception:
        # Whatever nobody has thought of must cost no bell.
        log.exception("report.read-as-text")
    return _as_text(report_id, body, is_whole=is_whole)


def _told(body: bytes, kind: type[ReportSubmission], *, is_twice: bool) -> tuple[Fault, ...]:
    try:
        return told(_faults(body, kind, is_twice=is_twice))
    except Exception as fault:
        if not isinstance(fault, RecursionError):
            log.exception("report.faults-unnamed")
        return ()


def _faults(body: bytes, kind: type[ReportSubmission], *, is_twice: bool) -> Iterator[Fault]:
    """Yield what does not fit of an object, the fields of which the contract knows nothing by their names."""
    if is_twice:
        yield Fault("", "gives a name twice")
    # Not as it was read for its answers: there a number that no machine holds was bounded.
    raw: dict[str, Any] = json.loads(body)
    taken = {field.encode_name for field in msgspec.structs.fields(kind)}
    for name in raw:
        if name not in taken:
            yield Fault(f"/{salvage.plain(name)}", "is no field of a report")
    yield from walked({name: value for name, value in raw.items() if name in taken}, kind)


def _as_text(report_id: UUID, body: bytes, *, is_whole: bool) -> Arrival:
    submission = salvage.from_text(body)
    return Arrival(
        report_id=report_id, submission=submission, is_json=False, is_whole=is_whole, original=body
    )

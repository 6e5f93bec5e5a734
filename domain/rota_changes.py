"""What may be changed of a rota: replaced as a whole, overridden, swapped, imported. What has ended is never touched.

A row that is taken out ends now and stays; one that is added begins now at the earliest. So what was in force at an
instant is the same however much later it is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace as changed

from domain.colleague import ON_CALL_ROLES, Colleague
from domain.decision import Change, Context, Decision
from domain.errors import BodyInvalid, Fault, IllegalEvent
from domain.people import Shift, ShiftKind, ShiftSource

FARTHEST = timedelta(days=400)
"""How far ahead a rota reaches; ours. Somebody must look at it once a year in any case."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Somebody who shall be on call; `pointer` says where the caller has written so."""

    staff_id: UUID
    tier: int
    starts_at: datetime
    ends_at: datetime
    pointer: str
    kind: ShiftKind = ShiftKind.SHIFT
    reason: str = ""


class Book(Struct, frozen=True, kw_only=True):
    """The rota of a site and who may be on it, as loaded under the site's lock."""

    site_id: UUID
    rows: tuple[Shift, ...]
    people: Mapping[UUID, Colleague]

    def find(self, shift_id: UUID, pointer: str, now: datetime) -> Shift:
        """Return a row that has not ended; raise BodyInvalid if there is none of this id, IllegalEvent if it has."""
        row = next((each for each in self.rows if each.id == shift_id), None)
        if row is None:
            raise _refused((Fault(pointer, "is no shift of this site"),))
        if row.until <= now:
            raise IllegalEvent("This shift has ended.")
        return row


class Replacement(Struct, frozen=True, kw_only=True):
    """How many rows a decision adds, takes out and leaves as they are; None if it changes nothing."""

    decision: Decision | None
    added: int
    removed: int
    kept: int


def replace(book: Book, wanted: tuple[Wanted, ...], context: Context) -> Replacement:
    """Put what is wanted in the place of everything that has not ended; raise BodyInvalid with every fault.

    What is wanted and there already stays the row it was. Rows that have ended may be given back as they were read.
    """
    past = {_key(each, context.now) for each in book.rows if each.until <= context.now}
    ahead = tuple(each for each in wanted if _key(each, context.now) not in past)
    _refuse(ahead, book, context.now)
    return _exchange("rota.replace", book, book.rows, ahead, context)


def take_in(book: Book, calendar: str, wanted: tuple[Wanted, ...], context: Context) -> Replacement:
    """Put what a calendar says in the place of all that an earlier reading of the same calendar has brought.

    The same file again changes nothing. What has ended is passed over. Raises BodyInvalid with every fault.
    """
    ahead = tuple(each for each in wanted if each.ends_at > context.now)
    _refuse(ahead, book, context.now)
    rows = tuple(
        each for each in book.rows if each.source is ShiftSource.CALENDAR and each.calendar == calendar
    )
    return _exchange("rota.import", book, rows, ahead, context, calendar)


def override(book: Book, wanted: Wanted, context: Context) -> Decision:
    """Put somebody on call instead of whoever the shifts of a tier name; raise BodyInvalid with every fault."""
    faults = [*_faults_of(wanted, book, context.now)]
    if any(_is_double(each, wanted) for each in _going_on(book.rows, context.now)):
        faults.append(Fault(f"{wanted.pointer}/startsAt", "has taken these hours over already"))
    if faults:
        raise _refused(tuple(faults))
    row = _row(book, wanted, ShiftSource.MANUAL, context)
    return context.decide("rota.override", (Change(row),), site_id=book.site_id, reason=wanted.reason)


def _is_double(row: Shift, wanted: Wanted) -> bool:
    same = (row.staff_id, row.tier, row.kind) == (wanted.staff_id, wanted.tier, wanted.kind)
    return same and row.starts_at < wanted.ends_at and wanted.starts_at < row.until


def swap(book: Book, one: Shift, other: Shift, reason: str, context: Context) -> Decision:
    """Let two people take each other's hours over, in what is left of them.

    Each pair of hours becomes an override; who else is on call beside the two stays so. An override that is swapped
    is taken out. Raises IllegalEvent where that cannot be, BodyInvalid where one of them may not be on call any more.
    """
    if one.staff_id == other.staff_id:
        raise IllegalEvent("Both are the same person's: there is nothing to swap.")
    people = (("/shiftId", one), ("/otherShiftId", other))
    unfit = ((pointer, _unfit(book.people.get(row.staff_id))) for pointer, row in people)
    if faults := tuple(Fault(pointer, f"{said}, whoever is named there") for pointer, said in unfit if said):
        raise _refused(faults)
    changes = (
        *_handed_over(book, one, other.staff_id, reason, context),
        *_handed_over(book, other, one.staff_id, reason, context),
    )
    return context.decide("rota.swap", changes, site_id=book.site_id, reason=reason)


def _handed_over(book: Book, row: Shift, staff_id: UUID, reason: str, context: Context) -> Iterator[Change]:
    beside = [each for each in _going_on(book.rows, context.now) if _shares_hours(each, row)]
    if row.kind is ShiftKind.OVERRIDE:
        yield _removed(row, context)
        beside = []
    elif any(each.kind is ShiftKind.OVERRIDE for each in beside):
        raise IllegalEvent("Somebody has taken these hours over already: swap that override instead.")
    for each in (row, *beside):
        wanted = Wanted(
            staff_id=staff_id if each is row else each.staff_id,
            tier=row.tier,
            starts_at=max(each.starts_at, row.starts_at),
            ends_at=min(each.until, row.until),
            kind=ShiftKind.OVERRIDE,
            reason=reason,
            pointer=f"/{row.id}/{each.id}",
        )
        yield Change(_row(book, wanted, ShiftSource.SWAP, context))


def _shares_hours(each: Shift, row: Shift) -> bool:
    overlaps = each.starts_at < row.until and row.starts_at < each.until
    return overlaps and each.tier == row.tier and each.id != row.id


def _exchange(
    action: str,
    book: Book,
    rows: Iterable[Shift],
    wanted: tuple[Wanted, ...],
    context: Context,
    calendar: str | None = None,
) -> Replacement:
    going_on = _going_on(rows, context.now)
    standing = {_key(each, context.now): each for each in going_on}
    keys = {_key(each, context.now) for each in wanted}
    kept = {row.id for key, row in standing.items() if key in keys}
    gone = tuple(_removed(each, context) for each in going_on if each.id not in kept)
    source = ShiftSource.MANUAL if calendar is None else ShiftSource.CALENDAR
    added = tuple(
        Change(changed(_row(book, each, source, context), calendar=calendar or ""))
        for each in wanted
        if _key(each, context.now) not in standing
    )
    decision = context.decide(action, (*gone, *added), site_id=book.site_id) if gone or added else None
    return Replacement(decision=decision, added=len(added), removed=len(gone), kept=len(kept))


def _key(each: Shift | Wanted, now: datetime) -> tuple[object, ...]:
    """Say by what two rows are the same: when one that runs has begun makes no difference."""
    ends_at = each.until if isinstance(each, Shift) else each.ends_at
    starts_at = None if each.starts_at <= now < ends_at else each.starts_at
    return (each.staff_id, each.tier, each.kind, starts_at, ends_at)


def _going_on(rows: Iterable[Shift], now: datetime) -> tuple[Shift, ...]:
    return tuple(each for each in rows if each.until > max(now, each.starts_at))


def _removed(row: Shift, context: Context) -> Change:
    return Change(changed(row, removed_at=context.now, removed_by=context.actor.id), row)


def _row(book: Book, wanted: Wanted, source: ShiftSource, context: Context) -> Shift:
    return Shift(
        id=context.entropy.uuid(f"shift{wanted.pointer}/{wanted.staff_id}/{wanted.tier}/{wanted.starts_at}"),
        site_id=book.site_id,
        staff_id=wanted.staff_id,
        tier=wanted.tier,
        starts_at=max(wanted.starts_at, context.now),
        ends_at=wanted.ends_at,
        kind=wanted.kind,
        source=source,
        added_at=context.now,
        added_by=context.actor.id,
        reason=wanted.reason,
    )


def _refuse(wanted: tuple[Wanted, ...], book: Book, now: datetime) -> None:
    faults = tuple(fault for each in wanted for fault in _faults_of(each, book, now))
    if faults := (*faults, *_doubles(wanted)):
        raise _refused(faults)


def _refused(faults: tuple[Fault, ...]) -> BodyInvalid:
    return BodyInvalid("The rota cannot be like this.", faults=faults)


def _faults_of(wanted: Wanted, book: Book, now: datetime) -> Iterator[Fault]:
    if said := _unfit(book.people.get(wanted.staff_id)):
        yield Fault(f"{wanted.pointer}/staffId", said)
    if wanted.ends_at <= wanted.starts_at:
        yield Fault(f"{wanted.pointer}/endsAt", "must be later than startsAt")
    elif wanted.ends_at <= now:
        yield Fault(f"{wanted.pointer}/endsAt", "is over already")
    elif wanted.ends_at > now + FARTHEST:
        yield Fault(f"{wanted.pointer}/endsAt", f"is more than {FARTHEST.days} days ahead")


def _unfit(person: Colleague | None) -> str:
    if person is None:
        return "is nobody of this site"
    if person.disabled_at is not None:
        return "has an account that is closed"
    return "" if person.role in ON_CALL_ROLES else "is neither investigator nor coordinator of this site"


def _doubles(wanted: Iterable[Wanted]) -> Iterator[Fault]:
    """Name whoever is put twice on call in one tier at the same time."""
    last: dict[tuple[UUID, int, ShiftKind], Wanted] = {}
    for each in sorted(wanted, key=lambda each: (each.starts_at, each.ends_at, each.pointer)):
        place = (each.staff_id, each.tier, each.kind)
        before = last.get(place)
        if before is not None and each.starts_at < before.ends_at:
            yield Fault(
                f"{each.pointer}/startsAt", f"is on call there at that time already: {before.pointer}"
            )
        if before is None or each.ends_at > before.ends_at:
            last[place] = each

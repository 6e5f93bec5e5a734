"""The calendar of an account as entries that any calendar can follow (RFC 5545): neutral, stable, told of every change.

An entry keeps its UID for as long as the trial lasts, whatever plan it comes from; its SEQUENCE grows with every
change of its days and with the end of the participation, after which all that lay ahead is cancelled.
"""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain import ladder
from domain.entropy import Entropy
from domain.ladder import Reader
from domain.local_time import instant
from domain.occasion import OccasionState, Standing
from domain.plan import Course
from domain.protocol.reminders import Reminders, Slot
from domain.schedule import OccasionKind

_REVISIONS = 100
"""More than one occasion is ever changed within one plan."""


class Entry(Struct, frozen=True, kw_only=True):
    """One occasion in a calendar. A visit takes its whole `day`; a check-in begins `at` the reader's hour."""

    uid: UUID
    sequence: int
    kind: OccasionKind
    day: date
    at: datetime | None
    is_cancelled: bool
    changed_at: datetime


def entries(course: Course, reader: Reader, reminders: Reminders) -> tuple[Entry, ...]:
    """Return all visits and check-ins of a plan, by day."""
    return tuple(_entry(course, each, reader, reminders) for each in course.standings)


def _entry(course: Course, standing: Standing, reader: Reader, reminders: Reminders) -> Entry:
    kind, week = standing.key
    clock = ladder.clock_of(Slot.CHOSEN_HOUR, reader, reminders)
    day = standing.occasion.target
    return Entry(
        uid=Entropy(reader.account_id.bytes).uuid(f"calendar/{kind}/{week}"),
        sequence=_sequence(course, standing),
        kind=kind,
        day=day,
        at=None if kind is OccasionKind.VISIT else instant(day, clock, reader.zone),
        is_cancelled=_is_cancelled(standing),
        changed_at=_changed_at(course, standing),
    )


def _sequence(course: Course, standing: Standing) -> int:
    """Count versions of the plan, the end among them, and within each what was recorded: also after the end."""
    revision = 0 if standing.record is None else standing.record.revision
    closings = 0 if course.plan.closed_at is None else 1
    return (2 * course.plan.version + closings) * _REVISIONS + min(revision, _REVISIONS - 1)


def _is_cancelled(standing: Standing) -> bool:
    """Say whether a calendar shall drop it: somebody has called it off. What was let pass does no harm there."""
    called_off = standing.record is not None and standing.record.is_called_off
    return called_off or standing.state is OccasionState.CANCELLED


def _changed_at(course: Course, standing: Standing) -> datetime:
    known = (
        course.plan.made_at,
        course.plan.closed_at,
        None if standing.record is None else standing.record.changed_at,
    )
    return max(each for each in known if each is not None)

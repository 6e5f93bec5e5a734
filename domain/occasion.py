"""What becomes of a visit or a check-in, and what is recorded of it.

TRANSITIONS is the whole machine; an event it does not list changes nothing and raises. What has not happened needs no
row: an occasion opens by the calendar of its site. A row comes with the first fact: it was done, or missed, or given
another day, or its silence was told to the site. Done stays done through every new plan (cases.md 22, 25). Missed is a
fact with its time, and what is done after its window is done late.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import IllegalEvent
from domain.local_time import instant
from domain.schedule import Occasion, OccasionKind


class OccasionState(StrEnum):
    """Where an occasion stands."""

    UPCOMING = "upcoming"
    OPEN = "open"
    DONE = "done"
    MISSED = "missed"
    CANCELLED = "cancelled"


class OccasionEvent(StrEnum):
    """What can happen to an occasion."""

    OPEN = "open"
    COMPLETE = "complete"
    MISS = "miss"
    RESCHEDULE = "reschedule"
    REOPEN = "reopen"
    CANCEL = "cancel"


_S, _E = OccasionState, OccasionEvent

TRANSITIONS: Mapping[OccasionState, Mapping[OccasionEvent, OccasionState]] = {
    _S.UPCOMING: {
        _E.OPEN: _S.OPEN,
        _E.COMPLETE: _S.DONE,
        _E.RESCHEDULE: _S.UPCOMING,
        _E.CANCEL: _S.CANCELLED,
    },
    _S.OPEN: {
        _E.COMPLETE: _S.DONE,
        _E.MISS: _S.MISSED,
        _E.RESCHEDULE: _S.UPCOMING,
        _E.CANCEL: _S.CANCELLED,
    },
    # Why it was missed is often known only afterwards.
    _S.MISSED: {_E.COMPLETE: _S.DONE, _E.RESCHEDULE: _S.UPCOMING, _E.MISS: _S.MISSED},
    # What was marked done by mistake must not stay without its reminders.
    _S.DONE: {_E.REOPEN: _S.UPCOMING},
    # What took place is recorded, also when the participation has ended meanwhile; nobody is reminded of it.
    _S.CANCELLED: {_E.COMPLETE: _S.DONE},
}

AHEAD = frozenset({OccasionState.UPCOMING, OccasionState.OPEN})
"""The states in which somebody may still be reminded."""


class OccasionRecord(Struct, frozen=True, kw_only=True):
    """What is recorded of one occasion of one plan; at most one row for each (held by an index).

    `state` is as recorded: `upcoming` until it was done or missed; whether it is open says the day. Days are days of
    the site's calendar, instants are trial time.
    """

    id: UUID
    site_id: UUID
    participant_id: UUID
    plan_version: int
    kind: OccasionKind
    week: int
    state: OccasionState
    target: date
    opens: date
    closes: date
    revision: int
    """How often it has changed, from 1."""
    changed_at: datetime
    done_on: date | None = None
    is_late: bool = False
    """Done after its window."""
    missed_at: datetime | None = None
    """When its window had ended, or when somebody said that it was missed; kept when it is done late."""
    is_called_off: bool = False
    """Somebody said that it will not take place: nobody is asked for it again."""
    silent_at: datetime | None = None
    """When its silence was told to the site (trial.md §2, N2)."""
    alert_id: UUID | None = None
    """The alert that its silence rang."""
    report_id: UUID | None = None
    """The report with which the participant checked in."""
    recorded_by: UUID | None = None
    """The member of staff who last said something of it, and why; None if nobody did."""
    reason: str = ""


class Standing(Struct, frozen=True, kw_only=True):
    """One occasion as it stands: its days as they are now, its state, and what is recorded of it."""

    occasion: Occasion
    state: OccasionState
    record: OccasionRecord | None = None

    @property
    def is_ahead(self) -> bool:
        """Whether it can still be done in time."""
        return self.state in AHEAD

    @property
    def key(self) -> tuple[OccasionKind, int]:
        """What it is called within a plan."""
        return self.occasion.kind, self.occasion.week


def move(state: OccasionState, event: OccasionEvent) -> OccasionState:
    """Return the state after `event`; raise IllegalEvent, changing nothing, if the table has none."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalEvent(f"What is {state} cannot be changed so.") from None


def standing(occasion: Occasion, record: OccasionRecord | None, today: date, *, closed: bool) -> Standing:
    """Return where a planned occasion stands on a day of its site; `closed` is a plan that is no longer followed.

    Past its last day it is open until it is recorded as missed: a state is never guessed ahead of its fact.
    """
    moved, state = occasion, OccasionState.UPCOMING
    if record is not None:
        moved = replace(occasion, target=record.target, opens=record.opens, closes=record.closes)
        state = record.state
    if state is OccasionState.UPCOMING and today >= moved.opens:
        state = move(state, OccasionEvent.OPEN)
    if closed and state in AHEAD:
        state = move(state, OccasionEvent.CANCEL)
    return Standing(occasion=moved, state=state, record=record)


def ends_at(occasion: Occasion, zone: ZoneInfo) -> datetime:
    """Return the instant at which the last day of the window has ended at the site."""
    return instant(occasion.closes + timedelta(days=1), time(), zone)

"""What a seeded participant has lived through, day by day: check-ins that were done, visits that took place.

Pure: which days those are follows from her plan, from what was asked for, and from what day it is.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from msgspec import Struct

from api.shapes.sandbox_states import ParticipantState
from domain.local_time import instant, local_date
from domain.plan import PlanVersion
from domain.schedule import Occasion, OccasionKind

_CHECK_IN_AT, _VISIT_AT = time(10), time(14)
"""By the clock of the site: after the reminder of nine o'clock, and after the morning's tests."""


class Moment(Struct, frozen=True, kw_only=True):
    """One occasion that was done, and when."""

    at: datetime
    occasion: Occasion


def lived(plan: PlanVersion, state: ParticipantState, zone: ZoneInfo, now: datetime) -> tuple[Moment, ...]:
    """Return what she has done until now, oldest first: all that lies behind but the last ones, which were missed."""
    today = local_date(now, zone)
    check_ins = _behind(plan, OccasionKind.CHECK_IN, today)
    visits = _behind(plan, OccasionKind.VISIT, today)
    done = (
        *((each, _CHECK_IN_AT) for each in check_ins[: len(check_ins) - state.missed_check_ins]),
        *((each, _VISIT_AT) for each in visits[: len(visits) - state.missed_visits]),
    )
    moments = (Moment(at=instant(each.target, at, zone), occasion=each) for each, at in done)
    return tuple(sorted(moments, key=lambda each: each.at))


def behind(plan: PlanVersion, kind: OccasionKind, zone: ZoneInfo, now: datetime) -> int:
    """Return how many of a kind lie behind."""
    return len(_behind(plan, kind, local_date(now, zone)))


def _behind(plan: PlanVersion, kind: OccasionKind, today: date) -> list[Occasion]:
    """Return the check-ins whose window has ended, or the visits whose day has passed."""
    found = [each for each in plan.occasions if each.kind is kind]
    is_visit = kind is OccasionKind.VISIT
    return [each for each in found if (each.target if is_visit else each.closes) < today]

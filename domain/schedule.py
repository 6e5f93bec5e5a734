"""The plan of one participant: every visit and check-in with its target day and window.

The target of week n is 7 * n days after the anchor date. Which administration is the anchor, and how wide the
windows are, is stated by the protocol for each phase and by nothing here (trial.md §1). All dates are local
days of the participant's zone. In a visit week the visit and the check-in share their target and stay two
occasions: one can be done without the other.
"""

from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from domain.errors import UnknownPhase
from domain.local_time import day_number
from domain.protocol.schema import Calendar, Key, Phase, Visit, Window


class OccasionKind(StrEnum):
    """What falls due."""

    VISIT = "visit"
    CHECK_IN = "check-in"


class Occasion(Struct, frozen=True, kw_only=True):
    """A visit or check-in of one week. `opens` and `closes` are the first and the last day it counts."""

    kind: OccasionKind
    week: int
    target: date
    opens: date
    closes: date
    assessments: tuple[Key, ...] = ()
    preparation: tuple[Key, ...] = ()


class Plan(Struct, frozen=True):
    """The anchor date and all occasions by target day, a visit before the check-in of its week."""

    anchor: date
    occasions: tuple[Occasion, ...]


def plan(calendar: Calendar, phase: Key, administrations: tuple[date, ...]) -> Plan:
    """Plan a participant of that phase. The administrations, in any order, are at least one.

    Before the first administration there is no plan: that is the caller's None, a ValueError here.
    Raises UnknownPhase when the calendar has no such phase.
    """
    if phase not in calendar.phases:
        raise UnknownPhase("The protocol has no such phase.")
    stated = calendar.phases[phase]
    anchor = anchor_date(stated, administrations)
    occasions = (*_visits(calendar, stated, anchor), *_check_ins(calendar, anchor))
    return Plan(anchor, tuple(sorted(occasions, key=_place)))


def anchor_date(phase: Phase, administrations: tuple[date, ...]) -> date:
    """Return the administration from which the phase counts its weeks; ValueError when there is none."""
    return min(administrations) if phase.anchor.value == "first-administration" else max(administrations)


def safety_window(calendar: Calendar, anchor: date, day: date) -> str | None:
    """Return the id of the safety window that holds a local day (trial.md §1), or None outside them."""
    number = day_number(anchor, day)
    within = (w.id for w in calendar.safety_windows if w.first_day <= number <= w.last_day)
    return next(within, None)


def _visits(calendar: Calendar, phase: Phase, anchor: date) -> list[Occasion]:
    return [_visit(visit, anchor, phase.visit_window.value) for visit in calendar.visits]


def _check_ins(calendar: Calendar, anchor: date) -> list[Occasion]:
    weeks = range(calendar.check_ins.first_week, calendar.check_ins.last_week + 1)
    return [_check_in(week, anchor, calendar.check_ins.window.value) for week in weeks]


def _visit(visit: Visit, anchor: date, window: Window) -> Occasion:
    target = anchor + timedelta(weeks=visit.week)
    return Occasion(
        kind=OccasionKind.VISIT,
        week=visit.week,
        target=target,
        opens=target - timedelta(days=window.days_before),
        closes=target + timedelta(days=window.days_after),
        assessments=visit.assessments,
        preparation=visit.preparation,
    )


def _check_in(week: int, anchor: date, window: Window) -> Occasion:
    target = anchor + timedelta(weeks=week)
    return Occasion(
        kind=OccasionKind.CHECK_IN,
        week=week,
        target=target,
        opens=target - timedelta(days=window.days_before),
        closes=target + timedelta(days=window.days_after),
    )


def _place(occasion: Occasion) -> tuple[date, bool]:
    return occasion.target, occasion.kind is not OccasionKind.VISIT

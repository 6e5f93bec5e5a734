"""The plan over the trial's eight visits and fifty-two check-ins (trial.md §1)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import UnknownPhase
from domain.protocol.schema import Calendar, CheckIns, Phase, SafetyWindow, Stated, Visit, Window
from domain.schedule import Occasion, OccasionKind, Plan, plan, safety_window
from tests.support.protocol import shipped

VISIT_WEEKS = [1, 2, 4, 8, 12, 24, 36, 52]
VISIT_DAYS = [7, 14, 28, 56, 84, 168, 252, 364]
CALENDAR = Calendar(
    assessments=("meld", "spleen-stiffness"),
    visits=tuple(
        Visit(week=week, assessments=("meld",), preparation=(f"prepare.w{week}",)) for week in VISIT_WEEKS
    ),
    check_ins=CheckIns(
        first_week=1,
        last_week=52,
        forms=("check-in",),
        window=Stated(Window(0, 3), confirmed=False, source="test"),
    ),
    phases={
        "phase-1": Phase(
            anchor=Stated("first-administration", confirmed=False, source="test"),
            visit_window=Stated(Window(2, 4), confirmed=False, source="test"),
        ),
        "phase-2": Phase(
            anchor=Stated("last-administration", confirmed=False, source="test"),
            visit_window=Stated(Window(7, 7), confirmed=False, source="test"),
        ),
    },
    safety_windows=(SafetyWindow("any-event", 0, 28), SafetyWindow("related-event", 29, 364)),
)
ANCHOR = date(2025, 1, 1)
PHASES = st.sampled_from(["phase-1", "phase-2"])
ADMINISTRATIONS = st.lists(st.dates(date(2000, 1, 1), date(2090, 12, 31)), min_size=1, max_size=5).map(tuple)


def of_kind(made: Plan, kind: OccasionKind) -> list[Occasion]:
    return [occasion for occasion in made.occasions if occasion.kind is kind]


def occasion(kind: OccasionKind, week: int) -> Occasion:
    return next(each for each in of_kind(plan(CALENDAR, "phase-1", (ANCHOR,)), kind) if each.week == week)


@given(PHASES, ADMINISTRATIONS)
@settings(deadline=None)
def test_everyone_has_eight_visits_and_fifty_two_check_ins(phase: str, days: tuple[date, ...]) -> None:
    made = plan(CALENDAR, phase, days)
    assert [each.week for each in of_kind(made, OccasionKind.VISIT)] == VISIT_WEEKS
    assert [each.week for each in of_kind(made, OccasionKind.CHECK_IN)] == list(range(1, 53))


@given(PHASES, ADMINISTRATIONS)
@settings(deadline=None)
def test_a_target_is_seven_days_a_week_after_the_anchor(phase: str, days: tuple[date, ...]) -> None:
    made = plan(CALENDAR, phase, days)
    assert all((each.target - made.anchor).days == 7 * each.week for each in made.occasions)
    assert [(each.target - made.anchor).days for each in of_kind(made, OccasionKind.VISIT)] == VISIT_DAYS


@given(PHASES, ADMINISTRATIONS)
@settings(deadline=None)
def test_occasions_come_in_order_and_each_kind_strictly_later(phase: str, days: tuple[date, ...]) -> None:
    made = plan(CALENDAR, phase, days)
    targets = [each.target for each in made.occasions]
    assert targets == sorted(targets)
    for kind in OccasionKind:
        own = [each.target for each in of_kind(made, kind)]
        assert all(earlier < later for earlier, later in pairwise(own))


@given(ADMINISTRATIONS)
@settings(deadline=None)
def test_the_phase_says_which_administration_counts(days: tuple[date, ...]) -> None:
    assert plan(CALENDAR, "phase-1", days).anchor == min(days)
    assert plan(CALENDAR, "phase-2", days).anchor == max(days)


@given(PHASES, ADMINISTRATIONS)
@settings(deadline=None)
def test_the_order_in_which_administrations_were_entered_changes_nothing(
    phase: str, days: tuple[date, ...]
) -> None:
    assert plan(CALENDAR, phase, days[::-1]) == plan(CALENDAR, phase, days)


@pytest.mark.parametrize("phase", sorted(shipped().calendar.phases))
def test_the_shipped_calendar_plans_the_trials_year(phase: str) -> None:
    made = plan(shipped().calendar, phase, (ANCHOR,))
    visits = of_kind(made, OccasionKind.VISIT)
    assert [(each.target - ANCHOR).days for each in visits] == VISIT_DAYS
    assert [len(each.assessments) for each in visits] == [7, 7, 6, 7, 6, 9, 7, 9]
    assert [each.week for each in of_kind(made, OccasionKind.CHECK_IN)] == list(range(1, 53))
    assert all(each.opens <= each.target <= each.closes for each in made.occasions)


def test_the_shipped_safety_windows_leave_no_gap_and_no_overlap() -> None:
    windows = shipped().calendar.safety_windows
    for day in range(365):
        assert len([window for window in windows if window.first_day <= day <= window.last_day]) == 1
        assert safety_window(shipped().calendar, ANCHOR, ANCHOR + timedelta(days=day)) is not None


def test_the_window_of_a_visit_is_that_of_the_phase_and_of_a_check_in_its_own() -> None:
    first = next(
        each for each in plan(CALENDAR, "phase-2", (ANCHOR,)).occasions if each.kind is OccasionKind.VISIT
    )
    assert (first.opens, first.closes) == (first.target - timedelta(days=7), first.target + timedelta(days=7))
    check_in = occasion(OccasionKind.CHECK_IN, 1)
    assert (check_in.opens, check_in.closes) == (check_in.target, check_in.target + timedelta(days=3))


def test_in_a_visit_week_the_visit_stands_before_its_check_in() -> None:
    made = plan(CALENDAR, "phase-1", (ANCHOR,))
    assert [each.kind for each in made.occasions if each.week == 4] == [
        OccasionKind.VISIT,
        OccasionKind.CHECK_IN,
    ]


def test_a_visit_names_its_own_assessments_and_preparation_only() -> None:
    assert occasion(OccasionKind.VISIT, 24).preparation == ("prepare.w24",)
    assert occasion(OccasionKind.VISIT, 24).assessments == ("meld",)
    assert occasion(OccasionKind.CHECK_IN, 24).preparation == ()


def test_a_plan_from_the_leap_day_counts_days_not_dates() -> None:
    made = plan(CALENDAR, "phase-1", (date(2024, 2, 29),))
    assert made.occasions[-1].target == date(2025, 2, 27)


def test_a_phase_the_protocol_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownPhase) as refused:
        plan(CALENDAR, "phase-3", (ANCHOR,))
    assert refused.value.code == "phase.unknown"


def test_without_an_administration_there_is_nothing_to_plan_from() -> None:
    with pytest.raises(ValueError, match="empty"):
        plan(CALENDAR, "phase-1", ())


@pytest.mark.parametrize(
    ("day", "window"),
    [
        (-1, None),
        (0, "any-event"),
        (28, "any-event"),
        (29, "related-event"),
        (364, "related-event"),
        (365, None),
    ],
)
def test_day_28_is_in_the_first_safety_window_and_day_29_in_the_second(day: int, window: str | None) -> None:
    assert safety_window(CALENDAR, ANCHOR, ANCHOR + timedelta(days=day)) == window

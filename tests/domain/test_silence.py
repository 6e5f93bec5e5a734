"""A check-in that nobody answers: who is asked, when the site is told, and how urgent it is (trial.md §2, N2)."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.escalation import Alert, AlertState
from domain.local_time import is_day
from domain.occasion import OccasionState
from domain.people import Role
from domain.protocol.reminders import Complication
from domain.protocol.schema import Level
from domain.task import TaskKind
from domain.year import Addressee
from tests.support.years import (
    ANCHOR,
    CHECK_IN,
    HONOLULU,
    KIRITIMATI,
    REMINDERS,
    SHANGHAI,
    VISIT,
    Kept,
    a_plan,
    at,
    caregiver,
    day,
    lin,
    wall,
)

HOURS = st.integers(8, 19)
ALL_WEEKS = {(CHECK_IN, week) for week in range(1, 53)}


def told(year: Kept) -> list[str]:
    """When the site was told of which silence, and how urgent it was."""
    return [f"{wall(now)} week {week} {level}" for week, now, level in year.silences]


def week(number: int, people: tuple[Addressee, ...] = (lin(), caregiver())) -> Kept:
    """A year with the check-in of one week."""
    return Kept(plan=a_plan(only={(CHECK_IN, number)}), people=people)


def level(
    number: int,
    *,
    given_on: tuple[date, ...] = (ANCHOR,),
    complications: frozenset[Complication] = frozenset(),
) -> Level:
    """How urgent the silence of a week is when it stands alone."""
    year = week(number)
    year.given_on, year.complications = given_on, complications
    year.run(at(7 * number), at(7 * number + 6))
    ((_, _, found),) = year.silences
    return found


def test_a_silence_walks_from_lin_to_her_caregiver_and_after_forty_eight_hours_to_the_site() -> None:
    year = week(5)
    year.run(at(0, "10:00"), at(60))
    assert year.journal() == [
        "2026-04-06 09:00 participant check-in 5 on-the-day",
        "2026-04-07 09:00 participant check-in 5 day-after",
        "2026-04-07 18:00 caregiver check-in 5 caregiver",
    ]
    assert told(year) == ["2026-04-08 09:00 week 5 routine"]


@pytest.mark.parametrize("hour", [8, 13, 19])
def test_forty_eight_hours_are_counted_from_her_own_hour(hour: int) -> None:
    year = week(5, (lin(hour=hour), caregiver()))
    year.run(at(0, "10:00"), at(60))
    assert told(year) == [f"2026-04-08 {hour:02}:00 week 5 routine"]


def test_without_a_caregiver_nobody_waits_for_her() -> None:
    year = week(5, (lin(),))
    year.run(at(0, "10:00"), at(60))
    assert told(year) == ["2026-04-08 09:00 week 5 routine"]


def test_the_silence_of_somebody_whom_nobody_could_ask_is_told_all_the_same() -> None:
    year = week(5, ())
    year.run(at(0, "10:00"), at(60))
    assert told(year) == ["2026-04-08 09:00 week 5 routine"]


def test_a_check_in_done_before_is_no_silence_and_one_told_is_not_told_again() -> None:
    answered, silent = week(5), week(5)
    answered.run(at(0, "10:00"), at(37, "08:59"))
    answered.done(CHECK_IN, 5, at(37, "08:59"))
    answered.run(at(37, "08:59"), at(60))
    silent.run(at(0, "10:00"), at(60))
    assert answered.silences == []
    assert len(silent.silences) == 1


def test_after_an_outage_everybody_is_asked_again_before_the_site_is_told() -> None:
    year = week(5)
    year.run(at(38, "10:00"), at(60))
    assert year.journal() == [
        "2026-04-09 10:00 participant check-in 5 day-after",
        "2026-04-09 16:00 caregiver check-in 5 caregiver",
    ]
    assert told(year) == ["2026-04-10 08:00 week 5 routine"]


def test_a_program_that_comes_back_at_night_tells_nobody_before_the_morning() -> None:
    year = week(5)
    year.run(at(38, "03:00"), at(60))
    assert year.journal()[0] == "2026-04-09 08:00 participant check-in 5 day-after"
    assert told(year) == ["2026-04-10 08:00 week 5 routine"]


def test_when_everybody_was_asked_before_an_outage_the_site_is_told_on_return_and_by_day() -> None:
    by_day, at_night = week(5), week(5)
    for year in (by_day, at_night):
        year.run(at(35), at(37))
    by_day.run(at(38, "10:00"), at(60))
    at_night.run(at(38, "03:00"), at(60))
    assert told(by_day) == ["2026-04-09 10:00 week 5 routine"]
    assert told(at_night) == ["2026-04-09 08:00 week 5 routine"]


@given(st.integers(0, 6 * 24 * 4), HOURS, HOURS)
@settings(deadline=None)
def test_whenever_the_program_comes_back_the_walk_is_lin_then_her_caregiver_then_the_site_by_day(
    quarters: int, hers: int, the_caregivers: int
) -> None:
    year = week(5, (lin(hour=hers), caregiver(hour=the_caregivers)))
    year.run(at(35) + quarters * timedelta(minutes=15), at(60))
    _is_a_walk(year)


PLACES = st.sampled_from([HONOLULU, KIRITIMATI, SHANGHAI])


@given(PLACES, PLACES, HOURS, HOURS, st.integers(0, 4 * 24 * 4))
@settings(deadline=None)
def test_wherever_the_two_are_the_walk_is_the_same(
    hers: ZoneInfo, the_caregivers: ZoneInfo, hour: int, other: int, quarters: int
) -> None:
    year = week(5, (lin(hers, hour), caregiver(the_caregivers, other)))
    year.run(at(35) + quarters * timedelta(minutes=15), at(60))
    _is_a_walk(year)


def _is_a_walk(year: Kept) -> None:
    """Lin was asked before her caregiver, and the site told after both had six hours, by day."""
    roles = {each.reader.account_id: each.reader.role for each in year.people}
    asked = [(roles[each.account_id], each.made_at) for each in year.made]
    assert asked[0][0] == Role.PARTICIPANT
    first_of_caregiver = min((when for who, when in asked if who == Role.CAREGIVER), default=None)
    assert first_of_caregiver is None or asked[0][1] + timedelta(hours=6) <= first_of_caregiver
    for _, now, _ in year.silences:
        assert {who for who, when in asked if when + timedelta(hours=6) <= now} == {*roles.values()}
        assert all(when + timedelta(hours=6) <= now or when > now for _, when in asked)
        assert is_day(now, year.zone, REMINDERS.hours)


@pytest.mark.parametrize(("number", "found"), [(1, "urgent"), (4, "urgent"), (5, "routine"), (52, "routine")])
def test_a_silence_is_urgent_until_day_28_and_no_longer(number: int, found: str) -> None:
    assert level(number) == found


@pytest.mark.parametrize(
    ("given_on", "found"),
    [(0, "urgent"), (-1, "urgent"), (-28, "urgent"), (-29, "routine"), (1, "routine")],
)
def test_it_is_urgent_from_day_0_to_day_28_after_any_administration(given_on: int, found: str) -> None:
    other = day(7 * 20 + given_on)
    assert level(20, given_on=(ANCHOR, other)) == level(20, given_on=(other, ANCHOR)) == found


@pytest.mark.parametrize("known", Complication)
def test_it_is_urgent_after_encephalopathy_and_after_nothing_else(known: Complication) -> None:
    urgent = known is Complication.HEPATIC_ENCEPHALOPATHY
    assert level(20, complications=frozenset({known})) == ("urgent" if urgent else "routine")


def test_it_is_urgent_when_it_is_the_second_in_a_row() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, number) for number in range(20, 24)}))
    year.run(at(140), at(154, "12:00"))
    year.done(CHECK_IN, 22, at(154, "12:00"))
    year.run(at(154, "12:00"), at(170))
    assert told(year) == [
        "2026-07-22 09:00 week 20 routine",
        "2026-07-29 09:00 week 21 urgent",
        "2026-08-12 09:00 week 23 routine",
    ]


@pytest.mark.parametrize("late_on", [145, 147])
def test_a_week_that_was_done_in_the_end_is_no_silence_before_the_next(late_on: int) -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 20), (CHECK_IN, 21)}))
    year.run(at(140), at(late_on, "08:00"))
    year.done(CHECK_IN, 20, at(late_on, "08:00"))
    year.run(at(late_on, "08:00"), at(153))
    assert [found for _, _, found in year.silences] == [Level.ROUTINE, Level.ROUTINE]


def test_two_weeks_missed_while_the_program_was_down_are_two_in_a_row_with_the_next() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 20), (CHECK_IN, 21)}))
    year.run(at(147, "10:00"), at(153))
    assert year.standing(CHECK_IN, 20, at(153)).state is OccasionState.MISSED
    assert told(year) == ["2026-07-29 09:00 week 21 urgent"]


def test_a_check_in_whose_window_had_ended_when_the_plan_was_made_is_no_silence() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 20), (CHECK_IN, 21)}, made_at=at(147, "00:30")))
    year.run(at(147, "00:30"), at(153))
    assert told(year) == ["2026-07-29 09:00 week 21 routine"]
    assert [each.about_id for each in year.tasks] == [year.records[CHECK_IN, 21].id]


def test_a_check_in_that_was_open_still_when_the_plan_was_made_is_asked_for_and_its_silence_told() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 20)}, made_at=at(145, "08:30")))
    year.run(at(145, "08:30"), at(153))
    assert [each.rung for each in year.made] == ["day-after", "caregiver"]
    assert told(year) == ["2026-07-26 08:00 week 20 routine"]


def test_a_window_that_ended_while_the_program_was_down_is_a_task_and_rings_nobody() -> None:
    year = week(1)
    year.run(at(20, "10:00"), at(40))
    assert (year.silences, year.made) == ([], ())
    (task,) = year.tasks
    # It rings nobody, and in the first weeks it waits no day.
    assert (task.kind, task.due_at) == (TaskKind.MISSED_CHECK_IN, at(20, "14:00"))


def test_a_silence_that_was_told_is_no_second_task_when_its_window_ends() -> None:
    year = week(5)
    year.run(at(0, "10:00"), at(60))
    assert year.records[CHECK_IN, 5].state is OccasionState.MISSED
    assert len(year.tasks) == 1


@pytest.mark.parametrize(("number", "hours"), [(4, 4), (5, 24)])
def test_a_silence_is_a_task_with_a_time_of_its_own(number: int, hours: int) -> None:
    year = week(number)
    year.run(at(0, "10:00"), at(60))
    told_at = at(7 * number + 2, "09:00")
    (task,) = year.tasks
    assert (task.kind, task.about_id) == (TaskKind.MISSED_CHECK_IN, year.records[CHECK_IN, number].id)
    assert (task.created_at, task.due_at) == (told_at, told_at + timedelta(hours=hours))


@pytest.mark.parametrize(("number", "rings"), [(4, True), (5, False)])
def test_an_urgent_silence_rings_and_a_routine_one_does_not(number: int, *, rings: bool) -> None:
    year = week(number)
    year.run(at(0, "10:00"), at(60))
    changed = [each.after for decision in year.decisions for each in decision.changes]
    alerts = [each for each in changed if isinstance(each, Alert)]
    assert [(each.level, each.state) for each in alerts] == (
        [(Level.URGENT, AlertState.OPEN)] if rings else []
    )
    assert year.records[CHECK_IN, number].alert_id == (alerts[0].id if rings else None)


def test_visits_are_never_silent() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 1)}))
    year.run(at(0, "10:00"), at(60))
    assert year.silences == []
    assert [each.kind for each in year.tasks] == [TaskKind.MISSED_VISIT]

"""What a site should look at, and why (trial.md §1; issue: due this week, overdue, windows about to close)."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import recording
from domain.due_list import CLOSING, Why, due_list
from domain.occasion import OccasionState
from domain.plan import Course
from tests.support.years import CHECK_IN, VISIT, Kept, Key, a_plan, at, day

WEEK = timedelta(days=7)


def listed(year: Kept, today: int, within: timedelta = WEEK) -> dict[Key, set[str]]:
    """Why what is on the list on a day."""
    found = due_list((year.course(at(today, "12:00")),), day(today), within)
    return {each.standing.key: {*each.why} for each in found}


def visit(number: int) -> set[str] | None:
    """Why the visit of week 4 is on the list of a day; its window is day 25 to 31."""
    return listed(Kept(plan=a_plan(only={(VISIT, 4)})), number).get((VISIT, 4))


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (21, None),
        (22, {Why.DUE}),
        (27, {Why.DUE}),
        (28, {Why.DUE}),
        (29, {Why.OVERDUE, Why.CLOSING}),
        (31, {Why.OVERDUE, Why.CLOSING}),
    ],
)
def test_a_visit_is_due_then_overdue_then_about_to_close(number: int, why: set[str] | None) -> None:
    assert visit(number) == why


def test_a_visit_is_about_to_close_on_the_last_three_days_of_its_window() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 4)}))
    now = at(20, "12:00")
    year.records[VISIT, 4] = recording.reschedule(year.standing(VISIT, 4, now), year.plan, day(31), now)
    assert [Why.CLOSING in listed(year, number)[VISIT, 4] for number in (28, 29, 30, 31)] == [
        False,
        True,
        True,
        True,
    ]
    assert timedelta(days=3) == CLOSING


def test_a_window_that_has_not_opened_is_not_about_to_close() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 4)}))
    short = replace(year.plan.occasions[0], closes=day(28))
    year.plan = replace(year.plan, occasions=(short,))
    assert (listed(year, 27), listed(year, 28)) == (
        {(CHECK_IN, 4): {Why.DUE}},
        {(CHECK_IN, 4): {Why.DUE, Why.CLOSING}},
    )


@pytest.mark.parametrize(("number", "is_there"), [(32, True), (38, True), (39, False)])
def test_a_missed_visit_is_on_the_list_for_as_long_as_the_list_reaches(
    number: int, *, is_there: bool
) -> None:
    year = Kept(plan=a_plan(only={(VISIT, 4)}))
    year.look(at(32))
    assert listed(year, number) == ({(VISIT, 4): {Why.MISSED}} if is_there else {})


def test_what_is_overdue_is_there_however_short_the_list() -> None:
    assert listed(Kept(plan=a_plan(only={(VISIT, 4)})), 29, timedelta(days=1))[VISIT, 4] == {
        Why.OVERDUE,
        Why.CLOSING,
    }


@pytest.mark.parametrize("number", [22, 28, 31])
def test_what_is_done_or_cancelled_is_nobodys_business(number: int) -> None:
    done, over = (Kept(plan=a_plan(only={(VISIT, 4)})) for _ in range(2))
    done.done(VISIT, 4, at(20, "12:00"))
    over.plan = replace(over.plan, closed_at=at(20))
    assert (listed(done, number), listed(over, number)) == ({}, {})


def test_a_longer_list_reaches_farther() -> None:
    year = Kept()
    assert len(listed(year, 0, timedelta(days=8))) == 2
    assert len(listed(year, 0, timedelta(days=365))) == 60


def of(participant: int) -> Course:
    """The year of another participant."""
    year = Kept()
    year.plan = replace(year.plan, participant_id=UUID(int=participant))
    return year.course(at(0, "12:00"))


def test_the_list_is_by_the_day_on_which_windows_close_and_says_whose_they_are() -> None:
    found = due_list((of(9), of(4)), day(0), timedelta(days=15))
    assert [(each.participant_id.int, each.standing.key) for each in found] == [
        (4, (VISIT, 1)),
        (9, (VISIT, 1)),
        (4, (CHECK_IN, 1)),
        (9, (CHECK_IN, 1)),
        (4, (VISIT, 2)),
        (9, (VISIT, 2)),
        (4, (CHECK_IN, 2)),
        (9, (CHECK_IN, 2)),
    ]


@given(st.integers(0, 380), st.integers(1, 60), st.sets(st.integers(1, 52)))
@settings(deadline=None, max_examples=30)
def test_a_place_in_the_list_is_one_of_its_own_and_sorts_as_the_list_does(
    today: int, within: int, done: set[int]
) -> None:
    year = Kept()
    for number in done:
        year.done(CHECK_IN, number, at(7 * number, "12:00"))
    found = due_list((year.course(at(today, "12:00")),), day(today), timedelta(days=within))
    places = [each.place for each in found]
    assert places == sorted(set(places))
    assert all(each.standing.state is not OccasionState.DONE for each in found)
    closes = [each.standing.occasion.closes for each in found]
    assert closes == sorted(closes)


def test_an_empty_site_has_an_empty_list() -> None:
    assert due_list((), day(0), WEEK) == ()

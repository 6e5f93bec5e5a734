"""When a year is looked at again: nothing that falls due is passed over, and nothing is looked at for ever."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import recording
from domain.ladder import LONGEST_HOLIDAY
from domain.people import ParticipantState
from domain.year import Addressee
from tests.support.years import (
    CHECK_IN,
    HONOLULU,
    KIRITIMATI,
    REMINDERS,
    VISIT,
    Kept,
    a_plan,
    at,
    caregiver,
    day,
    lin,
)

ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "Asia/Shanghai",
            "Europe/London",
            "Asia/Kolkata",
            "Australia/Lord_Howe",
            "Pacific/Kiritimati",
            "Pacific/Honolulu",
        )
    ]
)
HOURS = st.integers(8, 19)
PEOPLE = st.builds(
    lambda first, second: (lin(*first), caregiver(*second)), st.tuples(ZONES, HOURS), st.tuples(ZONES, HOURS)
)
FEW = {(VISIT, 1), (CHECK_IN, 1), (CHECK_IN, 2)}
ANCHORS = st.sampled_from([day(0), date(2026, 3, 21), date(2026, 10, 17), date(2024, 2, 20)])
"""Among them ladders on days on which the clocks of London and Lord Howe jump, and on the leap day."""
STEP = timedelta(minutes=10)


def kept(anchor: date, people: tuple[Addressee, ...], site: ZoneInfo, holidays: frozenset[int]) -> Kept:
    return Kept(
        plan=a_plan(anchor, FEW),
        people=people,
        zone=site,
        holidays=frozenset(anchor + timedelta(days=each) for each in holidays),
        given_on=(anchor,),
    )


def by_the_clock(year: Kept, now: datetime, until: datetime) -> None:
    while now < until:
        year.look(now)
        now += STEP


@given(ANCHORS, PEOPLE, ZONES, st.frozensets(st.integers(-3, 15), max_size=8), st.integers(0, 12 * 24 * 6))
@settings(deadline=None, max_examples=6)
def test_looking_only_when_something_is_due_makes_what_looking_all_the_time_makes(
    anchor: date, people: tuple[Addressee, ...], site: ZoneInfo, holidays: frozenset[int], begun: int
) -> None:
    """The program begins late, at any time of any day up to day 12, as after an outage."""
    seldom, always = (kept(anchor, people, site, holidays) for _ in range(2))
    begins, ends = at(anchor, zone=site) + begun * STEP, at(anchor + timedelta(days=18), zone=site)
    seldom.run(begins, ends)
    by_the_clock(always, begins, ends)
    assert seldom.journal() == always.journal() != []
    assert seldom.silences == always.silences
    assert seldom.records == always.records


def test_a_whole_year_is_looked_at_some_hundred_times_and_then_never_again() -> None:
    year = Kept()
    now, looks = at(0, "10:00"), 0
    year.look(now)
    while then := year.again_at(now):
        assert then > now
        now, looks = then, looks + 1
        year.look(now)
    assert 250 < looks < 350
    assert now == at(371)


def test_when_all_is_done_nothing_is_due_any_more() -> None:
    year = Kept(plan=a_plan(only=FEW))
    for kind, week in FEW:
        year.done(kind, week, at(14, "12:00"))
    assert year.again_at(at(14, "12:00")) is None


def test_an_ended_year_is_never_due() -> None:
    year = Kept(state=ParticipantState.ENDED)
    assert year.look(at(7, "09:00")) == ()
    assert year.again_at(at(7, "09:00")) is None
    assert year.decisions == []


@pytest.mark.parametrize("week", range(1, 21))
def test_a_visit_beyond_the_horizon_is_not_passed_over_for_a_check_in_within_it(week: int) -> None:
    """Weeks that were done lie ahead again after a further administration: months without anything due."""
    year = Kept(plan=a_plan(only={(VISIT, 24), (CHECK_IN, week)}))
    for after in range(1, 7):
        visit = year.standing(VISIT, 24, at(0, "10:00"))
        target = day(7 * week + after)
        year.records[VISIT, 24] = recording.reschedule(visit, year.plan, target, at(0, "10:00"))
        assert year.again_at(at(0, "10:00")) == at(target - timedelta(days=7), "09:00")


def test_the_earliest_rung_there_can_be_is_made_in_time_across_the_date_line() -> None:
    first = replace(REMINDERS.visits[0], days=-60)
    year = Kept(
        plan=a_plan(only={(VISIT, 24)}),
        people=(lin(KIRITIMATI),),
        zone=HONOLULU,
        reminders=replace(REMINDERS, visits=(first,)),
        holidays=frozenset(day(168 - 60 - each) for each in range(LONGEST_HOLIDAY)),
    )
    due = at(168 - 60 - LONGEST_HOLIDAY, "09:00", KIRITIMATI)
    assert year.again_at(at(0, "10:00")) == due
    assert [each.rung for each in year.look(due)] == ["week-before"]

"""A calendar that any other can follow: stable, told of every change, and silent about why (RFC 5545)."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import feed, recording
from domain.feed import Entry
from domain.schedule import OccasionKind
from domain.year import Addressee
from tests.support.years import (
    ANCHOR,
    CHECK_IN,
    HONOLULU,
    REMINDERS,
    VISIT,
    Kept,
    a_plan,
    at,
    caregiver,
    day,
    lin,
)

NOON = at(7, "12:00")


def calendar(year: Kept, who: Addressee = lin()) -> dict[tuple[OccasionKind, int], Entry]:  # noqa: B008 - a frozen value
    """The entries of a calendar by what they are of."""
    course = year.course(NOON)
    found = feed.entries(course, who.reader, REMINDERS)
    return {each.key: entry for each, entry in zip(course.standings, found, strict=True)}


def test_a_calendar_has_every_visit_and_check_in_by_day() -> None:
    entries = list(calendar(Kept()).values())
    assert len(entries) == 60
    assert all(earlier.day <= later.day for earlier, later in pairwise(entries))
    assert {each.is_cancelled for each in entries} == {False}


def test_a_visit_takes_its_day_and_a_check_in_begins_at_her_hour_where_she_is() -> None:
    entries = calendar(Kept(), lin(HONOLULU, 14))
    assert (entries[VISIT, 1].day, entries[VISIT, 1].at) == (day(7), None)
    assert (entries[CHECK_IN, 1].day, entries[CHECK_IN, 1].at) == (day(7), at(7, "14:00", HONOLULU))


def test_every_entry_is_one_of_its_own_for_each_reader() -> None:
    both = [entry.uid for who in (lin(), caregiver()) for entry in calendar(Kept(), who).values()]
    assert len(set(both)) == 120


def test_an_entry_stays_the_same_whatever_plan_it_comes_from_and_wherever_she_is() -> None:
    first, second = Kept(), Kept(plan=a_plan(ANCHOR + timedelta(days=3), version=2))
    uids = [
        {key: entry.uid for key, entry in entries.items()}
        for entries in (calendar(first), calendar(second), calendar(first, lin(HONOLULU, 19)))
    ]
    assert uids[0] == uids[1] == uids[2]


def test_another_plan_is_a_change_of_every_entry() -> None:
    first = Kept()
    first.records[VISIT, 1] = recording.reschedule(first.standing(VISIT, 1, NOON), first.plan, day(9), NOON)
    second = Kept(plan=a_plan(ANCHOR + timedelta(days=3), version=2))
    old, new = calendar(first), calendar(second)
    assert all(old[key].sequence < new[key].sequence for key in old)


def test_a_change_of_one_day_is_a_change_of_one_entry() -> None:
    year = Kept()
    before = calendar(year)
    year.records[VISIT, 4] = recording.reschedule(year.standing(VISIT, 4, NOON), year.plan, day(30), NOON)
    after = calendar(year)
    assert {key for key in before if before[key] != after[key]} == {(VISIT, 4)}
    assert after[VISIT, 4].sequence > before[VISIT, 4].sequence
    assert (after[VISIT, 4].day, after[VISIT, 4].changed_at) == (day(30), NOON)


@given(st.lists(st.integers(7, 60), min_size=1, max_size=20))
@settings(deadline=None)
def test_however_often_a_visit_is_moved_each_time_is_told(days: list[int]) -> None:
    year, seen = Kept(plan=a_plan(only={(VISIT, 1)})), [0]
    for number in days:
        visit = year.standing(VISIT, 1, NOON)
        year.records[VISIT, 1] = recording.reschedule(visit, year.plan, day(number), NOON)
        seen.append(calendar(year)[VISIT, 1].sequence)
    assert all(earlier < later for earlier, later in pairwise(seen))


def test_a_visit_that_was_called_off_is_cancelled_and_one_let_pass_is_left_where_it_was() -> None:
    off, passed = (Kept(plan=a_plan(only={(VISIT, 1)})) for _ in range(2))
    off.records[VISIT, 1] = recording.call_off(off.standing(VISIT, 1, NOON), off.plan, NOON)
    passed.look(at(11))
    assert (calendar(off)[VISIT, 1].is_cancelled, calendar(passed)[VISIT, 1].is_cancelled) == (True, False)


def test_a_visit_with_another_day_after_it_was_called_off_is_there_again() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 1)}))
    year.records[VISIT, 1] = recording.call_off(year.standing(VISIT, 1, NOON), year.plan, NOON)
    off = calendar(year)[VISIT, 1]
    year.records[VISIT, 1] = recording.reschedule(year.standing(VISIT, 1, NOON), year.plan, day(12), NOON)
    again = calendar(year)[VISIT, 1]
    assert (again.is_cancelled, again.uid) == (False, off.uid)
    assert again.sequence > off.sequence


@pytest.mark.parametrize("moved", [0, 3])
def test_after_the_end_what_lay_ahead_is_cancelled_and_what_was_done_stays(moved: int) -> None:
    year = Kept()
    year.done(VISIT, 1, NOON)
    for number in range(moved):
        visit = year.standing(VISIT, 2, NOON)
        year.records[VISIT, 2] = recording.reschedule(visit, year.plan, day(15 + number), NOON)
    before = calendar(year)
    year.plan = replace(year.plan, closed_at=at(8))
    after = calendar(year)
    assert {key for key, entry in after.items() if not entry.is_cancelled} == {(VISIT, 1)}
    assert all(after[key].sequence > before[key].sequence for key in before)
    assert {entry.changed_at for entry in after.values()} == {at(8)}


def test_an_entry_says_nothing_but_that_there_is_something() -> None:
    names = set(Entry.__struct_fields__)
    assert names == {"uid", "sequence", "kind", "day", "at", "is_cancelled", "changed_at"}

"""The ladder of reminders, each instant written out (trial.md §3; cases.md 23 and 24)."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.ladder import LONGEST_HOLIDAY, Call, allowed_from, ladder
from domain.protocol.reminders import Slot
from domain.schedule import OccasionKind
from domain.year import Addressee
from tests.support.years import (
    ANCHOR,
    CHECK_IN,
    HONOLULU,
    KIRITIMATI,
    REMINDERS,
    SHANGHAI,
    VISIT,
    at,
    caregiver,
    day,
    lin,
    occasion,
    wall,
)

APIA, LONDON = ZoneInfo("Pacific/Apia"), ZoneInfo("Europe/London")
SKIPPED = date(2011, 12, 30)
"""A day that Apia never had: it went from the 29th to the 31st."""


def told(
    kind: OccasionKind,
    who: Addressee,
    holidays: frozenset[date] = frozenset(),
    *,
    anchor: date = ANCHOR,
    week: int = 1,
    site: ZoneInfo = SHANGHAI,
) -> tuple[Call, ...]:
    """What somebody is told of an occasion."""
    return ladder(occasion(kind, week, anchor), who.reader, REMINDERS, site, holidays)


def shown(calls: tuple[Call, ...], zone: ZoneInfo = SHANGHAI) -> list[str]:
    """Calls as a person reads them: when, until when, and which."""
    return [f"{wall(each.at, zone)} until {wall(each.until, zone)} {each.rung}" for each in calls]


def off(*numbers: int) -> frozenset[date]:
    return frozenset(map(day, numbers))


def test_lin_is_told_of_a_visit_a_week_two_days_and_an_evening_before_and_once_after() -> None:
    assert [(each.rung, each.at.isoformat()) for each in told(VISIT, lin())] == [
        ("week-before", "2026-03-02T01:00:00+00:00"),
        ("two-days-before", "2026-03-07T01:00:00+00:00"),
        ("evening-before", "2026-03-08T10:00:00+00:00"),
        ("day-after", "2026-03-10T01:00:00+00:00"),
    ]


def test_each_call_of_a_visit_ends_where_the_day_of_the_next_begins_and_what_is_ahead_with_its_day() -> None:
    assert shown(told(VISIT, lin())) == [
        "2026-03-02 09:00 until 2026-03-07 08:00 week-before",
        "2026-03-07 09:00 until 2026-03-08 08:00 two-days-before",
        "2026-03-08 18:00 until 2026-03-10 00:00 evening-before",
        "2026-03-10 09:00 until 2026-03-13 00:00 day-after",
    ]


def test_the_caregiver_is_told_of_visits_at_her_own_hour() -> None:
    assert shown(told(VISIT, caregiver(hour=14)))[0] == "2026-03-02 14:00 until 2026-03-07 08:00 week-before"


def test_lin_is_asked_to_check_in_on_the_day_and_a_day_later_and_her_caregiver_that_evening() -> None:
    assert [(each.rung, each.at.isoformat()) for each in told(CHECK_IN, lin())] == [
        ("on-the-day", "2026-03-09T01:00:00+00:00"),
        ("day-after", "2026-03-10T01:00:00+00:00"),
    ]
    assert shown(told(CHECK_IN, lin())) == [
        "2026-03-09 09:00 until 2026-03-10 08:00 on-the-day",
        "2026-03-10 09:00 until 2026-03-16 00:00 day-after",
    ]
    assert shown(told(CHECK_IN, caregiver())) == ["2026-03-10 18:00 until 2026-03-16 00:00 caregiver"]


@pytest.mark.parametrize(("hour", "clock"), [(0, 8), (7, 8), (8, 8), (13, 13), (19, 19), (20, 19), (23, 19)])
def test_an_hour_of_the_night_counts_as_the_nearest_of_the_day(hour: int, clock: int) -> None:
    assert told(CHECK_IN, lin(hour=hour))[0].at == at(7, f"{clock:02}:00")


def test_nobody_is_told_of_a_visit_while_its_site_is_closed() -> None:
    assert shown(told(VISIT, lin(), off(0, 5, 8))) == [
        "2026-03-01 09:00 until 2026-03-06 08:00 week-before",
        "2026-03-06 09:00 until 2026-03-08 08:00 two-days-before",
        "2026-03-08 18:00 until 2026-03-10 00:00 evening-before",
        "2026-03-11 09:00 until 2026-03-13 00:00 day-after",
    ]


def test_of_two_calls_that_a_holiday_brings_to_one_day_the_nearer_one_is_made() -> None:
    assert shown(told(VISIT, lin(), off(6))) == [
        "2026-03-02 09:00 until 2026-03-07 08:00 week-before",
        "2026-03-07 18:00 until 2026-03-10 00:00 evening-before",
        "2026-03-10 09:00 until 2026-03-13 00:00 day-after",
    ]


def test_what_is_asked_after_a_visit_waits_for_its_site_and_has_a_day_of_its_own() -> None:
    assert shown(told(VISIT, lin(), off(8, 9)))[-1] == "2026-03-12 09:00 until 2026-03-13 00:00 day-after"
    assert (
        shown(told(VISIT, lin(), off(8, 9, 10, 11)))[-1]
        == "2026-03-14 09:00 until 2026-03-15 00:00 day-after"
    )


@pytest.mark.parametrize(
    ("closed_for", "first"), [(LONGEST_HOLIDAY, 0 - LONGEST_HOLIDAY), (LONGEST_HOLIDAY + 1, 0)]
)
def test_a_site_closed_for_longer_than_a_month_is_spoken_of_on_the_day_itself(
    closed_for: int, first: int
) -> None:
    holidays = off(*range(0, -closed_for, -1))
    assert told(VISIT, lin(), holidays)[0].day == day(first)


def test_check_ins_know_no_holidays() -> None:
    assert told(CHECK_IN, lin(), off(*range(-40, 30))) == told(CHECK_IN, lin())


def test_a_call_is_a_time_of_her_own_clock_and_a_window_one_of_the_sites() -> None:
    assert shown(told(CHECK_IN, lin(HONOLULU)), HONOLULU) == [
        "2026-03-09 09:00 until 2026-03-10 08:00 on-the-day",
        "2026-03-10 09:00 until 2026-03-15 06:00 day-after",
    ]


def test_clocks_that_go_forward_or_back_leave_her_hour_as_it_is() -> None:
    # London: forward on 29 March 2026, back on 25 October.
    spring = told(CHECK_IN, lin(LONDON), anchor=date(2026, 3, 21), site=LONDON)
    assert [each.at.isoformat() for each in spring] == [
        "2026-03-28T09:00:00+00:00",
        "2026-03-29T08:00:00+00:00",
    ]
    autumn = told(CHECK_IN, lin(LONDON), anchor=date(2026, 10, 17), site=LONDON)
    assert [each.at.isoformat() for each in autumn] == [
        "2026-10-24T08:00:00+00:00",
        "2026-10-25T09:00:00+00:00",
    ]


def test_what_falls_on_a_day_that_never_was_comes_on_the_next_and_then_only_the_later_call() -> None:
    """30 December 2011 is missing in Apia: its times are those of the 31st (domain/local_time.py)."""
    on_it = told(CHECK_IN, lin(APIA), anchor=SKIPPED - timedelta(days=7), site=APIA)
    assert shown(on_it, APIA) == ["2011-12-31 09:00 until 2012-01-06 00:00 day-after"]
    day_after_it = told(CHECK_IN, lin(APIA), anchor=SKIPPED - timedelta(days=8), site=APIA)
    assert shown(day_after_it, APIA) == [
        "2011-12-29 09:00 until 2011-12-31 08:00 on-the-day",
        "2011-12-31 09:00 until 2012-01-05 00:00 day-after",
    ]
    evening_on_it = told(VISIT, lin(APIA), anchor=SKIPPED - timedelta(days=6), site=APIA)
    assert shown(evening_on_it, APIA)[1:] == [
        "2011-12-29 09:00 until 2011-12-31 08:00 two-days-before",
        "2011-12-31 18:00 until 2012-01-01 00:00 evening-before",
        "2012-01-01 09:00 until 2012-01-04 00:00 day-after",
    ]


def test_a_visit_and_a_check_in_of_one_time_are_one_reminder_and_two_times_are_two() -> None:
    after = {each.rung: each for each in told(VISIT, lin())}["day-after"]
    on_the_day, day_after = told(CHECK_IN, lin())
    assert after.reminder_id == day_after.reminder_id != on_the_day.reminder_id
    assert after.key != day_after.key
    (in_the_evening,) = told(CHECK_IN, caregiver(hour=18))
    assert in_the_evening.slot is Slot.EVENING
    assert in_the_evening.reminder_id != told(VISIT, caregiver(hour=18))[-1].reminder_id


def test_two_people_never_share_a_reminder() -> None:
    ours = {(each.key, each.reminder_id) for who in (lin(), caregiver()) for each in told(VISIT, who)}
    assert len(ours) == len({key for key, _ in ours}) == len({known for _, known in ours}) == 8


@pytest.mark.parametrize(
    ("now", "allowed"),
    [("07:59", "08:00"), ("08:00", "08:00"), ("19:59", "19:59"), ("03:00", "08:00")],
)
def test_the_day_begins_at_eight_and_ends_before_eight_in_the_evening(now: str, allowed: str) -> None:
    assert allowed_from(at(7, now), SHANGHAI, REMINDERS.hours) == at(7, allowed)


def test_from_eight_in_the_evening_it_is_the_next_morning() -> None:
    assert allowed_from(at(7, "20:00"), SHANGHAI, REMINDERS.hours) == at(8, "08:00")
    assert allowed_from(at(7, "23:59", KIRITIMATI), KIRITIMATI, REMINDERS.hours) == at(8, "08:00", KIRITIMATI)

"""The ladder of reminders in every zone, and whatever day, hour and holidays it meets (cases.md 23 and 24)."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.ladder import Call, allowed_from, ladder
from domain.local_time import instant, local_date
from domain.occasion import ends_at
from domain.schedule import OccasionKind
from domain.year import Addressee
from tests.support.years import CHECK_IN, REMINDERS, SHANGHAI, VISIT, caregiver, lin, occasion

APIA = ZoneInfo("Pacific/Apia")
NAMES = (
    "Asia/Shanghai",
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Honolulu",
    "America/Santiago",
    "America/St_Johns",
)
SKIPPED = date(2011, 12, 30)
"""A day that Apia never had: it went from the 29th to the 31st."""

ZONES = st.sampled_from([ZoneInfo(name) for name in NAMES])
ANCHORS = st.one_of(
    st.dates(date(1990, 1, 1), date(2080, 12, 31)),
    st.sampled_from([date(2024, 2, 29), date(2028, 2, 29)]),
    # Weeks before days on which clocks jump: New York, London, Lord Howe, Santiago, Apia.
    st.sampled_from(
        [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 4), date(2026, 9, 6), SKIPPED]
    ).flatmap(lambda jump: st.integers(-3, 10).map(lambda days: jump - timedelta(days=days))),
)
CLOCKS = st.tuples(ZONES, st.integers(0, 23))
READERS = st.builds(lambda who, clock: who(*clock), st.sampled_from([lin, caregiver]), CLOCKS)
KINDS, WEEKS = st.sampled_from(OccasionKind), st.sampled_from([1, 2, 4, 8, 12, 24, 36, 52])
OFFSETS = st.frozensets(st.integers(-45, 8), max_size=30)
"""Holidays, as days from the target."""


def any_calls(
    kind: OccasionKind, who: Addressee, anchor: date, week: int, site: ZoneInfo, offsets: frozenset[int]
) -> tuple[Call, ...]:
    target = occasion(kind, week, anchor).target
    holidays = frozenset(target + timedelta(days=each) for each in offsets)
    return ladder(occasion(kind, week, anchor), who.reader, REMINDERS, site, holidays)


def ends(day: date, who: Addressee) -> datetime:
    """When a day has ended where she is."""
    return instant(day + timedelta(days=1), time(), who.reader.zone)


ANY = (KINDS, READERS, ANCHORS, WEEKS, ZONES, OFFSETS)
NONE: frozenset[int] = frozenset()


@given(*ANY)
@settings(deadline=None)
@example(VISIT, lin(APIA), SKIPPED - timedelta(days=6), 1, APIA, NONE)
def test_nobody_is_ever_told_anything_at_night(
    kind: OccasionKind, who: Addressee, anchor: date, week: int, site: ZoneInfo, offsets: frozenset[int]
) -> None:
    for each in any_calls(kind, who, anchor, week, site, offsets):
        assert time(8) <= each.at.astimezone(who.reader.zone).time() < time(20)


@given(*ANY)
@settings(deadline=None)
@example(CHECK_IN, lin(APIA), SKIPPED - timedelta(days=7), 1, APIA, NONE)
def test_every_call_has_an_instant_of_its_own_and_holds_until_the_day_of_the_next_at_most(
    kind: OccasionKind, who: Addressee, anchor: date, week: int, site: ZoneInfo, offsets: frozenset[int]
) -> None:
    calls = any_calls(kind, who, anchor, week, site, offsets)
    assert all(each.at < each.until for each in calls)
    for earlier, later in pairwise(calls):
        assert earlier.at < earlier.until <= instant(later.day, time(8), who.reader.zone) <= later.at


@given(*ANY)
@settings(deadline=None)
@example(CHECK_IN, lin(APIA), SKIPPED - timedelta(days=7), 1, APIA, NONE)
def test_one_occasion_speaks_to_one_person_at_most_once_a_day(
    kind: OccasionKind, who: Addressee, anchor: date, week: int, site: ZoneInfo, offsets: frozenset[int]
) -> None:
    calls = any_calls(kind, who, anchor, week, site, offsets)
    days = Counter(local_date(each.at, who.reader.zone) for each in calls)
    assert set(days.values()) <= {1}


@given(*ANY)
@settings(deadline=None)
@example(VISIT, lin(), date(2026, 3, 2), 1, SHANGHAI, frozenset({1, 2, 3}))
def test_what_is_said_before_a_day_ends_with_it_and_what_is_said_after_with_the_window_or_its_own_day(
    kind: OccasionKind, who: Addressee, anchor: date, week: int, site: ZoneInfo, offsets: frozenset[int]
) -> None:
    spoken_of = occasion(kind, week, anchor)
    for each in any_calls(kind, who, anchor, week, site, offsets):
        if kind is VISIT and each.day > spoken_of.target:
            assert each.until == max(ends_at(spoken_of, site), ends(each.day, who))
        else:
            assert each.until <= ends_at(spoken_of, site)
        assert each.day >= spoken_of.target or each.until <= ends(spoken_of.target, who)


@given(*ANY)
@settings(deadline=None)
def test_a_call_comes_on_its_day_or_the_day_is_one_that_never_was(
    kind: OccasionKind, who: Addressee, anchor: date, week: int, site: ZoneInfo, offsets: frozenset[int]
) -> None:
    for each in any_calls(kind, who, anchor, week, site, offsets):
        on = local_date(each.at, who.reader.zone)
        assert on == each.day or (each.day, who.reader.zone) == (SKIPPED, APIA)


@given(KINDS, ANCHORS, WEEKS, ZONES, READERS)
@settings(deadline=None)
def test_without_holidays_and_lost_days_nobody_misses_a_rung(
    kind: OccasionKind, anchor: date, week: int, site: ZoneInfo, who: Addressee
) -> None:
    rungs = [
        each
        for each in (REMINDERS.visits if kind is VISIT else REMINDERS.check_ins)
        if who.reader.role in each.to
    ]
    calls = any_calls(kind, who, anchor, week, site, NONE)
    days = {occasion(kind, week, anchor).target + timedelta(days=each.days) for each in rungs}
    if who.reader.zone is not APIA or SKIPPED not in days:
        assert [each.rung for each in calls] == [each.id for each in rungs]


@given(KINDS, st.sampled_from([lin, caregiver]), CLOCKS, CLOCKS, ANCHORS, WEEKS, OFFSETS)
@settings(deadline=None)
def test_what_a_call_is_known_by_does_not_change_when_she_travels_or_chooses_another_hour(
    kind: OccasionKind,
    who: Callable[[ZoneInfo, int], Addressee],
    here: tuple[ZoneInfo, int],
    there: tuple[ZoneInfo, int],
    anchor: date,
    week: int,
    offsets: frozenset[int],
) -> None:
    known_here, known_there = (
        {each.rung: (each.key, each.reminder_id, each.day, each.slot) for each in calls}
        for calls in (
            any_calls(kind, who(*clock), anchor, week, SHANGHAI, offsets) for clock in (here, there)
        )
    )
    in_both = known_here.keys() & known_there.keys()
    assert in_both
    assert all(known_here[rung] == known_there[rung] for rung in in_both)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)), ZONES)  # noqa: DTZ001 - made aware below
@settings(deadline=None)
@example(datetime(2011, 12, 30, 7), APIA)  # noqa: DTZ001 - 21:00 on the 29th, then comes the 31st
def test_what_may_not_be_said_at_night_may_be_said_at_the_first_hour_of_the_day(
    naive: datetime, place: ZoneInfo
) -> None:
    now = naive.replace(tzinfo=ZoneInfo("UTC"))
    allowed = allowed_from(now, place, REMINDERS.hours)
    local = allowed.astimezone(place)
    assert time(8) <= local.time() < time(20)
    assert now <= allowed < now + timedelta(hours=13, minutes=1)
    assert allowed == now or local.time() == time(8)


@given(READERS, ANCHORS, WEEKS, ZONES, OFFSETS)
@settings(deadline=None)
def test_nobody_is_told_of_a_visit_on_a_day_on_which_its_site_is_closed(
    who: Addressee, anchor: date, week: int, site: ZoneInfo, offsets: frozenset[int]
) -> None:
    target = occasion(VISIT, week, anchor).target
    days = {(each.day - target).days for each in any_calls(VISIT, who, anchor, week, site, offsets)}
    assert days.isdisjoint(offsets)

"""Days and wall clocks across zones that jump by an hour, by half an hour, by a day, and not at all."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import UnknownTimeZone
from domain.local_time import day_number, instant, is_day, local_date, zone
from domain.protocol.clocks import DayHours

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
LORD_HOWE, KOLKATA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata")
APIA, KIRITIMATI = ZoneInfo("Pacific/Apia"), ZoneInfo("Pacific/Kiritimati")

ZONES = st.sampled_from([SHANGHAI, NEW_YORK, LORD_HOWE, KOLKATA, APIA, KIRITIMATI])
DAYS = st.one_of(
    st.dates(date(1990, 1, 1), date(2080, 12, 31)),
    st.sampled_from(
        [date(2011, 12, 30), date(2024, 2, 29), date(2025, 3, 9), date(2025, 11, 2), date(2025, 10, 5)]
    ),
)
MINUTES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
HOURS = DayHours(time(7), time(22))


def wall(moment: datetime, place: ZoneInfo) -> str:
    return moment.astimezone(place).strftime("%Y-%m-%d %H:%M")


def times_shown(day: date, at: time, place: ZoneInfo) -> list[datetime]:
    """Every instant at which the wall clock shows this, found by looking at each quarter-hour offset."""
    middle = datetime.combine(day, at, tzinfo=UTC)
    shown = datetime.combine(day, at)
    near = (middle + timedelta(minutes=15 * step) for step in range(-4 * 15, 4 * 15 + 1))
    return [moment for moment in near if moment.astimezone(place).replace(tzinfo=None) == shown]


@given(DAYS, MINUTES, ZONES)
@settings(deadline=None)
def test_a_wall_time_is_its_first_occurrence(day: date, at: time, place: ZoneInfo) -> None:
    occurrences = times_shown(day, at, place)
    if occurrences:
        assert instant(day, at, place) == occurrences[0]


@given(DAYS, MINUTES, ZONES)
@settings(deadline=None)
def test_a_wall_time_that_never_comes_is_moved_forward(day: date, at: time, place: ZoneInfo) -> None:
    moved = instant(day, at, place).astimezone(place).replace(tzinfo=None) - datetime.combine(day, at)
    assert moved == timedelta(0) if times_shown(day, at, place) else moved > timedelta(0)


@pytest.mark.parametrize(
    ("place", "day", "at", "shown"),
    [
        (NEW_YORK, date(2025, 3, 9), time(2, 30), "2025-03-09 03:30"),
        (NEW_YORK, date(2025, 3, 9), time(2, 0), "2025-03-09 03:00"),
        (LORD_HOWE, date(2025, 10, 5), time(2, 10), "2025-10-05 02:40"),
        (APIA, date(2011, 12, 30), time(8, 0), "2011-12-31 08:00"),
    ],
)
def test_the_gap_moves_a_time_forward_by_its_own_length(
    place: ZoneInfo, day: date, at: time, shown: str
) -> None:
    assert wall(instant(day, at, place), place) == shown


@pytest.mark.parametrize(
    ("place", "day", "at", "utc"),
    [
        (NEW_YORK, date(2025, 11, 2), time(1, 30), datetime(2025, 11, 2, 5, 30, tzinfo=UTC)),
        (LORD_HOWE, date(2025, 4, 6), time(1, 45), datetime(2025, 4, 5, 14, 45, tzinfo=UTC)),
    ],
)
def test_the_overlap_takes_the_first_of_two(place: ZoneInfo, day: date, at: time, utc: datetime) -> None:
    assert instant(day, at, place) == utc
    assert instant(day, at.replace(fold=1), place) == utc


@given(DAYS, MINUTES, ZONES)
@settings(deadline=None)
def test_a_ladder_of_days_never_loses_or_doubles_a_step(day: date, at: time, place: ZoneInfo) -> None:
    skipped = date(2011, 12, 30)  # Apia had no such day; its 30th and 31st share their instants
    first, second = instant(day, at, place), instant(day + timedelta(days=1), at, place)
    assert first <= second
    assert first < second or (place is APIA and day == skipped)


@given(DAYS, ZONES)
@settings(deadline=None)
def test_noon_belongs_to_its_own_day(day: date, place: ZoneInfo) -> None:
    if place is not APIA or day != date(2011, 12, 30):
        assert local_date(instant(day, time(12), place), place) == day


def test_the_same_instant_is_two_days_in_two_places() -> None:
    moment = datetime(2025, 6, 1, 11, 0, tzinfo=UTC)
    assert local_date(moment, KIRITIMATI) == date(2025, 6, 2)
    assert local_date(moment, NEW_YORK) == date(2025, 6, 1)


def test_an_instant_is_in_utc() -> None:
    assert instant(date(2025, 6, 1), time(8), SHANGHAI).isoformat() == "2025-06-01T00:00:00+00:00"


def test_a_zone_is_found_by_its_name() -> None:
    assert zone("Asia/Shanghai") is SHANGHAI


@pytest.mark.parametrize(
    "name", ["", "Asia", "Asia/Zhongnan", "../etc/passwd", "/etc/localtime", "Asia/\0", "\ud800"]
)
def test_a_name_that_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownTimeZone) as refused:
        zone(name)
    assert refused.value.code == "zone.unknown"


def test_days_are_counted_over_the_leap_day() -> None:
    assert day_number(date(2024, 2, 1), date(2024, 2, 29)) == 28
    assert day_number(date(2024, 2, 29), date(2025, 2, 27)) == 364
    assert day_number(date(2024, 2, 29), date(2024, 2, 28)) == -1


@given(st.dates(), st.dates())
@settings(deadline=None)
def test_a_day_number_leads_back_to_its_day(anchor: date, day: date) -> None:
    assert anchor + timedelta(days=day_number(anchor, day)) == day


@pytest.mark.parametrize(
    ("at", "expected"), [("06:59", False), ("07:00", True), ("21:59", True), ("22:00", False)]
)
def test_day_begins_at_its_start_and_is_over_at_its_end(at: str, expected: bool) -> None:
    for place in (SHANGHAI, LORD_HOWE, KIRITIMATI):
        assert is_day(instant(date(2025, 6, 1), time.fromisoformat(at), place), place, HOURS) is expected


def test_night_at_the_site_is_asked_of_the_sites_own_clock() -> None:
    moment = datetime(2025, 6, 1, 15, 0, tzinfo=UTC)
    assert not is_day(moment, SHANGHAI, HOURS)
    assert is_day(moment, NEW_YORK, HOURS)

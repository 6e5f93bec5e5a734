"""When a report was made, on whatever clock: a wrong one is measured and told, never corrected."""

from datetime import UTC, date, datetime, timedelta
from math import inf, nan
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain import timing
from domain.report import Submission
from tests.support.filings import a_report, a_submission

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
YEAR, DAY, HOUR, MINUTE = timedelta(days=365), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def said(device_time: datetime | None, age: float | None = None) -> Submission:
    return replace(a_submission(NOW), device_time=device_time, age=age)


@pytest.mark.parametrize("wrong_by", [-YEAR, -HOUR, timedelta(), HOUR, YEAR])
@pytest.mark.parametrize("waited", [timedelta(), HOUR, timedelta(days=28), timedelta(days=24.9)])
def test_with_an_age_no_clock_however_wrong_hides_when_it_was_made(
    wrong_by: timedelta, waited: timedelta
) -> None:
    report = said(NOW - waited + wrong_by, waited.total_seconds())
    assert timing.made_at(report, NOW) == NOW - waited
    assert timing.clock_skew(report, NOW) == wrong_by


@pytest.mark.parametrize("wrong_by", [-YEAR, -HOUR, HOUR, YEAR])
def test_a_clock_that_is_wrong_is_flagged_and_what_it_said_is_kept(wrong_by: timedelta) -> None:
    report = a_report(said(NOW + wrong_by, 0.0), NOW)
    assert report.has_doubtful_clock
    assert report.submission.device_time == NOW + wrong_by


def test_a_clock_that_is_right_is_not_flagged_however_late_the_report() -> None:
    for waited in (timedelta(), 4 * MINUTE, timedelta(days=28)):
        assert not a_report(said(NOW - waited, waited.total_seconds()), NOW).has_doubtful_clock
        assert not a_report(said(NOW - waited), NOW).has_doubtful_clock


def test_without_an_age_a_clock_ahead_or_a_year_behind_is_still_told() -> None:
    assert a_report(said(NOW + HOUR), NOW).has_doubtful_clock
    assert a_report(said(NOW - YEAR), NOW).has_doubtful_clock
    assert timing.clock_skew(said(NOW - YEAR), NOW) is None


@pytest.mark.parametrize(
    ("device_time", "made"),
    [
        (NOW - HOUR, NOW - HOUR),
        (NOW - timedelta(days=28), NOW - timedelta(days=28)),
        (NOW - timedelta(days=28) - MINUTE, NOW),
        (NOW + MINUTE, NOW),
        (NOW + HOUR, NOW),
        (None, NOW),
    ],
)
def test_without_an_age_the_phones_clock_counts_where_it_can_be_right(
    device_time: datetime | None, made: datetime
) -> None:
    assert timing.made_at(said(device_time), NOW) == made


@pytest.mark.parametrize("age", [-1.0, nan, inf, -inf, 1e300, 401 * 86400.0])
def test_an_age_that_is_none_is_not_read(age: float) -> None:
    assert timing.age_of(said(NOW, age)) is None
    assert timing.made_at(said(NOW - HOUR, age), NOW) == NOW - HOUR


def test_times_at_the_ends_of_the_calendar_harm_nobody() -> None:
    for text in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"):
        end = datetime.fromisoformat(text)
        report = a_report(replace(said(end, 60.0), onset_at=end), NOW)
        assert report.made_at == NOW - MINUTE
        assert timing.instants_of(report) == (NOW, NOW - MINUTE)


def test_the_days_since_every_administration_count_at_onset_and_at_receipt() -> None:
    at = timing.instants(NOW - 3 * DAY, NOW - HOUR, NOW)
    given = (date(2026, 2, 27), date(2026, 1, 1))
    assert timing.days_since(given, at, SHANGHAI) == (0, 3, 57, 60)


def test_a_day_is_one_of_the_sites_calendar() -> None:
    late = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    assert timing.days_since((date(2026, 3, 1),), (late,), SHANGHAI) == (2,)

"""When a report was made, and how far its phone's clock was off.

A phone may have been offline for weeks, and its clock may be set to anything. So it also says how long ago the person
finished, by a clock that nobody can set; with that and the time of receipt its wall clock can be measured. A wrong
clock is stored and told, never corrected: which of the instants counts is asked rule by rule, and the one that raises
the level does (trial.md §3).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.local_time import local_date
from domain.report import CLOCK_SLACK, OFFLINE_FOR, Report, Submission

_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""No calendar day is read from an instant outside of these: such a clock tells nothing."""

OLDEST_AGE = timedelta(days=400)
"""A longer age is no age: the year of a participant has 364 days."""


def made_at(submission: Submission, received_at: datetime) -> datetime:
    """Return when it was made: by its age, else by the phone's clock where that can be right; never after receipt."""
    age = age_of(submission)
    if age is not None:
        return received_at - age
    said = submission.device_time
    is_plausible = said is not None and received_at - OFFLINE_FOR <= said <= received_at + CLOCK_SLACK
    return min(said, received_at) if said is not None and is_plausible else received_at


def clock_skew(submission: Submission, received_at: datetime) -> timedelta | None:
    """Return by how much the phone's clock was ahead; None where a late report cannot be told from a slow clock."""
    if submission.device_time is None:
        return None
    age = age_of(submission)
    ahead = submission.device_time - received_at
    if age is not None:
        return ahead + age
    return ahead if ahead > CLOCK_SLACK else None


def age_of(submission: Submission) -> timedelta | None:
    """Return how long the report waited on the phone, as its steady clock says; None if it says nothing of use."""
    seconds = submission.age
    if seconds is None or not 0 <= seconds <= OLDEST_AGE.total_seconds():  # NaN is on neither side
        return None
    return timedelta(seconds=seconds)


def instants(onset_at: datetime | None, made: datetime, received_at: datetime) -> tuple[datetime, ...]:
    """Return the instants at which what is reported may have been, each once: receipt, making, onset."""
    known = (received_at, made, onset_at)
    return tuple(dict.fromkeys(each for each in known if each is not None and _EARLIEST < each < _LATEST))


def instants_of(report: Report) -> tuple[datetime, ...]:
    """Return the instants of a stored report."""
    return instants(report.submission.onset_at, report.made_at, report.received_at)


def days_since(given_on: Iterable[date], at: Iterable[datetime], zone: ZoneInfo) -> tuple[int, ...]:
    """Return the days since each administration at each of the instants, by the site's calendar; rising, each once."""
    dates = {local_date(each, zone) for each in at}
    return tuple(sorted({(day - given).days for given in given_on for day in dates}))

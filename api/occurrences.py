"""When an event of a calendar takes place (RFC 5545 §3.3.10, §3.8.5), by the wall clock of its own zone.

The work is bounded before it is begun: a rule that repeats more often than daily is refused, and none is followed
beyond the horizon or begun more than five years back.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Event
from msgspec import Struct

_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_TOO_FINE = ("BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS")
_OLDEST = timedelta(days=5 * 366)


class Unreadable(Exception):
    """An event that cannot be read; the message says why, and repeats nothing of it."""


class Timing(Struct, frozen=True):
    """When an event takes place the first time, by the wall clock of `zone`, and how long it takes by that clock."""

    start: datetime
    takes: timedelta
    zone: tzinfo

    def instant(self, wall: datetime) -> datetime:
        """Return the instant of a wall time by the rule of domain/local_time.py."""
        return wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)

    def wall(self, moment: date | datetime, site_zone: ZoneInfo) -> datetime:
        """Return a moment of the same event by its wall clock."""
        return _wall(moment, self.zone, site_zone)


def timing(event: Event, site_zone: ZoneInfo) -> Timing:
    """Return when an event takes place; times without a zone are the site's. Raises Unreadable."""
    if event.errors:
        raise Unreadable(f"has a {event.errors[0][0] or 'line'} that cannot be read")
    begins = _moment(event, "DTSTART")
    if begins is None:
        raise Unreadable("has no DTSTART")
    zone = begins.tzinfo if isinstance(begins, datetime) and begins.tzinfo else site_zone
    start = _wall(begins, zone, site_zone)
    takes = _takes(event, start, zone, site_zone)
    if takes <= timedelta():
        raise Unreadable("does not end after it begins")
    return Timing(start, takes, zone)


def _wall(moment: date | datetime, zone: tzinfo, site_zone: ZoneInfo) -> datetime:
    """Return a moment by the wall clock of a zone; a day begins at midnight, and what names no zone is the site's."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    known = moment if moment.tzinfo is not None else moment.replace(tzinfo=site_zone)
    return known.astimezone(zone).replace(tzinfo=None)


def _takes(event: Event, start: datetime, zone: tzinfo, site_zone: ZoneInfo) -> timedelta:
    ends = _moment(event, "DTEND")
    if ends is not None:
        return _wall(ends, zone, site_zone) - start
    duration: Any = event.get("DURATION")
    takes = getattr(duration, "dt", None)
    if takes is None:
        return timedelta() if isinstance(_moment(event, "DTSTART"), datetime) else timedelta(days=1)
    return takes if isinstance(takes, timedelta) else timedelta()


def occurrences(event: Event, when: Timing, site_zone: ZoneInfo, horizon: datetime) -> Iterator[datetime]:
    """Return the wall times at which an event begins, up to an instant; those that it calls off are left out."""
    called_off = [moment for each in _lists(event, "EXDATE") for moment in each]
    days = {each for each in called_off if not isinstance(each, datetime)}
    gone = {when.wall(each, site_zone) for each in called_off if isinstance(each, datetime)}
    extra = {when.wall(moment, site_zone) for each in _lists(event, "RDATE") for moment in each}
    repeated = _repeated(event, when, site_zone, horizon) if "RRULE" in event else iter((when.start,))
    for start in {**dict.fromkeys(repeated), **dict.fromkeys(extra)}:
        if start not in gone and start.date() not in days:
            yield start


def _moment(event: Event, name: str) -> date | datetime | None:
    found: Any = event.get(name)
    if found is None:
        return None
    moment = getattr(found, "dt", None)
    if not isinstance(moment, date):
        raise Unreadable(f"has a {name} that is no time")
    if isinstance(moment, datetime) and moment.tzinfo is None and "TZID" in found.params:
        raise Unreadable(f"has a {name} in a time zone that nobody knows")
    return moment


def _lists(event: Event, name: str) -> Iterator[list[date | datetime]]:
    found: Any = event.get(name, [])
    for each in found if isinstance(found, list) else [found]:
        moments = [moment.dt for moment in each.dts]
        if not all(isinstance(moment, date) for moment in moments):
            raise Unreadable(f"has an {name} that is no time")
        yield moments


def _repeated(event: Event, when: Timing, site_zone: ZoneInfo, horizon: datetime) -> Iterator[datetime]:
    rule: Any = event["RRULE"]
    if isinstance(rule, list):
        raise Unreadable("has more than one RRULE")
    if {str(each) for each in rule.get("FREQ", [])} - _FREQUENCIES or any(each in rule for each in _TOO_FINE):
        raise Unreadable(
            "repeats by a rule that this does not follow: daily, weekly, monthly or yearly it may"
        )
    if when.instant(when.start) < horizon - _OLDEST:
        raise Unreadable("began more than five years ago")
    last = horizon.astimezone(when.zone).replace(tzinfo=None)
    for until in rule.get("UNTIL", []):
        is_time = isinstance(until, datetime)
        last = min(last, when.wall(until, site_zone) if is_time else datetime.combine(until, time.max))
    count = next(iter(rule.get("COUNT", [])), None)
    plain = {name: value for name, value in rule.items() if name not in {"UNTIL", "COUNT"}}
    text = f"{type(rule)(plain).to_ical().decode()};UNTIL={last:%Y%m%dT%H%M%S}"
    try:
        return islice(iter(rrulestr(text, dtstart=when.start)), count)
    except (ValueError, TypeError, KeyError, AttributeError):
        # All of them occur, for a rule that is none in one way or another.
        raise Unreadable("has an RRULE that cannot be read") from None

"""Days and wall clocks in a participant's time zone, and the one rule for a clock that jumps.

The rule, once and for everything (design.md rule 3; RFC 5545 §3.3.5; PEP 495 with fold=0):

- A local time that a forward jump leaves out is read with the offset from before the jump, which moves it
  forward by the length of the gap: 02:30 becomes 03:30, and 08:00 on a day the zone skipped whole
  (Pacific/Apia, 30 December 2011) becomes 08:00 on the next day.
- A local time that a backward jump makes happen twice is its first occurrence.

So every day and wall time name exactly one instant, and a ladder built on local days can neither lose nor
double a step.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from domain.errors import Fault, UnknownTimeZone
from domain.protocol.clocks import DayHours

_NO_ZONE = (Fault("/timeZone", "must be a name of the IANA data base, such as Asia/Shanghai"),)


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone of that name; UnknownTimeZone when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        # All three occur: a name that is absent, one that is malformed, one that is a folder of zones.
        raise UnknownTimeZone("There is no IANA time zone of this name.", faults=_NO_ZONE) from unknown


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the zone's wall clock shows `at` on `day`, by the rule above."""
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day in the zone at an aware instant."""
    return instant.astimezone(zone).date()


def day_number(anchor: date, day: date) -> int:
    """Return whole days from the anchor date, which is day 0; negative before it (trial.md §1)."""
    return (day - anchor).days


def is_day(instant: datetime, zone: ZoneInfo, hours: DayHours) -> bool:
    """Return whether the zone's wall clock is within the hours: `start` is, `end` no longer is."""
    return hours.start <= instant.astimezone(zone).time() < hours.end

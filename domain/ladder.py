"""The ladder of reminders of one occasion: distinct instants, each with an end of its own (trial.md §3).

A rung is a day of the site's calendar and a time of the reader's own clock, so a change of zone moves its instant and
never its name: what has been sent is known by occasion, target day, rung and reader, and is neither doubled nor lost
when somebody travels. The rule for a clock that jumps is that of `local_time`.

A rung holds until the day of the next one begins, a rung before the target day no longer than that day, and the last
rung until the window closes; what is asked after a visit has at least its own day. So what is late is not sent twice,
and one occasion reminds nobody twice on one day. A visit is not spoken of on a day on which its site is closed: what
comes before the visit comes on the last day before that, what comes after it on the next. Check-ins know no holidays.
When holidays change after something was said of a visit, a call that they bring to a day that has heard of it, or that
a later one has stood for, is not made any more (`walk`).
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain import occasion as occasions
from domain.entropy import Entropy
from domain.local_time import instant, local_date
from domain.protocol.clocks import DayHours
from domain.protocol.reminders import Reminders, Rung, Slot
from domain.schedule import Occasion, OccasionKind

LONGEST_HOLIDAY = 31
"""Days a reminder is moved at most; a site that is closed for longer is reminded of on the day itself; ours."""


class Reader(Struct, frozen=True, kw_only=True):
    """Whoever is reminded, on the clock of wherever she is."""

    account_id: UUID
    role: str
    zone: ZoneInfo
    hour: int
    """The hour of the day that she has chosen."""


class Call(Struct, frozen=True, kw_only=True):
    """One reminder of one occasion to one reader: due `at`, and good before `until`. `day` is a local day."""

    occasion: Occasion
    rung: str
    account_id: UUID
    day: date
    slot: Slot
    at: datetime
    until: datetime
    is_moved: bool = False
    """Holidays have brought it to another day than its own."""

    @property
    def key(self) -> tuple[OccasionKind, int, date, str, UUID]:
        """By what it is known to have been made, at most once (held by an index)."""
        return self.occasion.kind, self.occasion.week, self.occasion.target, self.rung, self.account_id

    @property
    def about(self) -> tuple[OccasionKind, int, date]:
        """What it speaks of."""
        return self.occasion.kind, self.occasion.week, self.occasion.target

    @property
    def reminder_id(self) -> UUID:
        """The id by which the phone knows it: the same for all that one reader is told at one time of one day."""
        return Entropy(self.account_id.bytes).uuid(f"reminder/{self.day}/{self.slot}")


def ladder(
    occasion: Occasion, reader: Reader, reminders: Reminders, site_zone: ZoneInfo, holidays: frozenset[date]
) -> tuple[Call, ...]:
    """Return what one reader is told of one occasion, earliest first: at most one call a day."""
    is_visit = occasion.kind is OccasionKind.VISIT
    rungs = [
        each for each in (reminders.visits if is_visit else reminders.check_ins) if reader.role in each.to
    ]
    days = [_day(occasion, rung, holidays if is_visit else frozenset()) for rung in rungs]
    starts = [_hours_begin(day, reminders, reader) for day in days]
    closes = occasions.ends_at(occasion, site_zone)
    never = datetime.max.replace(tzinfo=UTC)
    calls = [
        _call(occasion, rung, reader, day, reminders, _until(rung, day, occasion, reader, following, closes))
        for rung, day, following in zip(rungs, days, [*starts[1:], never], strict=True)
    ]
    return tuple(each for each in calls if each.at < each.until)


def allowed_from(now: datetime, zone: ZoneInfo, hours: DayHours) -> datetime:
    """Return the first instant from `now` on that is within the hours of the zone."""
    local = now.astimezone(zone).time()
    if hours.start <= local < hours.end:
        return now
    today = local_date(now, zone)
    day = today if local < hours.start else today + timedelta(days=1)
    # On a day that the zone skips or turns back the first of its hours may be behind; then the next one counts.
    coming = (instant(day + timedelta(days=ahead), hours.start, zone) for ahead in range(3))
    return next(each for each in coming if each >= now)


def hours_end(now: datetime, zone: ZoneInfo, hours: DayHours) -> datetime:
    """Return the instant at which the hours of this day of the zone end."""
    return instant(local_date(now, zone), hours.end, zone)


def clock_of(slot: Slot, reader: Reader, reminders: Reminders) -> time:
    """Return the time of day of a slot on the reader's clock; a chosen hour outside the hours counts as the nearest."""
    if slot is Slot.EVENING:
        return reminders.evening
    last = reminders.hours.end.hour - (1 if reminders.hours.end.minute == 0 else 0)
    return time(min(max(reader.hour, reminders.hours.start.hour), last))


def _call(
    occasion: Occasion, rung: Rung, reader: Reader, day: date, reminders: Reminders, until: datetime
) -> Call:
    at = instant(day, clock_of(rung.at, reader, reminders), reader.zone)
    return Call(
        occasion=occasion,
        rung=rung.id,
        account_id=reader.account_id,
        day=day,
        slot=rung.at,
        at=at,
        until=until,
        is_moved=day != occasion.target + timedelta(days=rung.days),
    )


def _hours_begin(day: date, reminders: Reminders, reader: Reader) -> datetime:
    return instant(day, reminders.hours.start, reader.zone)


def _until(
    rung: Rung, day: date, occasion: Occasion, reader: Reader, following: datetime, closes: datetime
) -> datetime:
    """End a rung ahead of the day with that day; give one after a visit its own, also when the window has closed."""
    if rung.days < 0:
        return min(following, closes, _day_ends(occasion.target, reader))
    if rung.days > 0 and occasion.kind is OccasionKind.VISIT:
        return min(following, max(closes, _day_ends(day, reader)))
    return min(following, closes)


def _day_ends(day: date, reader: Reader) -> datetime:
    return instant(day + timedelta(days=1), time(), reader.zone)


def _day(occasion: Occasion, rung: Rung, holidays: frozenset[date]) -> date:
    wanted = occasion.target + timedelta(days=rung.days)
    step = timedelta(days=-1 if rung.days < 0 else 1)
    days = (wanted + step * moved for moved in range(LONGEST_HOLIDAY + 1))
    return next((day for day in days if day not in holidays), wanted)

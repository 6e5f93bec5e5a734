"""A calendar as a file of RFC 5545, in the reader's language and in words that say nothing."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from domain.feed import Entry
from domain.protocol.schema import Protocol
from domain.schedule import OccasionKind
from domain.texts import say

MEDIA_TYPE = "text/calendar"

_CHECK_IN_TAKES = timedelta(minutes=15)
"""Room in a calendar; the check-in itself takes two minutes (trial.md §2)."""

_MARGIN = timedelta(days=366)

_REFRESH = timedelta(hours=6)
"""How soon a calendar shall look again; ours."""


def calendar_file(protocol: Protocol, language: str, zone: ZoneInfo, entries: tuple[Entry, ...]) -> bytes:
    """Return the file: every entry with its UID and SEQUENCE, times in the reader's zone, which it defines."""
    calendar = Calendar()
    calendar.add("prodid", "-//Nightbell//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", say(protocol, language, "feed.name"))
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(protocol, language, zone, entry))
    days = [entry.day for entry in entries]
    if days:
        # A zone is defined for the years that are spoken of, and no others.
        calendar.add_missing_timezones(min(days) - _MARGIN, max(days) + _MARGIN)
    for defined in calendar.timezones:
        _set_right(defined)
    return bytes(calendar.to_ical())


def _set_right(defined: Timezone) -> None:
    """Say when a clock jumps forward as RFC 5545 §3.6.5 wants it: by the clock from before, not after, the jump."""
    for part in defined.subcomponents:
        jump = part.TZOFFSETTO - part.TZOFFSETFROM
        if jump > timedelta():
            others = part.pop("RDATE", None)
            part.DTSTART -= jump
            if others is not None:
                part.add("RDATE", [each.dt - jump for each in others.dts])


def _event(protocol: Protocol, language: str, zone: ZoneInfo, entry: Entry) -> Event:
    event = Event()
    event.add("uid", f"{entry.uid}@nightbell")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at.replace(microsecond=0))
    event.add("last-modified", entry.changed_at.replace(microsecond=0))
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    name = "feed.visit" if entry.kind is OccasionKind.VISIT else "feed.check-in"
    event.add("summary", say(protocol, language, name))
    if entry.at is None:
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
    else:
        event.add("dtstart", entry.at.astimezone(zone))
        event.add("duration", _CHECK_IN_TAKES)
    return event

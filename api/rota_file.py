"""A rota from a calendar's file (RFC 5545): who is on call when, occurrence by occurrence.

Whoever is invited to an event is on call for its hours, by e-mail; without an invitation the e-mail in its title. The
tier is a category `on-call-2`, or "tier 2" or "T2" in the title, else 1. Both ends of an occurrence are read from the
wall clock of the event's own zone, so that shifts from eight to eight meet on the day the clocks change too.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event
from msgspec import Struct

from api.occurrences import Unreadable, occurrences, timing
from domain.errors import BodyInvalid, BodyMalformed, Fault
from domain.rota_changes import FARTHEST

MEDIA_TYPE = "text/calendar"

_MOST = 5_000
_MOST_FAULTS = 100

_EMAIL = re.compile(r"[^\s<>()\[\],;:\"@]+@[^\s<>()\[\],;:\"@]+")
_TITLE_TIER = re.compile(r"\b(?:tier\s*|T)(\d{1,9})\b", re.IGNORECASE)
_CATEGORY_TIER = re.compile(r"on-call-(\d{1,9})", re.IGNORECASE)
_TIERS = frozenset({1, 2, 3})
_NO_PERSON = frozenset({"ROOM", "RESOURCE", "GROUP"})


class Entry(Struct, frozen=True, kw_only=True):
    """Somebody, by e-mail, is on call; `pointer` names the event by its UID."""

    email: str
    tier: int
    starts_at: datetime
    ends_at: datetime
    pointer: str


class RotaFile(Struct, frozen=True, kw_only=True):
    """What a file says of the coming days, and the name of the calendar it comes from (`X-WR-CALNAME`)."""

    calendar: str
    entries: tuple[Entry, ...]


def read(content: bytes, zone: ZoneInfo, now: datetime) -> RotaFile:
    """Read a file. Times without a zone are of `zone`, the site's; what has ended by `now` is left out.

    Raises BodyMalformed if it is no calendar, BodyInvalid with every event that cannot be read: then nothing holds.
    """
    calendar = _calendar(content)
    events = [each for each in calendar.walk("VEVENT") if isinstance(each, Event)]
    moved, faults, entries = _moved(events), list[Fault](), list[Entry]()
    for place, event in enumerate(events):
        pointer = _pointer(event, place)
        try:
            found = _entries(event, pointer, zone, now, moved.get(str(event.get("UID")), []))
            entries += islice(found, _MOST + 1 - len(entries))
        except Unreadable as unreadable:
            faults.append(Fault(pointer, str(unreadable)))
        except (OverflowError, ValueError):
            faults.append(Fault(pointer, "has a time that no clock shows"))
        if len(entries) > _MOST:
            faults.append(Fault(pointer, f"is one too many: a file has at most {_MOST} shifts"))
            break
    if faults:
        raise BodyInvalid(
            "Some events cannot be read, and none was taken.", faults=tuple(faults[:_MOST_FAULTS])
        )
    name = str(calendar.get("X-WR-CALNAME", "")).replace("\x00", "")[:200]
    return RotaFile(calendar=name, entries=tuple(entries))


def _calendar(content: bytes) -> Calendar:
    try:
        calendar: Component = Calendar.from_ical(content)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        # All of them occur, for what is no calendar in one way or another.
        raise BodyMalformed("The body is no calendar (RFC 5545).") from None
    # A file that was cut off could be taken for an empty calendar, and would empty the rota.
    if not isinstance(calendar, Calendar) or not content.rstrip().upper().endswith(b"END:VCALENDAR"):
        raise BodyMalformed("The body is no calendar (RFC 5545).")
    return calendar


def _pointer(event: Event, place: int) -> str:
    """Name an event by its UID as a JSON pointer, or by its place where it has none."""
    uid = str(event.get("UID", "")).replace("\x00", "")[:200] or f"event {place + 1}"
    return "/" + uid.replace("~", "~0").replace("/", "~1")


def _moved(events: list[Event]) -> dict[str, list[date | datetime]]:
    """Return the occurrences, by UID, that an event of their own replaces or calls off (RFC 5545 §3.8.4.4)."""
    found: dict[str, list[date | datetime]] = defaultdict(list)
    for event in events:
        replaced: Any = event.get("RECURRENCE-ID")
        if replaced is not None and not event.errors:
            found[str(event.get("UID"))].append(replaced.dt)
    return found


def _entries(
    event: Event, pointer: str, zone: ZoneInfo, now: datetime, moved: list[date | datetime]
) -> Iterator[Entry]:
    own = timing(event, zone)
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    replaced: Any = event.get("RECURRENCE-ID")
    if replaced is not None and "RANGE" in replaced.params:
        raise Unreadable("changes all occurrences from one on (RANGE), which this does not follow")
    gone = {own.wall(each, zone) for each in moved} if replaced is None else set[datetime]()
    repeats, horizon = "RRULE" in event or "RDATE" in event, now + FARTHEST
    people: tuple[str, ...] = ()
    for start in occurrences(event, own, zone, horizon):
        starts_at, ends_at = own.instant(start), own.instant(start + own.takes)
        if start in gone or ends_at <= now or (repeats and ends_at > horizon):
            continue
        people = people or _people(event)
        where = f"{pointer}/{starts_at:%Y-%m-%dT%H:%MZ}" if repeats else pointer
        for email in people:
            yield Entry(email=email, tier=_tier(event), starts_at=starts_at, ends_at=ends_at, pointer=where)


def _people(event: Event) -> tuple[str, ...]:
    """Return who is on call, by e-mail: everybody invited who has not declined, else whom the title names."""
    found: Any = event.get("ATTENDEE", [])
    invited = [each for each in (found if isinstance(found, list) else [found]) if _may_come(each)]
    addresses = [str(each).partition(":") for each in invited]
    emails = [address.strip() for scheme, _, address in addresses if scheme.lower() == "mailto"]
    named = emails or _EMAIL.findall(str(event.get("SUMMARY", "")))[:1]
    if not named:
        raise Unreadable("names nobody by e-mail, neither as ATTENDEE nor in its SUMMARY")
    return tuple(dict.fromkeys(each.casefold() for each in named))


def _may_come(attendee: Any) -> bool:
    said = {name: str(attendee.params.get(name, "")).upper() for name in ("PARTSTAT", "CUTYPE", "ROLE")}
    return (
        said["PARTSTAT"] != "DECLINED"
        and said["CUTYPE"] not in _NO_PERSON
        and said["ROLE"] != "NON-PARTICIPANT"
    )


def _tier(event: Event) -> int:
    found: Any = event.get("CATEGORIES", [])
    lists = found if isinstance(found, list) else [found]
    categories = [str(name) for each in lists for name in getattr(each, "cats", ())]
    named = [int(match[1]) for each in categories if (match := _CATEGORY_TIER.fullmatch(each.strip()))]
    title = _EMAIL.sub(" ", str(event.get("SUMMARY", "")))
    named = named or [int(number) for number in _TITLE_TIER.findall(title)]
    tier = named[0] if named else 1
    if tier not in _TIERS:
        raise Unreadable("names a tier that is none: 1 to 3")
    return tier

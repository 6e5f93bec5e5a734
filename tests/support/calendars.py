"""Following a calendar's secret address, as somebody's own calendar does (RFC 5545)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar
from msgspec import Struct

from tests.support.clinic import Clinic, Person

FEED = "/v1/me/calendar-feed"

_VISIT_WEEKS = (1, 2, 4, 8, 12, 24, 36, 52)


class Entry(Struct, frozen=True, kw_only=True):
    """One event, as it was read: a visit takes its whole `day`, a check-in begins at a time of it."""

    uid: str
    sequence: int
    is_cancelled: bool
    summary: str
    day: date
    begins: datetime | None
    zone: str
    duration: timedelta
    modified: datetime

    @property
    def at(self) -> datetime:
        """When it begins; of a check-in."""
        assert self.begins is not None
        return self.begins


Events = Mapping[tuple[str, int], Entry]
"""By kind and week."""


async def address(person: Person) -> str:
    """Make somebody's calendar."""
    answer = await person.post(FEED)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


async def read(clinic: Clinic, url: str) -> Calendar:
    """Read the file."""
    answer = await clinic.http.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    calendar = Calendar.from_ical(answer.content)
    assert isinstance(calendar, Calendar)
    return calendar


async def unfolded(clinic: Clinic, url: str) -> str:
    """The file as text, its long lines whole again (RFC 5545 §3.1)."""
    return (await clinic.http.get(url)).text.replace("\r\n ", "")


def events(calendar: Calendar) -> Events:
    """The events by kind and week; of each kind they stand in the order of their weeks."""
    found = [_entry(each) for each in calendar.events]
    visits = [each for each in found if each.begins is None]
    check_ins = [each for each in found if each.begins is not None]
    return {
        **{("visit", week): each for week, each in zip(_VISIT_WEEKS, visits, strict=True)},
        **{("check-in", week): each for week, each in zip(range(1, 53), check_ins, strict=True)},
    }


async def events_at(clinic: Clinic, url: str) -> Events:
    """Read the file, and return its events."""
    return events(await read(clinic, url))


def uids(found: Events) -> dict[tuple[str, int], str]:
    """By what each event is known."""
    return {key: each.uid for key, each in found.items()}


def cancelled(found: Events) -> set[tuple[str, int]]:
    """Which events a calendar strikes out."""
    return {key for key, each in found.items() if each.is_cancelled}


def changed(before: Events, after: Events) -> set[tuple[str, int]]:
    """Which events say by their number that they are newer; none may ever say that it is older."""
    assert all(after[key].sequence >= each.sequence for key, each in before.items())
    return {key for key, each in before.items() if after[key].sequence > each.sequence}


def _entry(event: Any) -> Entry:
    start = event["DTSTART"]
    status = str(event["STATUS"])
    assert status in {"CONFIRMED", "CANCELLED"}
    timed = isinstance(start.dt, datetime)
    return Entry(
        uid=str(event["UID"]),
        sequence=int(event["SEQUENCE"]),
        is_cancelled=status == "CANCELLED",
        summary=str(event["SUMMARY"]),
        day=start.dt.date() if timed else start.dt,
        begins=start.dt if timed else None,
        zone=str(start.params.get("TZID", "")),
        duration=event.duration,
        modified=event["LAST-MODIFIED"].dt,
    )

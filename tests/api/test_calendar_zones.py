"""The time zones of a calendar file are those of the IANA database, on both sides of every jump."""

import io
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from api.calendar_file import calendar_file
from domain import feed
from domain.ladder import Reader
from domain.plan import PlanCause, PlanVersion, course
from domain.schedule import plan
from tests.support.protocol import shipped

ANCHOR = date(2026, 3, 2)


def file_for(zone: str) -> str:
    reader = Reader(account_id=UUID(int=4), role="participant", zone=ZoneInfo(zone), hour=9)
    version = PlanVersion(
        id=UUID(int=1),
        site_id=UUID(int=2),
        participant_id=UUID(int=3),
        version=1,
        anchor=ANCHOR,
        cause=PlanCause.ADMINISTRATION,
        protocol_version=shipped().version,
        made_at=datetime(2026, 3, 2, tzinfo=UTC),
        occasions=plan(shipped().calendar, "phase-1", (ANCHOR,)).occasions,
    )
    entries = feed.entries(course(version, (), ANCHOR), reader, shipped().reminders)
    return calendar_file(shipped(), "en", ZoneInfo(zone), entries).decode()


@pytest.mark.parametrize(
    "zone",
    [
        "Asia/Shanghai",
        "Asia/Kolkata",
        "Europe/London",
        "America/New_York",
        "America/St_Johns",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Pacific/Honolulu",
    ],
)
def test_every_half_hour_of_the_year_has_the_offset_of_the_zone(zone: str) -> None:
    text = file_for(zone).replace("\r\n", "\n")
    block = text[text.index("BEGIN:VTIMEZONE") : text.index("END:VTIMEZONE") + len("END:VTIMEZONE")]
    defined, known = tzical(io.StringIO(block)).get(), ZoneInfo(zone)
    assert defined is not None
    began = datetime(2026, 3, 2, tzinfo=UTC)
    halves = [began + timedelta(minutes=30 * each) for each in range(365 * 48)]
    wrong = [
        each for each in halves if each.astimezone(defined).utcoffset() != each.astimezone(known).utcoffset()
    ]
    assert wrong == []

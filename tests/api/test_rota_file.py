"""Calendars as rotas: what of a file is a shift, whose and when, and what of it cannot be read."""

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api import rota_file
from api.examples_of_the_bell import NIGHTS
from domain.errors import BodyInvalid, BodyMalformed

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 1, tzinfo=UTC)

BOB = "ATTENDEE:mailto:bob@example.org"
BEGIN = "DTSTART;TZID=Asia/Shanghai:20260302T180000"
END = "DTEND;TZID=Asia/Shanghai:20260303T080000"


def file(*events: tuple[str, ...], head: tuple[str, ...] = ()) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head]
    for place, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:event-{place}", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*events: tuple[str, ...], zone: ZoneInfo = SHANGHAI) -> list[tuple[str, int, str, str]]:
    """Who, tier, from and to, by the clock of the site."""
    entries = rota_file.read(file(*events), zone, NOW).entries
    return [
        (each.email, each.tier, clock(each.starts_at, zone), clock(each.ends_at, zone)) for each in entries
    ]


def clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%m-%d %H:%M")


def faults(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(BodyInvalid) as refusal:
        rota_file.read(content, SHANGHAI, NOW)
    return [(fault.pointer, fault.message) for fault in refusal.value.faults]


def test_whoever_is_invited_is_on_call_and_who_declined_is_not() -> None:
    event = (
        BEGIN,
        END,
        BOB,
        "ATTENDEE;PARTSTAT=DECLINED:mailto:dana@example.org",
        "ATTENDEE:MAILTO:Erin@Example.org",
    )
    night = ("03-02 18:00", "03-03 08:00")
    assert read(event) == [("bob@example.org", 1, *night), ("erin@example.org", 1, *night)]


def test_without_an_invitation_the_title_names_who_is_on_call() -> None:
    assert read((BEGIN, END, "SUMMARY:T2 Dana <dana@example.org>"))[0][:2] == ("dana@example.org", 2)
    assert read((BEGIN, END, BOB, "SUMMARY:dana@example.org"))[0][0] == "bob@example.org"


@pytest.mark.parametrize(
    ("line", "tier"),
    [
        ("CATEGORIES:on-call-2", 2),
        ("CATEGORIES:Night,On-Call-3", 3),
        ("SUMMARY:Night, tier 2", 2),
        ("SUMMARY:night T3", 3),
        ("SUMMARY:t1@example.org", 1),
        ("SUMMARY:Night", 1),
    ],
)
def test_a_category_or_the_title_names_the_tier(line: str, tier: int) -> None:
    assert read((BEGIN, END, BOB, line))[0][1] == tier


def test_a_rule_is_followed_for_400_days_and_what_has_ended_is_left_out() -> None:
    begun = ("DTSTART;TZID=Asia/Shanghai:20260101T080000", "DTEND;TZID=Asia/Shanghai:20260102T080000")
    shifts = read((*begun, BOB, "RRULE:FREQ=DAILY"))
    assert shifts[0][2:] == ("03-01 08:00", "03-02 08:00")
    assert len(shifts) == 400


def test_a_rule_ends_where_it_says_and_what_it_calls_off_or_adds_is_heard() -> None:
    rule = "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260323T235959Z"
    called_off = "EXDATE;TZID=Asia/Shanghai:20260309T180000"
    added = "RDATE;TZID=Asia/Shanghai:20260304T180000"
    days = [each[2] for each in read((BEGIN, END, BOB, rule, called_off, added))]
    assert days == ["03-02 18:00", "03-16 18:00", "03-23 18:00", "03-04 18:00"]
    assert len(read((BEGIN, END, BOB, "RRULE:FREQ=DAILY;COUNT=3"))) == 3


def test_an_occurrence_that_was_moved_or_called_off_is_taken_from_its_own_event() -> None:
    content = file(
        (BEGIN, END, BOB, "RRULE:FREQ=WEEKLY;COUNT=3"),
    ).replace(
        b"END:VCALENDAR",
        b"BEGIN:VEVENT\r\nUID:event-0\r\nRECURRENCE-ID;TZID=Asia/Shanghai:20260309T180000\r\n"
        b"DTSTART;TZID=Asia/Shanghai:20260310T180000\r\nDTEND;TZID=Asia/Shanghai:20260311T080000\r\n"
        b"ATTENDEE:mailto:dana@example.org\r\nEND:VEVENT\r\n"
        b"BEGIN:VEVENT\r\nUID:event-0\r\nRECURRENCE-ID;TZID=Asia/Shanghai:20260316T180000\r\n"
        b"DTSTART;TZID=Asia/Shanghai:20260316T180000\r\nDTEND;TZID=Asia/Shanghai:20260317T080000\r\n"
        b"STATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR",
    )
    entries = rota_file.read(content, SHANGHAI, NOW).entries
    assert [(each.email, each.starts_at.day) for each in entries] == [
        ("bob@example.org", 2),
        ("dana@example.org", 10),
    ]


def test_shifts_from_eight_to_eight_meet_on_the_day_the_clocks_change() -> None:
    event = ("DTSTART;TZID=Europe/London:20260327T080000", "DTEND;TZID=Europe/London:20260328T080000")
    entries = rota_file.read(file((*event, BOB, "RRULE:FREQ=DAILY;COUNT=4")), LONDON, NOW).entries
    assert [each.ends_at for each in entries[:-1]] == [each.starts_at for each in entries[1:]]
    lengths = [each.ends_at - each.starts_at for each in entries]
    assert timedelta(hours=23) in lengths


def test_times_without_a_zone_and_whole_days_are_the_sites() -> None:
    assert read(("DTSTART:20260302T080000", "DTEND:20260302T200000", BOB))[0][2:] == (
        "03-02 08:00",
        "03-02 20:00",
    )
    assert read(("DTSTART;VALUE=DATE:20260302", BOB))[0][2:] == ("03-02 00:00", "03-03 00:00")
    assert read(("DTSTART:20260302T000000Z", "DURATION:PT12H", BOB))[0][2:] == ("03-02 08:00", "03-02 20:00")


def test_the_calendar_is_known_by_its_name() -> None:
    assert rota_file.read(NIGHTS.encode(), SHANGHAI, NOW).calendar == "Nights"
    assert rota_file.read(file(), SHANGHAI, NOW).calendar == ""


@pytest.mark.parametrize(
    "lines",
    [
        (END, BOB),
        (BEGIN, BOB),
        (BEGIN, "DTEND;TZID=Asia/Shanghai:20260302T180000", BOB),
        ("DTSTART;TZID=Nowhere/Land:20260302T180000", "DURATION:PT1H", BOB),
        ("DTSTART:soon", END, BOB),
        (BEGIN, "DURATION:long", BOB),
        (BEGIN, END),
        (BEGIN, END, "ATTENDEE:tel:+861", "SUMMARY:Bob"),
        (BEGIN, END, BOB, "SUMMARY:tier 4"),
        (BEGIN, END, BOB, "CATEGORIES:on-call-0"),
        (BEGIN, END, BOB, "RRULE:FREQ=SECONDLY"),
        (BEGIN, END, BOB, "RRULE:FREQ=HOURLY"),
        (BEGIN, END, BOB, "RRULE:FREQ=DAILY;BYHOUR=1,2,3"),
        (BEGIN, END, BOB, "RRULE:FREQ=NEVER"),
        (BEGIN, END, BOB, "RRULE:BYDAY=MO"),
        (BEGIN, END, BOB, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"),
        ("DTSTART:19000101T000000Z", "DURATION:PT1H", BOB, "RRULE:FREQ=DAILY"),
        ("DTSTART:99991231T000000Z", "DURATION:P30D", BOB),
        ("DTSTART:00010101T000000", "DURATION:P30D", BOB),
        (BEGIN, END, BOB, "RECURRENCE-ID;RANGE=THISANDFUTURE:20260302T100000Z"),
        (BEGIN, END, BOB, "RDATE;VALUE=PERIOD:20260302T100000Z/PT1H"),
    ],
)
def test_an_event_that_cannot_be_read_is_named_by_its_uid_and_nothing_of_it_is_repeated(
    lines: tuple[str, ...],
) -> None:
    good = (BEGIN, END, BOB)
    ((pointer, message),) = faults(file(good, lines, good))
    assert pointer == "/event-1"
    assert "example.org" not in message


def test_every_event_that_cannot_be_read_is_named_at_once() -> None:
    assert [pointer for pointer, _ in faults(file((BOB,), (BEGIN, END, BOB), (BEGIN, END)))] == [
        "/event-0",
        "/event-2",
    ]


def test_a_file_with_too_many_shifts_is_refused_before_they_are_all_made() -> None:
    daily = (BEGIN, END, BOB, "RRULE:FREQ=DAILY")
    ((_, message),) = faults(file(*[daily] * 20))
    assert "at most" in message


NO_CALENDARS = (
    b"",
    b"hello",
    b"\xff\xfe",
    b"{}",
    b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
    # Cut off: taken for an empty calendar, it would empty a rota.
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
    file((BEGIN, END, BOB))[:-20],
    file((BEGIN, END, BOB))[: -len("END:VCALENDAR\r\n")],
    b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
)


@pytest.mark.parametrize("content", NO_CALENDARS)
def test_what_is_no_calendar_is_refused(content: bytes) -> None:
    with pytest.raises(BodyMalformed):
        rota_file.read(content, SHANGHAI, NOW)


WORDS = st.sampled_from(
    [
        *NIGHTS.splitlines(),
        "BEGIN:VTIMEZONE",
        "END:VTIMEZONE",
        "RRULE:FREQ=DAILY;COUNT=2",
        "EXDATE:x",
        "RDATE:20260302",
    ]
)


@given(st.lists(st.one_of(WORDS, st.text(max_size=30)), max_size=25).map("\r\n".join).map(str.encode))
@example(NIGHTS.encode())
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(BodyInvalid, BodyMalformed):
        assert rota_file.read(content, SHANGHAI, NOW).entries is not None

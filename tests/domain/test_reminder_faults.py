"""Each fault of the reminders is made by hand in the shipped files; the refusal must name the place it was made."""

import re

import pytest

from domain.protocol.decode import decode
from domain.refusals import ProtocolRefused
from domain.sms import segments
from domain.texts import say
from tests.support.protocol import shipped, shipped_files

FILE = "reminders.toml"
LANGUAGES = ("en", "zh-CN")


def edited(old: str, new: str, name: str = FILE) -> dict[str, bytes]:
    """The shipped files with the words replaced where they come first."""
    files = shipped_files()
    text = files[name].decode()
    assert old in text, f"{name} has no {old}"
    return files | {name: text.replace(old, new, 1).encode()}


def refused(files: dict[str, bytes]) -> dict[str, str]:
    with pytest.raises(ProtocolRefused) as refusal:
        decode(files)
    return {fault.pointer: fault.message for fault in refusal.value.faults}


def without(kind: str) -> dict[str, bytes]:
    """The shipped files without one ladder."""
    text = shipped_files()[FILE].decode()
    gone = re.sub(rf"\[\[{kind}\]\]\n(?:.+\n)+", "", text)
    return shipped_files() | {FILE: f"{kind} = []\n{gone}".encode()}


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("start = 08:00:00", "start = 20:00:00", "hours.end"),
        ("end = 20:00:00", "end = 07:00:00", "hours.end"),
        ("evening = 18:00:00", "evening = 20:00:00", "evening"),
        ("evening = 18:00:00", "evening = 07:59:59", "evening"),
        ('"PT45M"', '"PT1H"', "app-confirms-within"),
        ("evening = 18:00:00", "evening = 19:15:00", "app-confirms-within"),
        ("start = 08:00:00", "start = 08:30:00", "hours.start"),
        ("end = 20:00:00", "end = 19:30:00", "hours.end"),
        ("end = 20:00:00", "end = 20:00:01", "hours.end"),
        ('receipt-within = "PT10M"', 'receipt-within = "PT0S"', "receipt-within"),
        ('receipt-within = "PT10M"', 'receipt-within = "-PT10M"', "receipt-within"),
    ],
)
def test_hours_in_which_nobody_can_be_reminded_are_refused(old: str, new: str, pointer: str) -> None:
    assert f"{FILE}: {pointer}" in refused(edited(old, new))


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ('id = "two-days-before"', 'id = "week-before"', "visit[1].id"),
        ("days = -2", "days = -7", "visit[1].days"),
        ("days = -2", "days = -8", "visit[1].days"),
        ('id = "evening-before"\ndays = -1', 'id = "evening-before"\ndays = -2', "visit[2].days"),
        (
            'at = "chosen-hour"\nto = ["participant", "caregiver"]',
            'at = "chosen-hour"\nto = []',
            "visit[0].to",
        ),
        ('to = ["participant"]', "to = []", "check-in[0].to"),
        ("days = 0", "days = 1", "check-in[0].days"),
        ('days = 0\nat = "chosen-hour"', 'days = 0\nat = "evening"', "check-in[0].days"),
        ('to = ["participant"]', 'to = ["caregiver"]', "check-in"),
        ('to = ["caregiver"]', 'to = ["participant"]', "check-in"),
        ('to = ["caregiver"]', 'to = ["participant", "caregiver"]', "check-in[2].days"),
        ('at = "evening"\nto = ["caregiver"]', 'at = "chosen-hour"\nto = ["caregiver"]', "check-in[2].days"),
    ],
)
def test_a_ladder_that_leaves_somebody_out_or_asks_twice_at_once_is_refused(
    old: str, new: str, pointer: str
) -> None:
    assert f"{FILE}: {pointer}" in refused(edited(old, new))


@pytest.mark.parametrize("kind", ["visit", "check-in"])
def test_a_ladder_without_a_rung_is_refused(kind: str) -> None:
    assert refused(without(kind))[f"{FILE}: {kind}"] == "Somebody must be reminded."


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ('\nafter = "PT48H"', '\nafter = "PT0S"', "after"),
        ('\nafter = "PT48H"', '\nafter = "PT24H"', "after"),
        ('\nafter = "PT48H"', '\nafter = "PT168H"', "after"),
        ('answer-within = "PT6H"', 'answer-within = "PT0S"', "answer-within"),
        ('\ntask-due = "PT24H"', '\ntask-due = "PT0S"', "task-due"),
        ('urgent-task-due = "PT4H"', 'urgent-task-due = "PT0S"', "urgent-task-due"),
        ('urgent-task-due = "PT4H"', 'urgent-task-due = "PT25H"', "urgent-task-due"),
        ("urgent-first-day = 0", "urgent-first-day = 29", "urgent-last-day"),
        ("urgent-in-a-row = 2", "urgent-in-a-row = 1", "urgent-in-a-row"),
        ('["hepatic-encephalopathy"]', '["headache"]', "urgent-after[0]"),
    ],
)
def test_a_silence_that_would_not_be_heard_is_refused(old: str, new: str, pointer: str) -> None:
    assert f"{FILE}: silence.{pointer}" in refused(edited(old, new))


@pytest.mark.parametrize(
    ("new", "pointer", "message"),
    [
        ("forms = []", "forms", "Nobody could check in."),
        ('forms = ["weekly"]', "forms[0]", "Participants have no form weekly."),
        ('forms = ["check-in", "caregiver"]', "forms[1]", "Participants have no form caregiver."),
    ],
)
def test_a_check_in_without_a_form_is_refused(new: str, pointer: str, message: str) -> None:
    faults = refused(edited('forms = ["check-in"]', new, "calendar.toml"))
    assert faults[f"calendar.toml: check-ins.{pointer}"] == message


@pytest.mark.parametrize(
    ("days_after", "after", "is_told"), [(3, 72, True), (3, 73, False), (2, 48, True), (2, 49, False)]
)
def test_a_silence_that_would_be_told_only_after_its_window_is_refused(
    days_after: int, after: int, *, is_told: bool
) -> None:
    """Who is asked at 19:00 has so many hours, and the site is told before 20:00 of the last day."""
    files = edited(
        "days-before = 0, days-after = 6", f"days-before = 0, days-after = {days_after}", "calendar.toml"
    )
    files[FILE] = edited('\nafter = "PT48H"', f'\nafter = "PT{after}H"')[FILE]
    if is_told:
        assert decode(files).calendar.check_ins.window.value.days_after == days_after
    else:
        assert f"{FILE}: silence.after" in refused(files)


def test_many_faults_of_the_reminders_are_all_named_at_once() -> None:
    text = shipped_files()[FILE].decode()
    for old, new in (
        ("start = 08:00:00", "start = 21:00:00"),
        ("days = 0", "days = 3"),
        ('"PT6H"', '"PT0S"'),
    ):
        text = text.replace(old, new, 1)
    named = {
        f"{FILE}: {each}" for each in ("hours.end", "evening", "check-in[0].days", "silence.answer-within")
    }
    assert named <= set(refused(shipped_files() | {FILE: text.encode()}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rung_without_words_is_refused_in_every_language(language: str) -> None:
    faults = refused(edited('id = "week-before"', 'id = "fortnight-before"'))
    assert f"texts-{language}.toml: texts.reminder.visit.fortnight-before" in faults
    assert f"texts-{language}.toml: texts.reminder.visit.week-before" in faults


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rung_says_which_week_and_which_day_in_every_language(language: str) -> None:
    reminders = shipped().reminders
    rungs = [("visit", each.id) for each in reminders.visits] + [
        ("check-in", each.id) for each in reminders.check_ins
    ]
    assert len(rungs) == 7
    for kind, rung in [*rungs, ("visit", "today")]:
        said = say(shipped(), language, f"reminder.{kind}.{rung}", week="WEEK", date="DATE")
        assert "WEEK" in said
        assert "DATE" in said


@pytest.mark.parametrize(
    ("language", "old", "new", "key"),
    [
        (
            "en",
            "You have an appointment coming up. Please",
            "Your liver appointment is coming up. Please",
            "sms.visit",
        ),
        (
            "en",
            "There is something for you to fill in. Please",
            "Report your symptoms. Please",
            "sms.check-in",
        ),
        ("en", "There is a message for you. Please", "Your patient needs you. Please", "sms.caregiver"),
        (
            "en",
            "You have an appointment coming up. Open",
            "Your kidney visit is coming up. Open",
            "lock-screen.visit",
        ),
        ("en", "There is something to fill in. Open", "Did you bleed? Open", "lock-screen.check-in"),
        ("en", '"Weekly entry"', '"Symptom diary"', "feed.check-in"),
        (
            "zh-CN",
            "您近期有一项安排",
            "您有一次肝病复查",
            "lock-screen.visit",
        ),
        ("zh-CN", "您有一条消息", "受试者需要您", "sms.caregiver"),
        (
            "en",
            "message for you. Please open",
            "message for {name}. Please open",
            "sms.caregiver",
        ),
        ("en", "There is a message for you. Please open", "Call 138 0013 8000. Please open", "sms.caregiver"),
        ("en", "for you to fill in. Please", "for you to fill in at example.org. Please", "sms.check-in"),
        ("zh-CN", "您有一条消息", "您有一条消息" + "请尽快" * 15, "sms.caregiver"),
        ("en", "There is a message for you.", "There is a message for you." * 6, "sms.caregiver"),
    ],
)
def test_what_anybody_may_read_says_nothing_of_a_disease_or_a_person_and_fits(
    language: str, old: str, new: str, key: str
) -> None:
    assert f"texts-{language}.toml: texts.{key}" in refused(edited(old, new, f"texts-{language}.toml"))


@pytest.mark.parametrize(("language", "encoding", "room"), [("en", "gsm-7", 160), ("zh-CN", "ucs-2", 62)])
@pytest.mark.parametrize("key", ["sms.visit", "sms.check-in", "sms.caregiver"])
def test_a_text_to_lin_or_her_caregiver_is_one_segment(
    key: str, language: str, encoding: str, room: int
) -> None:
    counted = segments(say(shipped(), language, key))
    assert (counted.encoding, counted.count) == (encoding, 1)
    assert counted.units <= room

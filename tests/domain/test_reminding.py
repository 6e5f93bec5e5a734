"""What is made of a year that is looked at: once, while it holds, and by day (cases.md 11, 22, 24 and 25)."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import recording
from domain.ladder import ladder
from domain.occasion import OccasionState
from domain.people import ParticipantState
from domain.reminder import Reminder
from domain.task import TaskKind
from tests.support.years import (
    CAREGIVERS,
    CHECK_IN,
    LINS,
    REMINDERS,
    SHANGHAI,
    VISIT,
    Kept,
    a_plan,
    at,
    caregiver,
    day,
    lin,
    occasion,
    wall,
)

FIRST_WEEK = {(VISIT, 1), (CHECK_IN, 1)}
QUARTER = timedelta(minutes=15)


def after_an_outage(gone: datetime, back: datetime) -> Kept:
    """A year that was looked at until the program went down, and then when it came back."""
    year = Kept()
    year.run(at(0, "10:00"), gone)
    year.look(back)
    return year


def holds(reminder: Reminder, year: Kept, now: datetime) -> bool:
    """Whether the ladder still has this reminder for its reader now."""
    (who,) = (each for each in year.people if each.reader.account_id == reminder.account_id)
    spoken_of = year.standing(reminder.kind, reminder.week, now).occasion
    calls = ladder(spoken_of, who.reader, REMINDERS, year.zone, year.holidays)
    return any(each.key == reminder.key and each.at <= now < each.until for each in calls)


def test_a_week_is_told_as_it_is_written() -> None:
    year = Kept(plan=a_plan(only=FIRST_WEEK))
    year.run(at(0, "08:30"), at(30))
    assert year.journal() == [
        "2026-03-02 09:00 participant visit 1 week-before",
        "2026-03-02 09:00 caregiver visit 1 week-before",
        "2026-03-07 09:00 participant visit 1 two-days-before",
        "2026-03-07 09:00 caregiver visit 1 two-days-before",
        "2026-03-08 18:00 participant visit 1 evening-before",
        "2026-03-08 18:00 caregiver visit 1 evening-before",
        "2026-03-09 09:00 participant check-in 1 on-the-day",
        "2026-03-10 09:00 participant check-in 1 day-after",
        "2026-03-10 09:00 participant visit 1 day-after",
        "2026-03-10 09:00 caregiver visit 1 day-after",
        "2026-03-10 18:00 caregiver check-in 1 caregiver",
    ]


def test_after_ten_days_down_what_still_holds_is_said_once_and_one_after_the_other() -> None:
    year = Kept()
    year.run(at(0, "10:00"), at(3))
    before = len(year.made)
    year.run(at(13, "10:00"), at(14, "10:00"))
    assert year.journal()[before:] == [
        "2026-03-15 10:00 participant check-in 1 day-after",
        "2026-03-15 16:00 caregiver check-in 1 caregiver",
        "2026-03-15 18:00 participant visit 2 evening-before",
        "2026-03-15 18:00 caregiver visit 2 evening-before",
        "2026-03-16 09:00 participant check-in 2 on-the-day",
    ]


@given(st.integers(0, 4 * 24 * 14), st.integers(0, 4 * 24 * 20))
@settings(deadline=None, max_examples=30)
def test_whenever_the_program_comes_back_nothing_expired_is_said_and_nobody_hears_twice_of_one_thing(
    gone: int, down: int
) -> None:
    back = at(1) + (gone + down) * QUARTER
    year = after_an_outage(at(1) + gone * QUARTER, back)
    said = [each for each in year.made if each.made_at == back]
    assert all(holds(each, year, back) for each in said)
    heard = [(each.kind, each.week, each.account_id) for each in said]
    assert len(heard) == len(set(heard))
    assert year.look(back) == ()


def test_each_reader_gets_one_text_for_all_that_she_is_told_at_once() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 1), (VISIT, 2), (CHECK_IN, 1)}))
    made = year.look(at(8, "09:00"))
    assert [(each.account_id, each.kind, each.week) for each in made] == [
        (LINS, VISIT, 2),
        (LINS, CHECK_IN, 1),
        (LINS, VISIT, 1),
        (CAREGIVERS, VISIT, 2),
        (CAREGIVERS, VISIT, 1),
    ]
    hers, of_caregiver = year.texts
    assert [each.message_id for each in made] == [hers.id] * 3 + [of_caregiver.id] * 2
    assert (hers.account_id, of_caregiver.account_id) == (LINS, CAREGIVERS)


def test_a_visit_and_the_check_in_of_its_day_are_one_text_about_an_appointment() -> None:
    year = Kept(plan=a_plan(only=FIRST_WEEK), people=(lin(),))
    year.look(at(7, "09:00"))
    assert [(each.template, wall(each.created_at)) for each in year.texts] == [
        ("sms.visit", "2026-03-09 09:00")
    ]
    year.done(VISIT, 1, at(7, "10:00"))
    year.look(at(8, "09:00"))
    assert [each.template for each in year.texts] == ["sms.visit", "sms.check-in"]


def test_the_caregiver_is_told_in_her_own_words() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}))
    year.run(at(7, "09:00"), at(9))
    assert [(each.account_id, each.template) for each in year.texts] == [
        (LINS, "sms.check-in"),
        (LINS, "sms.check-in"),
        (CAREGIVERS, "sms.caregiver"),
    ]
    assert [each.parameters for each in year.texts] == [{}, {}, {}]


def test_two_who_share_a_phone_get_one_text() -> None:
    shared = (replace(lin(), number=b"index"), replace(caregiver(), number=b"index"))
    year = Kept(plan=a_plan(only={(VISIT, 1)}), people=shared)
    made = year.look(at(5, "09:00"))
    assert len(made) == 2
    assert [each.id for each in year.texts] == [made[0].message_id] == [made[1].message_id]


def test_two_phones_get_two_texts() -> None:
    apart = (replace(lin(), number=b"hers"), replace(caregiver(), number=b"another"))
    year = Kept(plan=a_plan(only={(VISIT, 1)}), people=apart)
    year.look(at(5, "09:00"))
    assert len(year.texts) == 2


def test_without_her_consent_nobody_gets_a_text_and_it_is_known_what_her_phone_should_say() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(sms=False), caregiver(sms=False)))
    year.run(at(7, "09:00"), at(9))
    assert year.texts == []
    assert [(each.rung, each.message_id) for each in year.made] == [
        ("on-the-day", None),
        ("day-after", None),
        ("caregiver", None),
    ]


def on_the_day() -> UUID:
    """By which her phone knows the check-in of the first week on its day."""
    return ladder(occasion(CHECK_IN, 1), lin().reader, REMINDERS, SHANGHAI, frozenset())[0].reminder_id


def test_a_text_waits_while_her_phone_may_still_show_its_alarm() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(scheduled={on_the_day()}),))
    year.look(at(7, "09:00"))
    (text,) = year.texts
    assert (text.due_at, text.valid_until, text.reminder_id) == (at(7, "09:45"), at(8, "08:00"), on_the_day())


def test_a_text_that_comes_too_late_for_the_alarm_waits_no_more() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(scheduled={on_the_day()}),))
    year.look(at(7, "15:00"))
    assert [each.due_at for each in year.texts] == [at(7, "15:00")]


def test_a_text_goes_out_at_once_when_no_phone_has_set_its_alarm() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(scheduled={LINS}),))
    year.look(at(7, "09:00"))
    assert [each.due_at for each in year.texts] == [at(7, "09:00")]


def test_what_she_has_seen_on_her_phone_is_not_sent_as_well() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(confirmed={on_the_day()}),))
    year.run(at(7, "09:00"), at(8))
    assert [(each.rung, each.message_id) for each in year.made] == [("on-the-day", None)]
    assert year.texts == []


def test_nothing_is_said_of_what_is_done() -> None:
    year = Kept(plan=a_plan(only=FIRST_WEEK))
    year.run(at(0, "10:00"), at(7, "10:00"))
    before = len(year.made)
    year.done(VISIT, 1, at(7, "10:00"))
    year.done(CHECK_IN, 1, at(7, "10:00"))
    year.run(at(7, "10:00"), at(40))
    assert (year.journal()[before:], year.silences, year.tasks) == ([], [], [])


def test_nothing_is_said_when_the_participation_has_ended() -> None:
    year = Kept(state=ParticipantState.ENDED)
    for number in range(0, 60, 3):
        assert year.look(at(number, "09:00")) == ()
    assert year.decisions == []


def test_a_visit_of_another_day_is_told_of_anew_and_the_day_before_it_is_forgotten() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 4)}), people=(lin(),))
    year.run(at(20), at(27, "20:00"))
    visit = year.standing(VISIT, 4, at(27, "20:00"))
    year.records[VISIT, 4] = recording.reschedule(visit, year.plan, day(35), at(27, "20:00"))
    before = len(year.made)
    year.run(at(27, "20:00"), at(60))
    assert year.journal()[before:] == [
        "2026-03-30 09:00 participant visit 4 week-before",
        "2026-04-04 09:00 participant visit 4 two-days-before",
        "2026-04-05 18:00 participant visit 4 evening-before",
        "2026-04-07 09:00 participant visit 4 day-after",
    ]


def test_a_visit_that_was_let_pass_is_asked_for_once_more_and_one_called_off_is_not() -> None:
    """Its window may end with its day, or before a site that was closed is open again."""
    let_pass, called_off = (
        Kept(plan=a_plan(only={(VISIT, 1)}), people=(lin(),), holidays=frozenset(map(day, range(8, 12))))
        for _ in range(2)
    )
    let_pass.run(at(8), at(30))
    visit = called_off.standing(VISIT, 1, at(8))
    called_off.records[VISIT, 1] = recording.call_off(visit, called_off.plan, at(8))
    called_off.run(at(8), at(30))
    assert let_pass.journal() == ["2026-03-14 09:00 participant visit 1 day-after"]
    assert called_off.journal() == []


def test_a_window_that_has_ended_is_written_down_with_a_task_and_only_once() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 1)}))
    year.look(at(11))
    year.look(at(11))
    record = year.records[VISIT, 1]
    assert (record.state, record.missed_at, record.revision) == (OccasionState.MISSED, at(11), 1)
    (task,) = year.tasks
    assert (task.kind, task.about_id, task.due_at) == (TaskKind.MISSED_VISIT, record.id, at(12))


def test_what_had_ended_before_the_plan_was_made_is_nobodys_task() -> None:
    year = Kept(plan=a_plan(only=FIRST_WEEK, made_at=at(30, "10:00")))
    year.run(at(30, "10:00"), at(40))
    assert {each.state for each in year.records.values()} == {OccasionState.MISSED}
    assert (year.tasks, year.made, year.silences) == ([], (), [])

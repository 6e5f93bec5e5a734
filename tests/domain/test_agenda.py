"""What a phone shows and when: one reminder for all that is said at one time (trial.md §1 and §3)."""

from datetime import datetime
from itertools import pairwise

import pytest
from msgspec.structs import replace

from domain import agenda, recording
from domain.agenda import Alarm
from domain.people import ParticipantState
from domain.texts import say
from domain.year import Addressee
from tests.support.protocol import shipped
from tests.support.years import BOTH, CHECK_IN, REMINDERS, VISIT, Kept, a_plan, at, caregiver, day, lin, wall

FIRST_WEEK = {(VISIT, 1), (CHECK_IN, 1)}
BEGIN, END = at(-60), at(400)


def alarms(
    year: Kept, who: Addressee, now: datetime = BEGIN, since: datetime = BEGIN, until: datetime = END
) -> tuple[Alarm, ...]:
    return agenda.alarms(year.year(now), who, REMINDERS, since, until, now)


def shown(found: tuple[Alarm, ...]) -> list[str]:
    """Alarms as a person reads them: when, and what they say."""
    return [f"{wall(each.at)} {' + '.join(part.text for part in each.parts)}" for each in found]


def test_a_week_on_lins_phone() -> None:
    assert shown(alarms(Kept(plan=a_plan(only=FIRST_WEEK)), lin())) == [
        "2026-03-02 09:00 reminder.visit.week-before",
        "2026-03-07 09:00 reminder.visit.two-days-before",
        "2026-03-08 18:00 reminder.visit.evening-before",
        "2026-03-09 09:00 reminder.visit.today + reminder.check-in.on-the-day",
        "2026-03-10 09:00 reminder.visit.day-after + reminder.check-in.day-after",
    ]


def test_a_week_on_her_caregivers_phone() -> None:
    assert shown(alarms(Kept(plan=a_plan(only=FIRST_WEEK)), caregiver())) == [
        "2026-03-02 09:00 reminder.visit.week-before",
        "2026-03-07 09:00 reminder.visit.two-days-before",
        "2026-03-08 18:00 reminder.visit.evening-before",
        "2026-03-10 09:00 reminder.visit.day-after",
        "2026-03-10 18:00 reminder.check-in.caregiver",
    ]


def test_of_what_has_rung_only_what_still_holds_is_said_late_and_it_stays_the_same_reminder() -> None:
    plan = Kept(plan=a_plan(only=FIRST_WEEK | {(VISIT, 2)}))
    ninth = (
        "2026-03-09 09:00 reminder.visit.today + reminder.check-in.on-the-day + reminder.visit.week-before"
    )
    before, late = alarms(plan, lin()), alarms(plan, lin(), now=at(10))
    assert ninth in shown(before)
    assert shown(late)[:2] == [
        "2026-03-09 09:00 reminder.visit.week-before",
        "2026-03-10 09:00 reminder.visit.day-after + reminder.check-in.day-after",
    ]
    assert late[0].id == before[shown(before).index(ninth)].id
    assert {each.id for each in late} < {each.id for each in before}


def test_a_caregiver_who_has_chosen_the_evening_is_told_of_visit_and_check_in_at_once() -> None:
    found = alarms(Kept(plan=a_plan(only=FIRST_WEEK)), caregiver(hour=18))
    assert shown(found)[-1] == "2026-03-10 18:00 reminder.visit.day-after + reminder.check-in.caregiver"


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("who", BOTH, ids=lambda who: who.reader.role)
def test_no_phone_shows_two_reminders_at_one_time_and_each_has_an_id_of_its_own(
    who: Addressee, hour: int
) -> None:
    found = alarms(Kept(), replace(who, reader=replace(who.reader, hour=hour)))
    assert all(earlier.at < later.at for earlier, later in pairwise(found))
    assert len({each.id for each in found}) == len(found) > 70


def test_what_is_nearest_is_named_first() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 1), (VISIT, 2), (CHECK_IN, 1)}))
    (alarm,) = alarms(year, lin(), since=at(7), until=at(8))
    assert [(part.text, part.occasion.week) for part in alarm.parts] == [
        ("reminder.visit.today", 1),
        ("reminder.check-in.on-the-day", 1),
        ("reminder.visit.week-before", 2),
    ]
    assert alarm.is_of_visit


def test_what_her_phone_shows_and_what_her_text_says_are_about_the_same() -> None:
    """A visit was moved to the day after a check-in: nobody is told in the evening that it is today."""
    year, now = Kept(plan=a_plan(only={(VISIT, 2), (CHECK_IN, 1)})), at(7, "12:00")
    year.records[VISIT, 2] = recording.reschedule(year.standing(VISIT, 2, now), year.plan, day(8), now)
    year.run(at(7, "08:00"), at(9))
    of_day = [alarm for who in BOTH for alarm in alarms(year, who, since=at(8), until=at(9))]
    assert [part.text for alarm in of_day for part in alarm.parts] == [
        "reminder.check-in.day-after",
        "reminder.check-in.caregiver",
    ]
    assert [each.template for each in year.texts if each.created_at >= at(8)] == [
        "sms.check-in",
        "sms.caregiver",
    ]


def test_a_reminder_of_a_check_in_alone_is_not_of_a_visit() -> None:
    assert not any(each.is_of_visit for each in alarms(Kept(plan=a_plan(only={(CHECK_IN, 1)})), lin()))


def test_a_reminder_of_something_not_done_asks_the_server_first() -> None:
    found = alarms(Kept(plan=a_plan(only=FIRST_WEEK)), lin())
    assert [each.ask_first for each in found] == [False, True, True, True, True]


def test_a_reminder_holds_for_as_long_as_one_of_its_parts() -> None:
    *_, last = alarms(Kept(plan=a_plan(only=FIRST_WEEK)), lin())
    assert last.until == at(14)
    year = Kept(plan=a_plan(only={(VISIT, 1)}))
    *_, last = alarms(year, lin())
    assert last.until == at(11)


def test_a_phone_is_told_what_is_to_come_and_nothing_else() -> None:
    year = Kept(plan=a_plan(only=FIRST_WEEK))
    whole = alarms(year, lin())
    assert alarms(year, lin(), since=whole[1].at, until=whole[3].at) == whole[1:3]


def test_what_is_done_leaves_the_phone_and_what_is_moved_moves_on_it() -> None:
    year, now = Kept(plan=a_plan(only=FIRST_WEEK)), at(7, "12:00")
    year.done(CHECK_IN, 1, now)
    year.records[VISIT, 1] = recording.reschedule(year.standing(VISIT, 1, now), year.plan, day(9), now)
    assert shown(alarms(year, lin(), now, since=now)) == [
        "2026-03-10 18:00 reminder.visit.evening-before",
        "2026-03-12 09:00 reminder.visit.day-after",
    ]


def test_after_the_end_no_phone_shows_anything() -> None:
    assert alarms(Kept(state=ParticipantState.ENDED), lin()) == ()


@pytest.mark.parametrize("who", [lin(), caregiver(), caregiver(hour=18)])
def test_a_text_goes_by_the_id_of_the_reminder_that_her_phone_shows(who: Addressee) -> None:
    year = Kept(plan=a_plan(only=FIRST_WEEK), people=(who,))
    told_before = [each.id for each in alarms(year, who)]
    year.run(at(0, "08:30"), at(9))
    assert [each.reminder_id for each in year.texts] == told_before


def test_every_sentence_a_phone_may_show_is_there_in_every_language() -> None:
    said = {(part.text, part.occasion) for who in BOTH for each in alarms(Kept(), who) for part in each.parts}
    assert len({text for text, _ in said}) == 8
    for language in ("en", "zh-CN"):
        for text, spoken_of in said:
            filled = say(shipped(), language, text, week=str(spoken_of.week), date="DATE")
            assert str(spoken_of.week) in filled
            assert "DATE" in filled

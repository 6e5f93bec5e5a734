"""Lin is told the right thing at the right local hour, once, and never what is no longer true (trial.md §3)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.protocol.check_texts import LANGUAGES
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person
from tests.support.sites import close_on
from tests.support.year import (
    CAREGIVERS_PHONE,
    arrived,
    bodies,
    both_consent,
    check_in,
    days,
    occasion,
    receipts,
    record_visit,
    reminders,
    today,
    until_clock,
)

LONDON = ZoneInfo("Europe/London")


async def moved_to_noon(clinic: Clinic) -> None:
    """Begin at noon of the next day at the site, so that a story knows which day it is."""
    await until_clock(clinic, today(clinic) + days(1), 12)


async def given_today(clinic: Clinic) -> tuple[Person, Person, Person]:
    """Alice, and Lin with her caregiver: both consent to SMS, neither has an app that says anything."""
    await moved_to_noon(clinic)
    alice = await clinic.staff("Alice")
    lin, caregiver = await clinic.lin(days=0)
    await both_consent(alice, lin)
    return alice, lin, caregiver


async def test_a_visit_is_announced_a_week_two_days_and_the_evening_before_and_asked_for_the_day_after(
    clinic: Clinic,
) -> None:
    _, lin, _ = await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(7), 8)
    # Day 0 is the week before; at noon its hour had passed, and it was still true.
    assert arrived(clinic) == [f"{given} 12:00", f"{given + days(5)} 09:00", f"{given + days(6)} 18:00"]
    await until_clock(clinic, given + days(7), 10)
    await check_in(lin)
    await until_clock(clinic, given + days(8), 12)
    assert arrived(clinic)[3:] == [f"{given + days(7)} 09:00", f"{given + days(8)} 09:00"]
    assert arrived(clinic, CAREGIVERS_PHONE)[-1] == f"{given + days(8)} 09:00"


async def test_a_visit_that_took_place_is_not_asked_for_the_day_after(clinic: Clinic) -> None:
    alice, lin, _ = await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(7), 14)
    await check_in(lin)
    await record_visit(alice, lin, 1, action="complete", completedOn=(given + days(7)).isoformat())
    before = len(arrived(clinic))
    await until_clock(clinic, given + days(9), 8)
    # The next text is for the visit of week 2.
    assert len(arrived(clinic)) == before
    assert (await occasion(lin, "visit", 1))["state"] == "done"


async def test_visit_and_check_in_of_one_morning_are_one_text(clinic: Clinic) -> None:
    _, _, _ = await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(8), 12)
    mornings = [each for each in arrived(clinic) if each == f"{given + days(8)} 09:00"]
    assert mornings == [f"{given + days(8)} 09:00"]
    async with transaction(clinic.trial.pool) as connection:
        told = await connection.fetch(
            """
            select array_agg(reminders.kind order by reminders.kind) as kinds
            from reminders join messages on messages.id = message_id
            group by message_id, made_at having count(*) > 1 order by made_at
            """
        )
    # Day 7: the check-in is due, and the visit of week 2 is a week away. Day 8: neither has been done.
    assert [each["kinds"] for each in told][:2] == [["check-in", "visit"], ["check-in", "visit"]]


async def test_a_phone_that_has_shown_it_gets_no_text_and_one_that_is_silent_does_after_three_quarters_of_an_hour(
    clinic: Clinic,
) -> None:
    _, lin, caregiver = await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(1), 8)
    known = {each["at"]: each["reminderId"] for each in (await reminders(lin))["reminders"]}
    theirs = {each["at"]: each["reminderId"] for each in (await reminders(caregiver))["reminders"]}
    five = next(each for at, each in known.items() if at.startswith(f"{given + days(5)}T01:00"))
    caregivers = next(each for at, each in theirs.items() if at.startswith(f"{given + days(5)}T01:00"))
    await receipts(lin, "scheduled", five)
    await receipts(caregiver, "scheduled", caregivers)
    await until_clock(clinic, given + days(5), 9, 10)
    await receipts(lin, "shown", five)
    await until_clock(clinic, given + days(5), 20)
    assert f"{given + days(5)}" not in "".join(arrived(clinic))
    assert arrived(clinic, CAREGIVERS_PHONE)[-1] == f"{given + days(5)} 09:45"


async def test_an_alarm_set_under_an_older_plan_counts_for_nothing(clinic: Clinic) -> None:
    _, lin, _ = await given_today(clinic)
    given = today(clinic)
    listed = (await reminders(lin))["reminders"]
    await receipts(lin, "scheduled", *(each["reminderId"] for each in listed), version=0)
    await until_clock(clinic, given + days(5), 9, 10)
    assert arrived(clinic)[-1] == f"{given + days(5)} 09:00"


async def test_who_has_lost_her_phone_is_reminded_by_text_as_soon_as_the_new_one_is_there(
    clinic: Clinic,
) -> None:
    alice, lin, _ = await given_today(clinic)
    given = today(clinic)
    listed = (await reminders(lin))["reminders"]
    await receipts(lin, "scheduled", *(each["reminderId"] for each in listed))
    # The phone is lost: nothing is shown, and nobody has been told yet.
    await until_clock(clinic, given + days(5), 9, 50)
    assert arrived(clinic)[-1] == f"{given + days(5)} 09:45"
    code = (
        await alice.post(f"/v1/participants/{lin.participant_id}/activation-codes", {"role": "participant"})
    ).json()["code"]
    fresh = await clinic.activate(code)
    assert (await reminders(fresh))["reminders"] != []


async def test_without_consent_nobody_gets_a_text_and_the_app_has_it_all_the_same(clinic: Clinic) -> None:
    await moved_to_noon(clinic)
    lin, caregiver = await clinic.lin(days=0)
    assert len((await reminders(lin))["reminders"]) > 100
    given = today(clinic)
    await until_clock(clinic, given + days(7), 10)
    await check_in(lin)
    assert arrived(clinic) == arrived(clinic, CAREGIVERS_PHONE) == []
    assert (await reminders(caregiver))["planVersion"] == 1
    assert await clinic.rows("reminders") > 4


async def test_a_consent_taken_back_holds_for_a_text_that_is_waiting_already(clinic: Clinic) -> None:
    alice, lin, _ = await given_today(clinic)
    given = today(clinic)
    listed = (await reminders(lin))["reminders"]
    await receipts(lin, "scheduled", *(each["reminderId"] for each in listed))
    await until_clock(clinic, given + days(5), 9, 10)
    before = arrived(clinic)
    path = f"/v1/participants/{lin.participant_id}/sms-consents/participant"
    assert (await alice.call("DELETE", path)).status_code == 204
    await until_clock(clinic, given + days(6), 20)
    assert arrived(clinic) == before
    assert await clinic.rows("messages where state = 'stale'") == 1


async def test_texts_come_at_her_own_hour_wherever_she_is_and_never_at_night(clinic: Clinic) -> None:
    _, lin, _ = await given_today(clinic)
    given = today(clinic)
    me = await lin.get("/v1/me")
    answer = await lin.call(
        "PATCH",
        "/v1/me",
        {"timeZone": "Europe/London", "reminderHour": 19},
        headers={"If-Match": me.headers["etag"]},
    )
    assert answer.status_code == 200, answer.text
    await clinic.demo.sandbox.advance_to(
        datetime.combine(given + days(8), datetime.min.time(), LONDON) + timedelta(hours=8)
    )
    clocks = [each.partition(" ")[2] for each in arrived(clinic, zone=LONDON)]
    assert clocks[1:] == ["19:00", "18:00", "19:00"]
    assert all("08:00" <= each < "20:00" for each in clocks)


async def test_a_reminder_is_neither_doubled_nor_lost_when_she_flies_there_and_back(clinic: Clinic) -> None:
    """cases.md 24: the date line, in both directions, in the middle of a ladder."""
    _, lin, _ = await given_today(clinic)
    given = today(clinic)
    for number, zone in enumerate(
        ("Pacific/Honolulu", "Pacific/Kiritimati", "Asia/Kolkata", "Pacific/Honolulu", "Asia/Shanghai"),
        start=1,
    ):
        await until_clock(clinic, given + days(number), 12)
        etag = (await lin.get("/v1/me")).headers["etag"]
        await lin.call("PATCH", "/v1/me", {"timeZone": zone}, headers={"If-Match": etag})
        await clinic.settle()
    await until_clock(clinic, given + days(7), 8)
    async with transaction(clinic.trial.pool) as connection:
        made = await connection.fetch(
            """
            select rung, count(*) as times from reminders join accounts on accounts.id = account_id
            where week = 1 and kind = 'visit' and role = 'participant' group by rung
            """
        )
    assert {each["rung"]: each["times"] for each in made} == {
        "week-before": 1,
        "two-days-before": 1,
        "evening-before": 1,
    }
    assert len(arrived(clinic)) == 3


async def test_no_text_names_a_disease_and_each_fits_the_readers_language(clinic: Clinic) -> None:
    await moved_to_noon(clinic)
    alice = await clinic.staff("Alice")
    lin, caregiver = await clinic.lin(days=0)
    await both_consent(alice, lin)
    etag = (await caregiver.get("/v1/me")).headers["etag"]
    await caregiver.call("PATCH", "/v1/me", {"language": "en"}, headers={"If-Match": etag})
    given = today(clinic)
    await until_clock(clinic, given + days(7), 8)
    assert {each[:6] for each in bodies(clinic)} == {"【中南试验】"}
    assert bodies(clinic, CAREGIVERS_PHONE)[-1].startswith("[Zhongnan trial]")
    assert set(LANGUAGES) == {"en", "zh-CN"}


async def test_on_a_holiday_nobody_is_reminded_of_a_visit_and_everybody_of_a_check_in(clinic: Clinic) -> None:
    alice, lin, _ = await given_today(clinic)
    given = today(clinic)
    site = (await alice.get("/v1/sites")).json()["sites"][0]["siteId"]
    closed = [(given + days(each)).isoformat() for each in (5, 6, 7)]
    assert (await close_on(alice, site, *closed)).status_code == 200
    await until_clock(clinic, given + days(7), 12)
    # Two days and the evening before both fall on the last open day: the later one is left. In the morning of that
    # day comes what would have come on day 7, a week before the visit of week 2. The check-in of day 7 stays.
    assert arrived(clinic)[1:] == [
        f"{given + days(4)} 09:00",
        f"{given + days(4)} 18:00",
        f"{given + days(7)} 09:00",
    ]
    assert bodies(clinic)[-1] == bodies(clinic)[1]
    shown = (await alice.get(f"/v1/participants/{lin.participant_id}/schedule")).json()["occasions"]
    assert next(each for each in shown if each["kind"] == "visit")["onHoliday"] is True

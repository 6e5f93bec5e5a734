"""Corrections, further administrations, ends, ten days of outage: what is done is never asked for again."""

from datetime import date, timedelta

import pytest

from domain.records.rows import transaction
from notifications.emulator import Fault, FaultKind
from notifications.sweep import sweep
from tests.support.clinic import Clinic, Json, Person
from tests.support.watch import EMERGENCY, page_of
from tests.support.year import (
    CAREGIVERS_PHONE,
    LINS_PHONE,
    arrived,
    both_consent,
    check_in,
    consent,
    days,
    occasion,
    record_visit,
    recorded,
    reminders,
    today,
    until_clock,
)


async def begun(clinic: Clinic) -> tuple[Person, Person, Person, date]:
    """Alice, Lin and her caregiver at noon of the day of the administration; both have consented to SMS."""
    await until_clock(clinic, today(clinic) + days(1), 12)
    alice = await clinic.staff("Alice")
    lin, caregiver = await clinic.lin(days=0)
    await both_consent(alice, lin)
    return alice, lin, caregiver, today(clinic)


async def corrected(alice: Person, lin: Person, given_on: date) -> Json:
    path = f"/v1/participants/{lin.participant_id}/administrations/1"
    answer = await alice.call("PATCH", path, {"givenOn": given_on.isoformat(), "reason": "typing error"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_after_a_correction_nothing_done_is_asked_for_and_the_rest_comes_on_its_new_day(
    clinic: Clinic,
) -> None:
    """cases.md 22."""
    alice, lin, _, given = await begun(clinic)
    await until_clock(clinic, given + days(7), 10)
    await check_in(lin)
    await record_visit(alice, lin, 1, action="complete", completedOn=(given + days(7)).isoformat())
    before = len(arrived(clinic))
    await until_clock(clinic, given + days(9), 10)
    await corrected(alice, lin, given + days(3))
    assert (await lin.get("/v1/me/schedule")).json()["version"] == 2
    await until_clock(clinic, given + days(17), 12)
    # Week 1 of the new plan lies ahead once more, on day 10, and is done all the same. Week 2 is on day 17.
    assert arrived(clinic)[before:] == [
        f"{given + days(10)} 09:00",  # a week before the visit of week 2
        f"{given + days(15)} 09:00",
        f"{given + days(16)} 18:00",
        f"{given + days(17)} 09:00",
    ]
    for kind in ("visit", "check-in"):
        assert (await occasion(lin, kind, 1))["state"] == "done"
    tasks = (await alice.get("/v1/tasks")).json()["tasks"]
    assert [each["kind"] for each in tasks].count("plan-review") == 1


async def test_a_correction_takes_a_text_back_that_waits_for_the_phone(clinic: Clinic) -> None:
    alice, lin, _, given = await begun(clinic)
    listed = (await reminders(lin))["reminders"]
    entries = [{"reminderId": each["reminderId"], "event": "scheduled", "at": each["at"]} for each in listed]
    await lin.post("/v1/me/reminder-receipts", {"planVersion": 1, "receipts": entries})
    await until_clock(clinic, given + days(5), 9, 10)
    before = arrived(clinic)
    await corrected(alice, lin, given - days(3))
    await until_clock(clinic, given + days(5), 11)
    # What comes now is the visit of week 2, whose day is nearer, not the old date's text.
    assert await clinic.rows("messages where state = 'stale'") == 1
    assert arrived(clinic)[: len(before)] == before


async def test_a_further_administration_that_moves_nothing_takes_no_text_back(clinic: Clinic) -> None:
    """Phase I counts from the first one: the plan is a new version with the same days."""
    alice, lin, _, given = await begun(clinic)
    listed = (await reminders(lin))["reminders"]
    entries = [{"reminderId": each["reminderId"], "event": "scheduled", "at": each["at"]} for each in listed]
    await lin.post("/v1/me/reminder-receipts", {"planVersion": 1, "receipts": entries})
    await until_clock(clinic, given + days(5), 9, 10)
    before = len(arrived(clinic))
    path = f"/v1/participants/{lin.participant_id}/administrations"
    assert (await alice.post(path, {"givenOn": (given + days(4)).isoformat()})).status_code == 201
    await until_clock(clinic, given + days(5), 11)
    assert arrived(clinic)[before:] == [f"{given + days(5)} 09:45"]


async def test_a_correction_there_and_back_says_nothing_twice(clinic: Clinic) -> None:
    alice, lin, _, given = await begun(clinic)
    await until_clock(clinic, given + days(5), 12)
    before = arrived(clinic)
    await corrected(alice, lin, given - days(40))
    await corrected(alice, lin, given)
    await until_clock(clinic, given + days(6), 12)
    assert arrived(clinic) == before
    async with transaction(clinic.trial.pool) as connection:
        versions = await connection.fetch(
            "select version, closed_at is null as followed from plans order by version"
        )
    assert [tuple(each) for each in versions] == [(1, False), (2, False), (3, True)]


async def test_a_further_administration_moves_what_is_not_done_and_keeps_the_history(clinic: Clinic) -> None:
    await until_clock(clinic, today(clinic) + days(1), 12)
    alice = await clinic.staff("Alice")
    lin, _ = await phase_two(clinic, alice)
    given = today(clinic)
    await until_clock(clinic, given + days(7), 10)
    await check_in(lin)
    await until_clock(clinic, given + days(14), 10)
    await check_in(lin)
    path = f"/v1/participants/{lin.participant_id}/administrations"
    assert (await alice.post(path, {"givenOn": (given + days(14)).isoformat()})).status_code == 201
    plan = (await lin.get("/v1/me/schedule")).json()
    assert plan["version"] == 2
    states = {(each["kind"], each["week"]): each for each in plan["occasions"]}
    assert states["check-in", 1]["state"] == states["check-in", 2]["state"] == "done"
    assert states["check-in", 3]["targetDate"] == (given + days(14 + 21)).isoformat()
    assert states["visit", 1]["targetDate"] == (given + days(21)).isoformat()
    async with transaction(clinic.trial.pool) as connection:
        old = await connection.fetch(
            "select week, state from occasions where plan_version = 1 order by kind, week"
        )
    # Done twice by Lin, and the first visit's window had ended.
    assert [(each["week"], each["state"]) for each in old] == [(1, "done"), (2, "done"), (1, "missed")]


async def phase_two(clinic: Clinic, alice: Person) -> tuple[Person, date]:
    """Somebody of phase II, whose weeks count from the last administration (calendar.toml, unconfirmed)."""
    site = (await alice.get("/v1/sites")).json()["sites"][0]["siteId"]
    body = {"siteId": site, "subjectNumber": "PHASE-2", "phase": "phase-2"}
    made = (await alice.post("/v1/participants", body)).json()
    path = f"/v1/participants/{made['participantId']}"
    given = today(clinic)
    await alice.post(f"{path}/administrations", {"givenOn": given.isoformat()})
    code = (await alice.post(f"{path}/activation-codes", {"role": "participant"})).json()["code"]
    lin = await clinic.activate(code)
    lin.participant_id = made["participantId"]
    return lin, given


async def test_a_rescheduled_visit_is_announced_for_its_new_day(clinic: Clinic) -> None:
    alice, lin, _, given = await begun(clinic)
    await until_clock(clinic, given + days(5), 12)
    before = len(arrived(clinic))
    moved = given + days(12)
    await record_visit(alice, lin, 1, action="reschedule", targetDate=moved.isoformat(), reason="snow")
    await until_clock(clinic, given + days(7), 10)
    await check_in(lin)
    await until_clock(clinic, given + days(13), 12)
    assert arrived(clinic)[before:] == [
        f"{given + days(5)} 12:00",  # a week before the new day, at once
        f"{given + days(7)} 09:00",
        f"{given + days(10)} 09:00",
        f"{given + days(11)} 18:00",
        f"{given + days(12)} 09:00",  # two days before the visit of week 2
        f"{given + days(13)} 09:00",  # the day after
        # the evening before the visit of week 2 is still to come
    ]
    shown = await recorded(alice, lin, "visit", 1)
    assert (shown["plannedDate"], shown["targetDate"]) == ((given + days(7)).isoformat(), moved.isoformat())
    assert (shown["closesOn"], shown["reason"], shown["recordedBy"]) == (moved.isoformat(), "snow", "Alice")


@pytest.mark.parametrize("reason", ["withdrawn", "transplanted", "died", "completed", "lost"])
async def test_after_the_end_nothing_goes_to_lin_or_her_caregiver_and_an_open_alert_rings_on(
    clinic: Clinic, reason: str
) -> None:
    """cases.md 25: reminders fired after the participant had ended."""
    alice, lin, caregiver, given = await begun(clinic)
    feed = (await lin.post("/v1/me/calendar-feed")).json()["url"].partition("/v1/")[2]
    await until_clock(clinic, given + days(5), 8, 30)
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    before = (arrived(clinic), arrived(clinic, CAREGIVERS_PHONE))
    body = {"reason": reason, "endedOn": today(clinic).isoformat()}
    answer = await alice.post(f"/v1/participants/{lin.participant_id}/end", body)
    assert answer.status_code == 200, answer.text
    await clinic.advance(minutes=45)
    assert clinic.rung()["Frank"] >= 1
    assert (arrived(clinic), arrived(clinic, CAREGIVERS_PHONE)) == before
    assert (await lin.get("/v1/me")).status_code == 401
    assert (await recorded(alice, lin, "visit", 1))["state"] == "cancelled"
    calendar = (await clinic.http.get(f"/v1/{feed}")).text
    assert calendar.count("STATUS:CANCELLED") == 60
    late = await caregiver.call(
        "PUT",
        "/v1/me/reports/0b5f0e6e-7a53-4c58-8a0c-3f2d1e4b5a01",
        clinic.submission("caregiver", EMERGENCY),
        token="submissionToken",
    )
    assert late.status_code == 201
    assert (await page_status(late.json())) != "not-needed"


async def page_status(report: Json) -> str:
    return str(report["page"]["status"])


async def test_an_end_that_comes_while_a_text_waits_is_the_end_of_that_text(clinic: Clinic) -> None:
    """Also behind the plan's back: it is looked at again at the moment of sending."""
    alice, lin, _, given = await begun(clinic)
    await until_clock(clinic, given + days(5), 8, 59)
    before = len(arrived(clinic))
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + timedelta(minutes=2))
    assert await sweep(clinic.demo.sandbox.worker) == 1
    assert await clinic.rows("messages where state = 'pending' and account_id is not null") == 2
    body = {"reason": "died", "endedOn": today(clinic).isoformat()}
    assert (await alice.post(f"/v1/participants/{lin.participant_id}/end", body)).status_code == 200
    # Taken back with the commit, before any worker looks again.
    assert await clinic.rows("messages where state = 'pending'") == 0
    await clinic.settle()
    assert len(arrived(clinic)) == before
    assert await clinic.rows("messages where state = 'stale'") == 2


async def test_ten_days_of_outage_bring_no_stale_reminder_and_what_still_holds_once(clinic: Clinic) -> None:
    """cases.md 11, for participants."""
    _, lin, _, given = await begun(clinic)
    await until_clock(clinic, given + days(4), 12)
    before = len(arrived(clinic))
    # Nobody works for ten days; then it is noon of day 14, the day of the visit and the check-in of week 2.
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + days(10))
    await clinic.settle()
    assert arrived(clinic)[before:] == [f"{given + days(14)} 12:00"]
    assert (await occasion(lin, "check-in", 1))["state"] == "missed"
    await clinic.advance(hours=5)
    assert arrived(clinic)[before:] == [f"{given + days(14)} 12:00"]
    # The site is not rung for the silence of a program that was deaf: Lin is asked first.
    assert clinic.rung() == {}
    assert await clinic.rows("tasks where kind = 'missed-check-in'") == 1


async def test_after_ten_days_of_outage_an_open_alert_rings_once_and_says_its_age(clinic: Clinic) -> None:
    """cases.md 11, for staff."""
    _, caregiver = await clinic.lin()
    _, other = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await other.report(EMERGENCY)
    await clinic.settle()
    bob = await clinic.staff("Bob")
    listed = (await bob.get("/v1/alerts")).json()["alerts"]
    for alert in listed[:1]:
        await bob.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")
        await bob.post(f"/v1/alerts/{alert['alertId']}/contacts", {"outcome": "in-care"})
    assert clinic.rung() == {"Bob": 2}
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + days(10))
    await clinic.settle()
    # One step, to one person; the one whose patient was reached rings nobody.
    assert clinic.rung() == {"Bob": 2, "Dana": 1}
    waiting = next(each for each in (await bob.get("/v1/alerts")).json()["alerts"] if each["state"] == "open")
    assert waiting["openedAt"] < (clinic.trial.now() - days(9)).isoformat()
    assert (await page_of(caregiver))["status"] in {"delivered", "not-yet-seen", "contacted"}


async def test_two_due_reminders_one_of_them_stuck_go_out_once_each_in_seven_days(clinic: Clinic) -> None:
    """cases.md 10: the same message went out 2,016 times."""
    await until_clock(clinic, today(clinic) + days(1), 12)
    alice = await clinic.staff("Alice")
    first, _ = await clinic.lin(days=0)
    second, _ = await clinic.lin(days=0)
    await consent(alice, first)
    await consent(alice, second, phone=CAREGIVERS_PHONE)
    clinic.emulator.script(
        Fault(kind=FaultKind.TIMEOUT, number=LINS_PHONE, seconds=0.02), Fault(kind=FaultKind.NO_RECEIPT)
    )
    given = today(clinic)
    await until_clock(clinic, given + days(6), 23)
    handed = [each.to for each in clinic.emulator.messages]
    assert (handed.count(LINS_PHONE), handed.count(CAREGIVERS_PHONE)) == (3, 3)
    await until_clock(clinic, given + days(7), 8)
    assert [each.to for each in clinic.emulator.messages] == handed

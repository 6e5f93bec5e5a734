"""What a review of the year found: each once went wrong."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.records import plans
from domain.records.rows import transaction
from notifications import sender
from notifications.emulator import Fault, FaultKind
from notifications.gateway import FailureClass, Receipt
from notifications.receipts import Teller, take_receipt
from notifications.sweep import sweep
from tests.stories.test_reminder_stories import given_today, moved_to_noon
from tests.support.clinic import Clinic, owner
from tests.support.watch import EMERGENCY, alert_of, page_of, take
from tests.support.year import (
    LINS_PHONE,
    arrived,
    consent,
    days,
    occasion,
    receipts,
    record_visit,
    recorded,
    reminders,
    today,
    until_clock,
)


async def test_an_account_that_is_opened_after_the_plan_was_made_is_reminded_from_then_on(
    clinic: Clinic,
) -> None:
    await moved_to_noon(clinic)
    alice = await clinic.staff("Alice")
    site = (await alice.get("/v1/sites")).json()["sites"][0]["siteId"]
    body = {"siteId": site, "subjectNumber": "LATE-CODE", "phase": "phase-1"}
    path = f"/v1/participants/{(await alice.post('/v1/participants', body)).json()['participantId']}"
    given = today(clinic)
    await alice.post(f"{path}/administrations", {"givenOn": given.isoformat()})
    await until_clock(clinic, given + days(1), 12)
    code = (await alice.post(f"{path}/activation-codes", {"role": "participant"})).json()["code"]
    lin = await clinic.activate(code)
    lin.participant_id = path.rsplit("/", 1)[1]
    await consent(alice, lin)
    await until_clock(clinic, given + days(6), 20)
    assert arrived(clinic)[-2:] == [f"{given + days(5)} 09:00", f"{given + days(6)} 18:00"]


@pytest.mark.parametrize("action", ["reschedule", "miss"])
async def test_what_was_agreed_about_a_visit_outlives_a_plan_that_moves_nothing(
    clinic: Clinic, action: str
) -> None:
    alice, lin, _ = await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(5), 12)
    moved = {"targetDate": (given + days(9)).isoformat()} if action == "reschedule" else {}
    await record_visit(alice, lin, 1, action=action, reason="snow", **moved)
    await clinic.settle()
    before = await recorded(alice, lin, "visit", 1)
    path = f"/v1/participants/{lin.participant_id}/administrations"
    assert (await alice.post(path, {"givenOn": (given + days(4)).isoformat()})).status_code == 201
    assert await recorded(alice, lin, "visit", 1) == before
    count = len(arrived(clinic))
    await until_clock(clinic, given + days(7), 10)
    # Nothing the evening before the old day; on it the check-in, and two days before the new one in the same text.
    assert arrived(clinic)[count:] == [f"{given + days(7)} 09:00"]
    assert await clinic.rows("tasks where kind = 'plan-review'") == 0


async def test_an_agreed_day_that_is_lost_and_a_year_that_was_typed_wrong_are_shown_to_a_human(
    clinic: Clinic,
) -> None:
    alice, lin, _ = await given_today(clinic)
    given = today(clinic)
    later = (given + days(9)).isoformat()
    await record_visit(alice, lin, 1, action="reschedule", targetDate=later, reason="snow")
    path = f"/v1/participants/{lin.participant_id}/administrations/1"
    for number, day in enumerate((given - days(1), given - days(400)), start=1):
        body = {"givenOn": day.isoformat(), "reason": "typing error"}
        assert (await alice.call("PATCH", path, body)).status_code == 200
        assert await clinic.rows("tasks where kind = 'plan-review'") == number


@pytest.mark.parametrize("code", [20003, 21606, 30042, 29999])
async def test_a_reminder_that_the_settings_refuse_goes_out_when_they_are_mended(
    clinic: Clinic, code: int
) -> None:
    await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(5), 8, 50)
    before = len(arrived(clinic))
    clinic.emulator.script(Fault(kind=FaultKind.REFUSE, number=LINS_PHONE, code=code))
    await until_clock(clinic, given + days(5), 10)
    safety = (await clinic.http.get("/health/safety")).json()
    assert safety["remindersPastTheirTime"] == 1
    clinic.emulator.script()
    await until_clock(clinic, given + days(5), 12)
    assert len(arrived(clinic)) == before + 1


async def test_a_receipt_that_comes_late_still_says_that_a_number_is_dead(clinic: Clinic) -> None:
    alice, lin, _ = await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(5), 8, 50)
    clinic.emulator.script(Fault(kind=FaultKind.NO_WORD, number=LINS_PHONE))
    await until_clock(clinic, given + days(5), 9, 20)
    text = next(each for each in reversed(clinic.emulator.messages) if each.to == LINS_PHONE)
    attempt = (text.callback_url or "").rpartition("=")[2]
    receipt = Receipt(
        attempt_id=UUID(attempt),
        provider_id=text.sid,
        status="undelivered",
        code=30005,
        failure=FailureClass.NUMBER,
    )
    assert await take_receipt(clinic.trial, receipt, Teller("twilio"))
    reach = (await alice.get(f"/v1/participants/{lin.participant_id}/schedule")).json()["reach"]
    assert [each["sms"] for each in reach] == [False, True]
    assert await clinic.rows("tasks where kind = 'dead-number'") == 1


async def test_a_visit_that_is_moved_after_the_morning_alarm_is_still_announced(clinic: Clinic) -> None:
    """One id names all of one time of one day: what the phone has shown was something else."""
    alice, lin, _ = await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(5), 8)
    listed = (await reminders(lin))["reminders"]
    morning = next(each for each in listed if each["at"].startswith(f"{given + days(5)}T01:00"))
    await until_clock(clinic, given + days(5), 9, 1)
    await receipts(lin, "shown", morning["reminderId"])
    await clinic.settle()
    before = len(arrived(clinic))
    await record_visit(
        alice, lin, 8, action="reschedule", targetDate=(given + days(7)).isoformat(), reason="travel"
    )
    await clinic.settle()
    assert len(arrived(clinic)) == before + 1


async def test_a_report_that_was_answered_stays_answered_when_a_silence_rings(clinic: Clinic) -> None:
    await moved_to_noon(clinic)
    lin, caregiver = await clinic.lin(days=5)
    given = today(clinic) - days(5)
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    bob = await clinic.staff("Bob")
    await take(bob)
    alert = await alert_of(bob)
    await bob.post(f"/v1/alerts/{alert['alertId']}/contacts", {"outcome": "in-care"})
    before = await page_of(caregiver)
    await until_clock(clinic, given + days(9), 12)
    assert (await alert_of(bob))["state"] == "open"
    after = await page_of(caregiver)
    assert [after[name] for name in ("status", "text", "goNow", "contactedAt")] == [
        before[name] for name in ("status", "text", "goNow", "contactedAt")
    ]
    assert (before["status"], before["goNow"]) == ("contacted", False)
    assert (await occasion(lin, "check-in", 1))["state"] == "open"
    await take(bob)
    await bob.post(f"/v1/alerts/{alert['alertId']}/contacts", {"outcome": "spoke-with-participant"})


async def test_after_thirty_days_an_ended_calendar_is_gone(clinic: Clinic) -> None:
    await moved_to_noon(clinic)
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin(days=0)
    feed = (await lin.post("/v1/me/calendar-feed")).json()["url"].partition("/v1/")[2]
    body = {"reason": "withdrawn", "endedOn": today(clinic).isoformat()}
    assert (await alice.post(f"/v1/participants/{lin.participant_id}/end", body)).status_code == 200
    await clinic.demo.sandbox.advance_to(clinic.trial.now() + timedelta(days=29))
    assert (await clinic.http.get(f"/v1/{feed}")).status_code == 200
    await clinic.demo.sandbox.advance_to(clinic.trial.now() + timedelta(days=2))
    assert (await clinic.http.get(f"/v1/{feed}")).status_code == 404


async def test_a_worker_that_was_frozen_sends_no_reminder_of_which_the_outcome_is_unknown(
    clinic: Clinic, clinic_url: str
) -> None:
    await given_today(clinic)
    given = today(clinic)
    await until_clock(clinic, given + days(5), 8, 59)
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + timedelta(minutes=2))
    assert await sweep(clinic.demo.sandbox.worker) == 1
    connection = await owner(clinic_url)
    waiting = await connection.fetch(
        "update messages set state = 'unknown' where state = 'pending' and account_id is not null returning id"
    )
    await connection.close()
    before = await clinic.rows("attempts")
    for each in waiting:
        # It had read that the text is pending, and goes on only now.
        await sender._send(clinic.demo.sandbox.worker, each["id"])  # noqa: SLF001 - the middle of its way
    assert (len(waiting), await clinic.rows("attempts")) == (2, before)


async def test_a_look_that_ends_late_takes_no_other_look_away(clinic: Clinic) -> None:
    """Holidays are said without the participant's lock, while a worker looks at her year."""
    await given_today(clinic)
    now, later = clinic.trial.now() + days(300), clinic.trial.now() + days(320)
    async with transaction(clinic.trial.pool) as connection:
        [due] = await plans.due(connection, now, frozenset(), 10)
        site_id = await connection.fetchval("select site_id from plans")
        await plans.look_at_site_now(connection, site_id, now)
        await plans.look_again(connection, due, later)
        assert await connection.fetchval("select due_at from plans") == now
        [again] = await plans.due(connection, now, frozenset(), 10)
        await plans.look_again(connection, again, later)
        assert await connection.fetchval("select due_at from plans") == later


async def test_a_phone_that_was_lost_reads_and_confirms_nothing_once_a_new_code_has_ended_it(
    clinic: Clinic,
) -> None:
    alice, lin, caregiver = await given_today(clinic)
    given = today(clinic)
    listed = (await reminders(lin))["reminders"]
    morning = next(each for each in listed if each["at"].startswith(f"{given + days(5)}T01:00"))
    await until_clock(clinic, given + days(5), 8)
    await receipts(lin, "scheduled", morning["reminderId"])
    path = f"/v1/participants/{lin.participant_id}/activation-codes"
    issued = await alice.post(path, {"role": "participant", "endsPhones": True})
    assert issued.status_code == 201, issued.text
    assert (await lin.get("/v1/me")).status_code == 401
    assert (await caregiver.get("/v1/me")).status_code == 200
    fresh = await clinic.activate(issued.json()["code"])
    assert (await fresh.get("/v1/me")).status_code == 200
    # The lost one had set its alarm: that counts for nothing now.
    await until_clock(clinic, given + days(5), 9)
    assert arrived(clinic)[-1] == f"{given + days(5)} 09:00"
    late = await lin.call(
        "PUT",
        "/v1/me/reports/0b5f0e6e-7a53-4c58-8a0c-3f2d1e4b5a02",
        clinic.submission("participant", {"vomited-blood": "no"}),
        token="submissionToken",
    )
    assert late.status_code == 201

"""The end of a participation: phones are signed out, nothing more goes to her, open alerts run on, records stay."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from uuid import uuid4

import httpx
import pytest

from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import end, enrolled, invite, monitor, path_of, plan_of, stranger, trail, visit
from tests.support.problems import pointers, refused, without_id
from tests.support.sites import home
from tests.support.watch import EMERGENCY, alert_of, take
from tests.support.year import check_in, consent, days, record_visit, recorded, today

REASONS = ["withdrawn", "transplanted", "died", "completed", "lost"]


async def hand_in(person: Person, answers: dict[str, str]) -> httpx.Response:
    """Hand in a report with what outlives the session."""
    body = person.clinic.submission(person.tokens["role"], answers)
    return await person.call("PUT", f"/v1/me/reports/{uuid4()}", body, token="submissionToken")


async def redeem(clinic: Clinic, code: str) -> httpx.Response:
    return await clinic.http.post("/v1/activations", json={"code": code, "deviceId": str(uuid4())})


async def states(alice: Person, lin: Person) -> dict[str, Counter[str]]:
    listed = (await plan_of(alice, lin))["occasions"]
    return {
        kind: Counter(each["state"] for each in listed if each["kind"] == kind)
        for kind in ("visit", "check-in")
    }


async def ends(clinic: Clinic, lin: Person) -> list[Json]:
    return [each for each in await trail(clinic, lin) if each["action"] == "participant.end"]


@pytest.mark.parametrize("reason", REASONS)
async def test_an_end_is_recorded_with_its_reason_and_day(ward: Clinic, alice: Person, reason: str) -> None:
    lin, _ = await ward.lin()
    yesterday = today(ward) - days(1)
    answer = await end(alice, lin, yesterday, reason)
    assert answer.status_code == 200
    shown = answer.json()
    assert shown["state"] == "ended"
    assert (shown["end"]["reason"], shown["end"]["endedOn"]) == (reason, yesterday.isoformat())
    assert (await alice.get(path_of(lin))).json() == shown
    (line,) = await ends(ward, lin)
    assert line["changes"][0]["after"]["end_reason"] == reason


async def test_both_phones_are_signed_out_at_once(ward: Clinic, alice: Person) -> None:
    lin, caregiver = await ward.lin()
    await end(alice, lin, today(ward))
    for person in (lin, caregiver):
        for path in ("/v1/me", "/v1/me/schedule", "/v1/me/reports", "/v1/me/forms"):
            refused(await person.get(path), 401, "token.refused")
        refused(await person.post("/v1/me/calendar-feed"), 401, "token.refused")
        body = {"refreshToken": person.tokens["refreshToken"], "deviceId": person.device_id}
        refused(await ward.http.post("/v1/tokens", json=body), 401, "token.refused")


async def test_codes_that_nobody_has_redeemed_are_dead(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    codes = [await invite(alice, lin, role) for role in ("participant", "caregiver")]
    await end(alice, lin, today(ward))
    dead = [without_id(refused(await redeem(ward, code), 403, "activation.refused")) for code in codes]
    wrong = without_id(refused(await redeem(ward, "K7Q4-MM2P-9XRT"), 403, "activation.refused"))
    assert dead == [wrong, wrong]


async def test_a_report_that_was_still_on_the_phone_is_taken_and_pages(clinic: Clinic) -> None:
    lin, caregiver = await clinic.lin()
    alice = await clinic.staff("Alice")
    await end(alice, lin, today(clinic), "died")
    answer = await hand_in(caregiver, EMERGENCY)
    assert (answer.status_code, answer.json()["level"]) == (201, "emergency")
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


async def test_a_check_in_that_was_still_on_the_phone_is_taken_and_changes_no_plan(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin(days=8)
    await end(alice, lin, today(ward))
    body = {**ward.submission("participant", {"vomited-blood": "no"}), "formId": "check-in"}
    answer = await lin.call("PUT", f"/v1/me/reports/{uuid4()}", body, token="submissionToken")
    assert answer.status_code == 201
    assert (await recorded(alice, lin, "check-in", 1))["state"] == "cancelled"


async def test_an_open_alert_keeps_ringing_until_somebody_has_taken_it(clinic: Clinic) -> None:
    lin, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    alice = await clinic.staff("Alice")
    await end(alice, lin, today(clinic), "transplanted")
    await clinic.advance(minutes=10)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}
    dana = await clinic.staff("Dana")
    await take(dana)
    assert (await alert_of(dana))["state"] == "acknowledged"
    await clinic.advance(minutes=9)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}


async def test_the_site_sees_what_was_done_what_was_missed_and_that_the_rest_is_called_off(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=14)
    await check_in(lin)
    await record_visit(early, lin, 2, action="complete", completedOn=today(dawn).isoformat())
    assert (await end(early, lin, today(dawn), "lost")).status_code == 200
    assert await states(early, lin) == {
        "visit": Counter(missed=1, done=1, cancelled=6),
        # The first one had passed before the plan was made.
        "check-in": Counter(missed=1, done=1, cancelled=50),
    }
    assert [each["phones"] for each in (await plan_of(early, lin))["reach"]] == [0, 0]


async def test_a_visit_that_took_place_is_still_recorded_afterwards(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=12)
    await end(early, lin, today(dawn))
    missed = await record_visit(
        early, lin, 1, action="complete", completedOn=(today(dawn) - days(5)).isoformat()
    )
    assert (missed["state"], missed["isLate"], "missedAt" in missed) == ("done", False, True)
    called_off = await record_visit(early, lin, 2, action="complete", completedOn=today(dawn).isoformat())
    assert (called_off["state"], called_off["isLate"]) == ("done", False)
    assert await states(early, lin) == {
        "visit": Counter(done=2, cancelled=6),
        "check-in": Counter(cancelled=52),
    }


async def test_what_was_called_off_is_neither_missed_nor_moved(dawn: Clinic, early: Person) -> None:
    lin, _ = await dawn.lin(days=8)
    await end(early, lin, today(dawn))
    refused(await visit(early, lin, 1, action="miss", reason="snow"), 409, "state.conflict")
    day = (today(dawn) + days(1)).isoformat()
    change = {"action": "reschedule", "targetDate": day, "reason": "snow"}
    refused(await visit(early, lin, 1, **change), 409, "state.conflict")
    refused(await visit(early, lin, 1, action="reopen", reason="snow"), 409, "state.conflict")
    assert (await recorded(early, lin, "visit", 1))["state"] == "cancelled"


async def test_what_was_missed_stays_missed_and_gets_no_new_day_after_the_end(
    dawn: Clinic, early: Person
) -> None:
    lin, _ = await dawn.lin(days=12)
    await end(early, lin, today(dawn))
    before = await recorded(early, lin, "visit", 1)
    assert before["state"] == "missed"
    day = (today(dawn) + days(1)).isoformat()
    change = {"action": "reschedule", "targetDate": day, "reason": "snow"}
    refused(await visit(early, lin, 1, **change), 409, "state.conflict")
    assert await recorded(early, lin, "visit", 1) == before


async def test_nothing_begins_after_the_end(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await end(alice, lin, today(ward))
    path, day = path_of(lin), today(ward).isoformat()
    sms = {"phone": "+8619900000100", "consentedOn": day}
    answers = [
        await alice.post(f"{path}/administrations", {"givenOn": day}),
        await alice.post(f"{path}/activation-codes", {"role": "participant"}),
        await alice.post(f"{path}/activation-codes", {"role": "caregiver"}),
        await alice.put(f"{path}/sms-consents/participant", sms),
        await alice.put(f"{path}/sms-consents/caregiver", sms),
    ]
    for answer in answers:
        refused(answer, 409, "participant.ended")


async def test_a_consent_can_be_taken_back_after_the_end(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await consent(alice, lin)
    await end(alice, lin, today(ward))
    assert (await alice.call("DELETE", f"{path_of(lin)}/sms-consents/participant")).status_code == 204


async def test_the_same_end_again_is_fine_and_another_one_is_not(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    first = await end(alice, lin, today(ward))
    again = await end(alice, lin, today(ward))
    assert (again.status_code, again.json()) == (200, first.json())
    refused(await end(alice, lin, today(ward), "died"), 409, "state.conflict")
    refused(await end(alice, lin, today(ward) - days(1)), 409, "state.conflict")
    assert (await alice.get(path_of(lin))).json() == first.json()
    assert len(await ends(ward, lin)) == 1


async def test_two_desks_that_end_at_once_make_one_end(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    answers = await asyncio.gather(*(end(alice, lin, today(ward), reason) for reason in REASONS))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409, 409]
    (won,) = (each for each in answers if each.status_code == 200)
    assert (await alice.get(path_of(lin))).json() == won.json()


async def test_an_end_that_has_not_come_is_refused(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    for day in (today(ward) + timedelta(days=2), date(9999, 12, 31)):
        assert pointers(refused(await end(alice, lin, day), 422, "body.invalid")) == ["/endedOn"]
    assert (await lin.get("/v1/me")).status_code == 200


async def test_a_participation_without_a_plan_can_end_too(ward: Clinic, alice: Person) -> None:
    lin = await enrolled(alice, await home(ward), "ZN-SCREENED")
    assert (await end(alice, lin, today(ward))).json()["state"] == "ended"
    assert (await plan_of(alice, lin))["occasions"] == []
    refused(await lin.get("/v1/me"), 401, "token.refused")


async def test_only_those_who_work_at_her_site_end_a_participation(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    refused(await end(await monitor(ward), lin, today(ward)), 403, "access.denied")
    refused(await end(await stranger(ward), lin, today(ward)), 404, "not-found")
    refused(await end(lin, lin, today(ward)), 401, "token.refused")
    assert (await alice.get(path_of(lin))).json()["state"] == "enrolled"


async def test_the_end_of_one_leaves_her_neighbour_alone(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    neighbour, caregiver = await ward.lin()
    await end(alice, lin, today(ward))
    for person in (neighbour, caregiver):
        assert (await person.get("/v1/me")).status_code == 200
    assert (await plan_of(alice, neighbour))["reach"][0]["phones"] == 1

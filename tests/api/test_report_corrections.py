"""Corrections: the earlier report stays, the later one is judged anew, and no page is taken back."""

from uuid import uuid4

import httpx
import pytest

from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import refused
from tests.support.watch import alert_of

BLEEDING: dict[str, str | float] = {"black-stool": "yes"}
WELL: dict[str, str | float] = {"black-stool": "no"}


async def correct(
    person: Person, report_id: str, answers: dict[str, str | float], **fields: Json
) -> httpx.Response:
    body = {
        **person.clinic.submission(person.tokens["role"], answers),
        "correctionId": str(uuid4()),
        "reason": "I ticked the wrong line.",
        **fields,
    }
    return await person.post(f"/v1/me/reports/{report_id}/corrections", body)


async def handed_in(person: Person, answers: dict[str, str | float]) -> str:
    return str((await person.report(answers)).json()["reportId"])


async def test_a_correction_may_raise_and_rings(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    first = await handed_in(lin, WELL)
    answer = await correct(lin, first, BLEEDING)
    report = answer.json()
    assert (answer.status_code, report["level"], report["corrects"]) == (201, "emergency", first)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    assert (await lin.get(f"/v1/me/reports/{first}")).json()["level"] == "none"


async def test_a_correction_that_says_all_is_well_takes_no_page_back(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    first = await handed_in(lin, BLEEDING)
    report = (await correct(lin, first, WELL)).json()
    assert (report["level"], report["page"]["status"]) == ("none", "not-needed")
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    page = (await lin.get(f"/v1/me/reports/{first}")).json()["page"]
    assert (page["goNow"], page["status"]) == (True, "delivered")
    alert = await alert_of(await clinic.staff("Bob"))
    assert (alert["state"], alert["level"]) == ("open", "emergency")


async def test_a_correction_sent_again_is_stored_once(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    first, own = await handed_in(lin, WELL), str(uuid4())
    again = [await correct(lin, first, WELL, correctionId=own) for _ in range(3)]
    assert [each.status_code for each in again] == [201, 200, 200]
    assert {each.json()["reportId"] for each in again} == {own}
    assert len((await lin.get("/v1/me/reports")).json()["reports"]) == 2


async def test_other_content_under_the_id_of_a_correction_is_a_conflict(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    first, own = await handed_in(lin, WELL), str(uuid4())
    await correct(lin, first, WELL, correctionId=own)
    refused(await correct(lin, first, {"fainted": "no"}, correctionId=own), 409, "report.conflict")


@pytest.mark.parametrize("fields", [{"reason": ""}, {"reason": "  "}, {"reason": 7}])
async def test_a_correction_that_does_not_say_why_is_kept_and_put_before_a_human(
    ward: Clinic, fields: Json
) -> None:
    lin, _ = await ward.lin()
    report = (await correct(lin, await handed_in(lin, WELL), BLEEDING, **fields)).json()
    assert "reason-missing" in report["misfits"]
    assert (report["level"], report["page"]["goNow"]) == ("emergency", True)


async def test_a_correction_of_what_has_not_come_yet_is_kept(ward: Clinic) -> None:
    lin, caregiver = await ward.lin()
    for nobodys in (str(uuid4()), await handed_in(caregiver, {"vomited-blood": "no"})):
        report = (await correct(lin, nobodys, BLEEDING)).json()
        assert (report["misfits"], report["level"]) == (["original-unknown"], "emergency")


async def test_a_correction_without_a_readable_id_of_its_own_gets_one(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    answer = await correct(lin, await handed_in(lin, WELL), BLEEDING, correctionId="seven")
    assert (answer.status_code, answer.json()["level"]) == (201, "emergency")
    assert "/correctionId" in [each["pointer"] for each in answer.json()["faults"]]


async def test_a_correction_without_an_id_that_is_sent_again_is_stored_once(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    first = await handed_in(lin, WELL)
    body = {**ward.submission("participant", BLEEDING), "reason": "I ticked the wrong line."}
    again = [await lin.post(f"/v1/me/reports/{first}/corrections", body) for _ in range(2)]
    assert [each.status_code for each in again] == [201, 200]


async def test_staff_read_the_reason_beside_the_answers(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    first = await handed_in(lin, BLEEDING)
    await correct(lin, first, {"black-stool": "yes", "fainted": "yes"})
    original, correction = (await alert_of(await clinic.staff("Bob")))["reports"]
    assert (original["reportId"], "reason" in original) == (first, False)
    assert (correction["corrects"], correction["reason"]) == (first, "I ticked the wrong line.")


async def test_staff_see_what_was_not_answered_and_what_was_not_asked(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    body = {**clinic.submission("participant", {**BLEEDING, "urine": "dont-know"}), "formVersion": 2}
    assert (await lin.put(f"/v1/me/reports/{uuid4()}", body)).status_code == 201
    (report,) = (await alert_of(await clinic.staff("Bob")))["reports"]
    why = {each["itemId"]: each["why"] for each in report["unanswered"]}
    assert (why["dizzy-on-standing"], why["reaction"]) == ("not-answered", "not-asked")
    assert not {"black-stool", "urine"} & set(why)

"""Consents one by one: on record with their paper, taken back by whoever may, and felt with the next request."""

from io import StringIO
from uuid import uuid4

import pytest

from tests.support.calendars import address
from tests.support.clinic import Clinic, Json, Person, open_clinic
from tests.support.desk import agree, end, invite, monitor, path_of, stranger, trail
from tests.support.logs import line_of
from tests.support.problems import pointers, refused
from tests.support.sites import home, register
from tests.support.watch import EMERGENCY, tasks_about
from tests.support.year import CAREGIVERS_PHONE, LINS_PHONE, consent, days, today

KINDS = ["data", "caregiver-access"]


async def back(person: Person, lin: Person, kind: str) -> int:
    return (await person.call("DELETE", f"{path_of(lin)}/consents/{kind}")).status_code


async def own_back(person: Person, kind: str) -> int:
    return (await person.call("DELETE", f"/v1/me/consents/{kind}")).status_code


async def listed(alice: Person, lin: Person) -> list[Json]:
    """What is on record beside what the sandbox has signed."""
    answer = await alice.get(f"{path_of(lin)}/consents")
    assert answer.status_code == 200, answer.text
    return [each for each in answer.json()["consents"] if each["version"] != "sandbox"]


async def in_force(alice: Person, lin: Person) -> list[str]:
    found = (await alice.get(f"{path_of(lin)}/consents")).json()["consents"]
    return [each["kind"] for each in found if "withdrawnAt" not in each]


async def newcomer(ward: Clinic, alice: Person) -> Person:
    """Somebody of whom nothing is signed yet."""
    answer = await register(alice, (await home(ward)).id, f"ZN-{uuid4().hex[:10].upper()}")
    lin = Person(ward, "", {})
    lin.participant_id = answer.json()["participantId"]
    return lin


@pytest.mark.parametrize("kind", KINDS)
async def test_a_consent_is_recorded_with_its_paper_and_by_whom(
    ward: Clinic, alice: Person, kind: str
) -> None:
    lin = await newcomer(ward, alice)
    assert (await agree(alice, lin, kind, "v1", today(ward) - days(2))).status_code == 200
    assert (await agree(alice, lin, kind, "v2")).status_code == 200
    first, second = await listed(alice, lin)
    me = (await alice.get("/v1/staff/me")).json()["staffId"]
    shown = [(each["kind"], each["version"], each["recordedBy"]) for each in (first, second)]
    assert shown == [(kind, "v1", me), (kind, "v2", me)]
    # The newer paper closes the one before, and takes nothing away from anybody.
    assert ("withdrawnAt" in first, "withdrawnAt" in second) == (True, False)
    assert first["consentedOn"] == (today(ward) - days(2)).isoformat()


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_paper_twice_is_one_consent(ward: Clinic, alice: Person, kind: str) -> None:
    lin = await newcomer(ward, alice)
    await agree(alice, lin, kind)
    before = await ward.everything()
    assert (await agree(alice, lin, kind)).status_code == 200
    assert await ward.everything() == before


async def test_a_consent_to_sms_is_listed_with_its_paper_and_without_its_number(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    body = {"phone": LINS_PHONE, "consentedOn": today(ward).isoformat(), "version": "sms-3"}
    assert (await alice.put(f"{path_of(lin)}/sms-consents/participant", body)).status_code == 200
    answer = await alice.get(f"{path_of(lin)}/consents")
    (found,) = [each for each in answer.json()["consents"] if each["kind"] == "sms"]
    assert (found["role"], found["version"]) == ("participant", "sms-3")
    assert LINS_PHONE[3:] not in answer.text
    held = {"If-None-Match": answer.headers["etag"]}
    assert (await alice.get(f"{path_of(lin)}/consents", **held)).status_code == 304


async def test_what_lies_ahead_or_has_no_version_is_none(ward: Clinic, alice: Person) -> None:
    lin = await newcomer(ward, alice)
    late = refused(await agree(alice, lin, on=today(ward) + days(2)), 422, "body.invalid")
    assert pointers(late) == ["/consentedOn"]
    for version in ("", " v1", "v1\n", "x" * 41):
        refused(await agree(alice, lin, version=version), 422, "body.invalid")
    assert await listed(alice, lin) == []


async def test_no_caregiver_gets_a_code_without_consent(ward: Clinic, alice: Person) -> None:
    lin = await newcomer(ward, alice)
    codes, wanted = f"{path_of(lin)}/activation-codes", {"role": "caregiver"}
    before = await ward.everything()
    refused(await alice.post(codes, wanted), 409, "consent.missing")
    assert await ward.everything() == before
    assert (await alice.post(codes, {"role": "participant"})).status_code == 201
    await agree(alice, lin)
    assert (await alice.post(codes, wanted)).status_code == 201
    assert await back(alice, lin, "caregiver-access") == 204
    refused(await alice.post(codes, wanted), 409, "consent.missing")


async def test_whoever_is_no_caregiver_any_more_is_out_with_the_next_request(
    ward: Clinic, alice: Person
) -> None:
    lin, caregiver = await ward.lin()
    feed, unused = await address(caregiver), await invite(alice, lin, "caregiver")
    assert await back(alice, lin, "caregiver-access") == 204
    refused(await caregiver.get("/v1/me"), 401, "token.refused")
    body = {"refreshToken": caregiver.tokens["refreshToken"], "deviceId": caregiver.device_id}
    refused(await ward.http.post("/v1/tokens", json=body), 401, "token.refused")
    refused(await ward.http.get(feed), 404, "not-found")
    code = {"code": unused, "deviceId": str(uuid4())}
    refused(await ward.http.post("/v1/activations", json=code), 403, "activation.refused")
    # Lin herself goes on.
    assert (await lin.get("/v1/me")).status_code == 200


async def test_what_a_former_caregiver_has_not_sent_rings_and_is_kept_in_the_quarantine(
    clinic_url: str,
) -> None:
    async with open_clinic(clinic_url) as clinic:
        alice = await clinic.staff("Alice")
        lin, caregiver = await clinic.lin()
        assert await own_back(lin, "caregiver-access") == 204
        report_id, body = str(uuid4()), clinic.submission("caregiver", EMERGENCY)
        path = f"/v1/me/reports/{report_id}"
        answer = await caregiver.call("PUT", path, body, token="submissionToken")
        assert answer.status_code == 201, answer.text
        await clinic.settle()
        assert clinic.rung() == {"Bob": 1}
        (kept,) = (await alice.get(f"{path_of(lin)}/reports")).json()["reports"]
        assert kept["misfits"] == ["consent-withdrawn"]
        assert await tasks_about(clinic, report_id) == ["quarantined-report"]


async def test_a_caregiver_who_is_let_in_again_is_in_and_her_old_phone_is_not(
    ward: Clinic, alice: Person
) -> None:
    lin, caregiver = await ward.lin()
    await back(alice, lin, "caregiver-access")
    again = await ward.activate(await invite(alice, lin, "caregiver"))
    assert (await again.get("/v1/me")).status_code == 200
    refused(await caregiver.get("/v1/me"), 401, "token.refused")


async def test_without_consent_to_data_everybody_is_out_and_nobody_is_let_in(
    ward: Clinic, alice: Person
) -> None:
    lin, caregiver = await ward.lin()
    await consent(alice, lin)
    assert await back(alice, lin, "data") == 204
    for person in (lin, caregiver):
        refused(await person.get("/v1/me"), 401, "token.refused")
    for role in ("participant", "caregiver"):
        answer = await alice.post(f"{path_of(lin)}/activation-codes", {"role": role})
        refused(answer, 409, "consent.missing")
    assert await in_force(alice, lin) == ["caregiver-access"]
    # What there is stays, and the site reads it.
    assert (await alice.get(f"{path_of(lin)}/reports")).status_code == 200
    assert (await alice.get(path_of(lin))).json()["state"] == "enrolled"
    await agree(alice, lin, "data", "v2")
    assert (await ward.activate(await invite(alice, lin))).tokens["role"] == "participant"


async def test_each_takes_back_what_is_hers(ward: Clinic, alice: Person) -> None:
    lin, caregiver = await ward.lin()
    await consent(alice, lin)
    await consent(alice, lin, "caregiver", CAREGIVERS_PHONE)
    refused(await caregiver.call("DELETE", "/v1/me/consents/caregiver-access"), 403, "access.denied")
    assert await own_back(caregiver, "sms") == 204
    texted = {each["role"]: each for each in await listed(alice, lin)}
    assert ("withdrawnAt" in texted["caregiver"], "withdrawnAt" in texted["participant"]) == (True, False)
    assert await own_back(lin, "sms") == 204
    assert await own_back(lin, "sms") == 204
    refused(await lin.call("DELETE", "/v1/me/consents/data"), 404, "not-found")
    refused(await alice.call("DELETE", "/v1/me/consents/sms"), 401, "token.refused")
    actors = [each["actor"]["role"] for each in await trail(ward, lin) if each["action"].endswith("withdraw")]
    assert actors == ["caregiver", "participant"]


async def test_only_those_who_work_at_her_site_record_consents_and_a_monitor_reads_them(
    ward: Clinic,
) -> None:
    lin, _ = await ward.lin()
    mona, xenia = await monitor(ward), await stranger(ward)
    for person, status, code in ((mona, 403, "access.denied"), (xenia, 404, "not-found")):
        refused(await agree(person, lin), status, code)
        refused(await person.call("DELETE", f"{path_of(lin)}/consents/data"), status, code)
    assert (await mona.get(f"{path_of(lin)}/consents")).status_code == 200
    refused(await xenia.get(f"{path_of(lin)}/consents"), 404, "not-found")
    refused(await lin.get(f"{path_of(lin)}/consents"), 401, "token.refused")
    assert (await lin.get("/v1/me")).status_code == 200


async def test_after_the_end_nothing_is_recorded_and_anything_is_taken_back(
    ward: Clinic, alice: Person, log: StringIO
) -> None:
    lin, _ = await ward.lin()
    await end(alice, lin, today(ward))
    refused(await agree(alice, lin), 409, "participant.ended")
    for kind in (*KINDS, *KINDS):
        assert await back(alice, lin, kind) == 204
    line = await line_of(log, await alice.get(f"{path_of(lin)}/consents"))
    assert line["operation"] == "consent.list"

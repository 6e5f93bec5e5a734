"""Replacing a phone is the site's act: it sees them, takes one out of use, and that holds with the next request."""

from uuid import uuid4

import httpx

from domain.people import Role
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import end, monitor, path_of, second_phone, stranger, trail
from tests.support.handing_in import tasks_of
from tests.support.nodes import another_node
from tests.support.problems import refused
from tests.support.sites import hire, home
from tests.support.year import today

READS = ("/v1/me", "/v1/me/schedule", "/v1/me/forms", "/v1/me/reports", "/v1/me/reminders")


async def devices(staff: Person, lin: Person) -> list[Json]:
    answer = await staff.get(f"{path_of(lin)}/devices")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["devices"])


async def states(staff: Person, lin: Person) -> list[tuple[str, str]]:
    return [(each["role"], each["state"]) for each in await devices(staff, lin)]


async def take_away(staff: Person, lin: Person, session_id: str) -> httpx.Response:
    return await staff.call("DELETE", f"{path_of(lin)}/devices/{session_id}")


async def rotate(person: Person) -> httpx.Response:
    body = {"refreshToken": person.tokens["refreshToken"], "deviceId": person.device_id}
    return await person.clinic.http.post("/v1/tokens", json=body)


async def first_of(staff: Person, lin: Person, role: str = "participant") -> str:
    """The phone of this role that came first."""
    return [str(each["sessionId"]) for each in await devices(staff, lin) if each["role"] == role][-1]


async def test_the_site_sees_each_phone_and_what_has_become_of_it(ward: Clinic, alice: Person) -> None:
    lin, caregiver = await ward.lin()
    assert sorted(await states(alice, lin)) == [("caregiver", "signed-in"), ("participant", "signed-in")]
    await caregiver.call("DELETE", "/v1/tokens/current")
    await second_phone(alice, lin)
    assert await states(alice, lin) == [
        ("participant", "signed-in"),
        ("caregiver", "signed-out"),
        ("participant", "signed-in"),
    ]
    await end(alice, lin, today(ward))
    assert sorted(state for _, state in await states(alice, lin)) == ["ended", "ended", "signed-out"]


async def test_a_phone_whose_consent_was_taken_back_is_listed_as_that(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    assert (await lin.call("DELETE", "/v1/me/consents/caregiver-access")).status_code == 204
    assert sorted(await states(alice, lin)) == [
        ("caregiver", "consent-withdrawn"),
        ("participant", "signed-in"),
    ]


async def test_a_phone_that_is_taken_away_reads_nothing_with_its_next_request_at_any_node(
    ward: Clinic, alice: Person
) -> None:
    lin, caregiver = await ward.lin()
    new = await second_phone(alice, lin)
    async with another_node(ward) as other:
        there = Person(other, lin.device_id, lin.tokens)
        # The other node has verified this token, and remembers that.
        assert (await there.get("/v1/me")).status_code == 200
        assert (await take_away(alice, lin, await first_of(alice, lin))).status_code == 204
        for phone in (lin, there):
            for path in READS:
                refused(await phone.get(path), 401, "token.refused")
            refused(await rotate(phone), 401, "token.refused")
    for phone in (new, caregiver):
        assert (await phone.get("/v1/me")).status_code == 200
    assert sorted(await states(alice, lin)) == [
        ("caregiver", "signed-in"),
        ("participant", "replaced"),
        ("participant", "signed-in"),
    ]


async def test_uploads_from_a_phone_that_was_taken_away_are_kept_apart_and_never_lost(
    ward: Clinic, alice: Person
) -> None:
    """Case 21: old phone, old token, uploads from a replaced phone."""
    lin, _ = await ward.lin()
    new = await second_phone(alice, lin)
    await take_away(alice, lin, await first_of(alice, lin))
    body, place = ward.submission("participant", {"black-stool": "yes"}), f"/v1/me/reports/{uuid4()}"
    for token in ("submissionToken", "accessToken"):
        answer = await lin.call("PUT", place, body, token=token)
        assert answer.status_code == (201 if token == "submissionToken" else 200)
        assert answer.json()["misfits"] == ["replaced-phone"]
    assert await tasks_of(ward, lin) == ["quarantined-report"]
    (kept,) = (await new.get("/v1/me/reports")).json()["reports"]
    assert kept["misfits"] == ["replaced-phone"]


async def test_a_phone_that_had_signed_out_can_be_taken_away_too(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    await lin.call("DELETE", "/v1/tokens/current")
    before = await devices(alice, lin)
    assert (await take_away(alice, lin, await first_of(alice, lin))).status_code == 204
    after = await devices(alice, lin)
    assert {each["sessionId"]: each["endsAt"] for each in after} == {
        each["sessionId"]: each["endsAt"] for each in before
    }
    report = ward.submission("participant", {"fainted": "no"})
    answer = await lin.call("PUT", f"/v1/me/reports/{uuid4()}", report, token="submissionToken")
    assert answer.json()["misfits"] == ["replaced-phone"]


async def test_taking_a_phone_away_twice_is_one_line_of_the_trail_with_who_did_it(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    session_id = await first_of(alice, lin)
    for _ in range(2):
        assert (await take_away(alice, lin, session_id)).status_code == 204
    (line,) = [each for each in await trail(ward, lin) if each["action"] == "device.revoke"]
    assert line["actor"]["role"] == "staff"
    assert line["actor"]["id"] == (await alice.get("/v1/staff/me")).json()["staffId"]


async def test_only_those_who_work_at_her_site_take_a_phone_away_and_only_hers(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    neighbour, _ = await ward.lin()
    mine, others = await first_of(alice, lin), await first_of(alice, neighbour)
    refused(await take_away(alice, lin, others), 404, "not-found")
    refused(await take_away(alice, lin, str(uuid4())), 404, "not-found")
    refused(await take_away(await monitor(ward), lin, mine), 403, "access.denied")
    xenia = await stranger(ward)
    refused(await take_away(xenia, lin, mine), 404, "not-found")
    refused(await xenia.get(f"{path_of(lin)}/devices"), 404, "not-found")
    refused(await take_away(lin, lin, mine), 401, "token.refused")
    for phone in (lin, neighbour):
        assert (await phone.get("/v1/me")).status_code == 200


async def test_a_member_of_staff_is_no_phone_of_anybodys(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    grace = (await hire(ward, "Grace", Role.COORDINATOR, await home(ward))).person
    session = ward.demo.edge.mint.read(grace.tokens["accessToken"]).session_id
    refused(await take_away(alice, lin, str(session)), 404, "not-found")

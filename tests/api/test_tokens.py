"""Tokens: a lost answer signs nobody out, a stolen one ends the family, and a forged one is nothing."""

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from api.metrics import exposition
from domain.records.rows import transaction
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Person
from tests.support.desk import path_of
from tests.support.handing_in import tasks_of
from tests.support.problems import refused
from tests.support.tokens import present, session_of


async def rotate(
    person: Person, token: str | None = None, *, device_id: str | None = None, path: str = "/v1/tokens"
) -> httpx.Response:
    refresh_token = token or person.tokens["refreshToken"]
    body = {"refreshToken": refresh_token, "deviceId": device_id or person.device_id}
    return await person.clinic.http.post(path, json=body)


async def pass_time(person: Person, by: timedelta) -> None:
    """Let machine time pass for a person's session, without waiting for it."""
    session = await session_of(person)
    async with transaction(person.clinic.trial.pool) as connection:
        await connection.execute(
            """
            update sessions set rotated_at = rotated_at - $1::interval, revoked_at = revoked_at - $1::interval
            where id = $2
            """,
            by,
            session.id,
        )


async def actions(person: Person) -> list[str]:
    """What the audit trail says about this participant, oldest first."""
    session = await session_of(person)
    async with transaction(person.clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select action from audit_entries where participant_id = $1 order by position",
            session.participant_id,
        )
    return [row["action"] for row in found]


async def test_a_rotation_gives_a_pair_that_works(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    pair = (await rotate(lin)).json()
    assert pair["refreshToken"] != lin.tokens["refreshToken"]
    assert (await present(ward, pair["accessToken"])).status_code == 200
    assert (await rotate(lin, pair["refreshToken"])).status_code == 201


async def test_the_same_device_gets_the_same_successor_again_within_a_minute(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    first = await rotate(lin)
    await pass_time(lin, timedelta(seconds=50))
    # The pair is dated by the rotation, which the line above has moved.
    again = [await rotate(lin) for _ in range(2)]
    assert again[0].status_code == 201
    assert again[0].content == again[1].content
    assert again[0].json()["refreshToken"] == first.json()["refreshToken"]
    assert (await actions(lin)).count("token.rotate") == 1


async def test_twenty_rotations_at_once_have_one_successor(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    answers = await asyncio.gather(*(rotate(lin) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


async def test_a_token_used_again_after_a_minute_ends_the_family_and_is_a_security_event(
    ward: Clinic,
) -> None:
    lin, _ = await ward.lin()
    successor = (await rotate(lin)).json()
    await pass_time(lin, timedelta(seconds=60))

    refused(await rotate(lin), 401, "token.refused")

    assert (await actions(lin))[-1] == "token.reuse"
    refused(await present(ward, successor["accessToken"]), 401, "token.refused")
    refused(await rotate(lin, successor["refreshToken"]), 401, "token.refused")


async def test_the_site_and_the_operator_hear_of_a_token_that_was_used_again_and_her_reports_still_come_in(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    before = await counted(ward, "token.reuse")
    refused(await rotate(lin, device_id=str(uuid4())), 401, "token.refused")
    # The family is over, and is no second event.
    refused(await rotate(lin), 401, "token.refused")

    (task,) = await tasks_of(ward, lin)
    assert task == "token-reuse"
    (told,) = [
        each
        for each in (await alice.get("/v1/tasks?limit=100")).json()["tasks"]
        if each.get("participantId") == lin.participant_id
    ]
    session = await session_of(lin)
    assert (told["kind"], told["aboutId"]) == ("token-reuse", str(session.id))
    assert await counted(ward, "token.reuse") == before + 1
    devices = (await alice.get(f"{path_of(lin)}/devices")).json()["devices"]
    assert [each["state"] for each in devices if each["sessionId"] == str(session.id)] == ["reused"]
    body = ward.submission("participant", {"fainted": "no"})
    kept = await lin.call("PUT", f"/v1/me/reports/{uuid4()}", body, token="submissionToken")
    assert (kept.status_code, kept.json()["misfits"]) == (201, ["replaced-phone"])


async def counted(clinic: Clinic, event: str) -> int:
    """How often the operator's metrics have seen a security event."""
    shown = (await exposition(clinic.trial)).decode()
    found = re.search(rf'nightbell_security_events_total{{event="{re.escape(event)}"}} (\d+)', shown)
    return 0 if found is None else int(found[1])


async def test_a_token_two_rotations_old_ends_the_family_at_once(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    second = (await rotate(lin)).json()
    third = (await rotate(lin, second["refreshToken"])).json()
    refused(await rotate(lin), 401, "token.refused")
    refused(await present(ward, third["accessToken"]), 401, "token.refused")


async def test_a_token_on_another_device_ends_the_family(ward: Clinic) -> None:
    lin, caregiver = await ward.lin()
    refused(await rotate(lin, device_id=str(uuid4())), 401, "token.refused")
    assert (await actions(lin))[-1] == "token.reuse"
    refused(await present(ward, lin.tokens["accessToken"]), 401, "token.refused")
    assert (await present(ward, caregiver.tokens["accessToken"])).status_code == 200


async def test_a_family_that_nobody_used_for_ninety_days_has_ended(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    await pass_time(lin, timedelta(days=90))
    refused(await rotate(lin), 401, "token.refused")


async def test_tokens_of_staff_and_of_participants_are_not_taken_for_each_other(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    refused(await rotate(alice), 401, "token.refused")
    refused(await rotate(lin, path="/v1/staff/tokens"), 401, "token.refused")
    refused(await alice.get("/v1/me"), 401, "token.refused")
    refused(await lin.get("/v1/participants"), 401, "token.refused")
    assert (await rotate(alice, path="/v1/staff/tokens")).status_code == 201
    assert (await rotate(lin)).status_code == 201


async def test_after_signing_out_only_the_submission_token_works_and_only_for_reports(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    assert (await lin.call("DELETE", "/v1/tokens/current")).status_code == 204
    refused(await lin.call("DELETE", "/v1/tokens/current"), 401, "token.refused")
    refused(await rotate(lin), 401, "token.refused")

    body, place = ward.submission("participant", {"fainted": "yes"}), f"/v1/me/reports/{uuid4()}"
    assert (await lin.call("PUT", place, body, token="submissionToken")).status_code == 201
    # An app that has lost its submission token is not refused either: the access token only hands in by then.
    assert (await lin.put(place, body)).status_code == 200
    for path in ("/v1/me", "/v1/me/schedule", "/v1/me/forms", "/v1/me/reports", place):
        refused(await lin.call("GET", path, token="submissionToken"), 401, "token.refused")
        refused(await lin.get(path), 401, "token.refused")


async def test_the_submission_token_lives_thirty_days_longer_than_its_session(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    await lin.call("DELETE", "/v1/tokens/current")
    body = ward.submission("participant", {"fainted": "no"})
    for days, status in ((29, 201), (1, 401)):
        await pass_time(lin, timedelta(days=days))
        answer = await lin.call("PUT", f"/v1/me/reports/{uuid4()}", body, token="submissionToken")
        assert answer.status_code == status


async def test_the_submission_token_also_works_while_the_session_lives(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    body = ward.submission("participant", {"fainted": "no"})
    answer = await lin.call("PUT", f"/v1/me/reports/{uuid4()}", body, token="submissionToken")
    assert answer.status_code == 201
    refused(await lin.call("GET", "/v1/me", token="submissionToken"), 401, "token.refused")


async def test_an_access_token_lives_for_fifteen_minutes(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    mint, session = ward.demo.edge.mint, await session_of(lin)
    fresh = mint.access(session, "participant", machine_now() - timedelta(minutes=14, seconds=30))
    stale = mint.access(session, "participant", machine_now() - timedelta(minutes=15, seconds=1))
    assert (await present(ward, fresh)).status_code == 200
    problem = await present(ward, stale)
    refused(problem, 401, "token.refused")
    assert problem.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Basic bGluOmxpbg==", "Bearer a b"])
async def test_without_a_bearer_token_nobody_is_let_in(ward: Clinic, header: str) -> None:
    answer = await ward.http.get("/v1/me", headers={"Authorization": header} if header else {})
    refused(answer, 401, "token.refused")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "=" * 40, "A" * 1000])
async def test_a_refresh_token_that_is_none_is_refused(ward: Clinic, token: str) -> None:
    body = {"refreshToken": token, "deviceId": str(uuid4())}
    for path in ("/v1/tokens", "/v1/staff/tokens"):
        refused(await ward.http.post(path, json=body), 401, "token.refused")


async def test_a_tampered_refresh_token_harms_nobody(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    genuine = lin.tokens["refreshToken"]
    tampered = ("B" if genuine[0] == "A" else "A") + genuine[1:]
    refused(await rotate(lin, tampered), 401, "token.refused")
    assert (await rotate(lin)).status_code == 201

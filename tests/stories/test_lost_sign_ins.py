"""A sign-in whose answer gets lost, or that fails on its last step, costs whoever is on call nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import asyncpg
import httpx
import pyotp
import pytest

from notifications.trial import machine_now
from tests.support.clinic import Clinic, Json, Person, owner
from tests.support.invited import administrator, joined
from tests.support.problems import refused
from tests.support.proof import keys_of, proof
from tests.support.sites import sign_in_body
from tests.support.waiting import held

_PATH = "/v1/staff/sessions"

_NO_ROOM = """
    create function no_room() returns trigger language plpgsql as $$ begin
        raise exception using errcode = 'disk_full', message = 'no room';
    end $$;
    create trigger no_room before insert on sessions execute function no_room()
"""


async def send(clinic: Clinic, body: Json) -> httpx.Response:
    return await clinic.http.post(_PATH, json=body)


async def failures(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    return int(await connection.fetchval("select coalesce(sum(failures), 0) from slow_downs"))


async def by_digits(_: Clinic) -> Json:
    return sign_in_body(keys_of("Bob"))


async def by_recovery_code(clinic: Clinic) -> Json:
    grace, codes = await joined(clinic, await administrator(clinic))
    body = {name: value for name, value in sign_in_body(grace).items() if name != "totp"}
    return {**body, "recoveryCode": codes[0]}


Way = Callable[[Clinic], Awaitable[Json]]

WAYS = pytest.mark.parametrize("way", [by_digits, by_recovery_code])


@WAYS
async def test_whose_answer_got_lost_gets_the_same_session_again_within_a_minute(
    clinic: Clinic, way: Way
) -> None:
    body = await way(clinic)
    first = await send(clinic, body)
    rows = await clinic.everything()
    again = await send(clinic, body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert await clinic.everything() == rows
    connection = await owner(clinic.settings.database_url)
    assert await failures(connection) == 0
    await connection.close()


@WAYS
async def test_to_another_device_later_or_after_a_rotation_nothing_is_given_again(
    clinic: Clinic, way: Way
) -> None:
    body = await way(clinic)
    first = (await send(clinic, body)).json()
    refused(await send(clinic, {**body, "deviceId": str(uuid4())}), 401, "sign-in.refused")
    desk = {"refreshToken": first["refreshToken"], "deviceId": body["deviceId"]}
    assert (await clinic.http.post("/v1/staff/tokens", json=desk)).status_code == 201
    refused(await send(clinic, body), 401, "sign-in.refused")


@WAYS
async def test_after_a_minute_nothing_is_given_again(clinic: Clinic, way: Way) -> None:
    body = await way(clinic)
    assert (await send(clinic, body)).status_code == 201
    connection = await owner(clinic.settings.database_url)
    for statement in (
        "update sessions set created_at = created_at - $1::interval",
        "update recovery_codes set used_at = used_at - $1::interval",
    ):
        await connection.execute(statement, timedelta(minutes=1))
    await connection.close()
    refused(await send(clinic, body), 401, "sign-in.refused")


@WAYS
async def test_what_was_signed_out_is_not_given_again(clinic: Clinic, way: Way) -> None:
    body = await way(clinic)
    desk = Person(clinic, body["deviceId"], (await send(clinic, body)).json())
    [mine] = [
        each for each in (await desk.get("/v1/staff/me/sessions")).json()["sessions"] if each["isThisOne"]
    ]
    await desk.call("DELETE", f"/v1/staff/me/sessions/{mine['sessionId']}")
    refused(await send(clinic, body), 401, "sign-in.refused")


async def test_digits_that_have_proven_something_give_no_session_again(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    proven = await proof(clinic, keys_of("Bob"))
    assert (await bob.put("/v1/staff/me/pin", {"pin": "902714", "proof": proven})).status_code == 204
    body = {**sign_in_body(keys_of("Bob")), "totp": proven["totp"], "deviceId": bob.device_id}
    refused(await send(clinic, body), 401, "sign-in.refused")


@WAYS
async def test_a_sign_in_that_cannot_be_stored_spends_nothing(clinic: Clinic, way: Way) -> None:
    body = await way(clinic)
    connection = await owner(clinic.settings.database_url)
    await connection.execute(_NO_ROOM)
    refused(await send(clinic, body), 503, "database.unavailable")
    await connection.execute("drop trigger no_room on sessions")
    assert (await send(clinic, body)).status_code == 201
    assert await failures(connection) == 0
    await connection.close()


@WAYS
async def test_the_old_password_opens_nothing_once_another_is_chosen(clinic: Clinic, way: Way) -> None:
    """The sign-in has read her credential and waits; meanwhile she chooses another password."""
    body = await way(clinic)
    sessions_before = await clinic.rows("sessions")
    async with held(clinic, "select from credentials for update") as desk:
        coming = asyncio.create_task(send(clinic, body))
        await desk.until_waiting(1)
        await desk.connection.execute("update credentials set password_hash = 'another'")
    refused(await coming, 401, "sign-in.refused")
    assert await clinic.rows("sessions") == sessions_before


async def test_a_new_password_ends_what_the_old_one_has_just_opened(clinic: Clinic) -> None:
    bob, keys = await clinic.staff("Bob"), keys_of("Bob")
    await clinic.forget_digits()
    body = sign_in_body(keys)
    later = pyotp.TOTP(keys.totp_secret).at(machine_now() + timedelta(seconds=30))
    chosen = {"password": "a grey heron on the weir", "proof": {"password": keys.password, "totp": later}}
    async with held(clinic, "select from audit_heads where chain = 'system' for update") as trail:
        coming = asyncio.create_task(send(clinic, body))
        await trail.until_waiting(1)
        changing = asyncio.create_task(bob.put("/v1/staff/me/password", chosen))
        await trail.until_waiting(2)
    stranger = Person(clinic, body["deviceId"], (await coming).json())
    assert (await changing).status_code == 204
    refused(await stranger.get("/v1/staff/me"), 401, "token.refused")
    assert (await bob.get("/v1/staff/me")).status_code == 200

"""What a phone sends at once, and what her site does meanwhile: each test holds one side until the other waits."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.clinic import Clinic, Person, owner
from tests.support.desk import agree, end, invite, path_of
from tests.support.problems import refused
from tests.support.waiting import held
from tests.support.year import today

_HEAD = "select from audit_heads where chain = 'participant/' || $1 for update"


async def rotate(phone: Person) -> httpx.Response:
    body = {"refreshToken": phone.tokens["refreshToken"], "deviceId": phone.device_id}
    return await phone.clinic.http.post("/v1/tokens", json=body)


async def sign_out(phone: Person) -> httpx.Response:
    return await phone.call("DELETE", "/v1/tokens/current")


@pytest.mark.parametrize("ask", [rotate, sign_out])
async def test_a_report_and_the_end_of_a_token_of_the_same_phone_do_not_wait_for_each_other(
    clinic: Clinic, ask: Callable[[Person], Coroutine[Any, Any, httpx.Response]]
) -> None:
    lin, _ = await clinic.lin()
    async with held(clinic, _HEAD, lin.participant_id) as line:
        report = asyncio.create_task(lin.report({"fainted": "yes"}))
        await line.until_waiting(1)
        other = asyncio.create_task(ask(lin))
        await line.until_waiting(2)
    assert (await report).status_code == 201
    assert (await other).is_success


async def withdraw(alice: Person, lin: Person, what: str) -> httpx.Response:
    if what == "participation":
        return await end(alice, lin, today(alice.clinic))
    return await alice.call("DELETE", f"{path_of(lin)}/consents/{what}")


async def activate(clinic: Clinic, code: str, device_id: str) -> httpx.Response:
    return await clinic.http.post("/v1/activations", json={"code": code, "deviceId": device_id})


@pytest.mark.parametrize("what", ["caregiver-access", "data", "participation"])
async def test_a_caregiver_who_came_in_as_her_access_ended_is_out_again(clinic: Clinic, what: str) -> None:
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin()
    code, device_id = await invite(alice, lin, "caregiver"), str(uuid4())
    async with held(clinic, _HEAD, lin.participant_id) as line:
        coming = asyncio.create_task(activate(clinic, code, device_id))
        await line.until_waiting(1)
        going = asyncio.create_task(withdraw(alice, lin, what))
        await line.until_waiting(2)
    answer = await coming
    assert (answer.status_code, (await going).is_success) == (201, True)
    caregiver = Person(clinic, device_id, answer.json())
    refused(await caregiver.get("/v1/me"), 401, "token.refused")
    refused(await rotate(caregiver), 401, "token.refused")
    refused(await activate(clinic, code, device_id), 403, "activation.refused")


@pytest.mark.parametrize("what", ["caregiver-access", "data", "participation"])
async def test_a_caregiver_who_comes_as_her_access_ends_is_not_let_in(clinic: Clinic, what: str) -> None:
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin()
    code = await invite(alice, lin, "caregiver")
    async with held(clinic, _HEAD, lin.participant_id) as line:
        going = asyncio.create_task(withdraw(alice, lin, what))
        await line.until_waiting(1)
        coming = asyncio.create_task(activate(clinic, code, str(uuid4())))
        await line.until_waiting(2)
    assert (await going).is_success
    refused(await coming, 403, "activation.refused")


@pytest.mark.parametrize(
    "ended",
    [
        "update consents set withdrawn_at = now() where kind = 'caregiver-access'",
        "update consents set withdrawn_at = now() where kind = 'data'",
        "update participants set state = 'ended', ended_on = '2026-01-01', ended_at = now(), end_reason = 'died'",
    ],
)
async def test_a_code_that_was_left_alive_opens_nothing_without_what_it_rests_on(
    clinic: Clinic, ended: str
) -> None:
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin()
    await agree(alice, lin, "data")
    code = await invite(alice, lin, "caregiver")
    connection = await owner(clinic.settings.database_url)
    await connection.execute(ended)
    await connection.close()
    refused(await activate(clinic, code, str(uuid4())), 403, "activation.refused")

"""What a phone sends at once, and what her site does meanwhile: each test holds one side until the other waits."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from tests.support.clinic import Clinic, Person
from tests.support.waiting import held

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

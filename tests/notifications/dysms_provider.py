"""The Dysms side of a story: an emulator over real HTTP, somebody who takes its reports, our gateway."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Litestar, Request, Response, post
from msgspec import Struct

from notifications.dysms import DysmsGateway
from notifications.dysms_account import DysmsAccount
from notifications.emulator import Fault
from notifications.emulator_dysms import DysmsEmulator
from notifications.gateway import Accepted, OutboundSms
from tests.notifications.provider import side_by_side
from tests.support.http import serve

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
"""Ten in the evening in China."""
KEY_ID, SECRET = "LTAI-nightbell", "the account's access key secret"
SIGN_NAME = "中南试验"
BOB, DANA = "+8613800000001", "+8613900000002"
REGISTERED = {
    "SMS_1": "您有一条紧急待办，编号${code}，请${minutes}分钟内登录系统查看并确认。",  # noqa: RUF001 - Chinese commas
    "SMS_2": "待办${code}至今无人确认。",
}
TEMPLATES = {"sms.emergency": "SMS_1", "sms.exhausted": "SMS_2"}
SHOWN = "【中南试验】您有一条紧急待办，编号K7Q4，请15分钟内登录系统查看并确认。"  # noqa: RUF001 - as above
FILLED = {"code": "K7Q4", "minutes": "15"}


class Clock:
    """A time that a story can set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Receiver:
    """Takes reports as the webhook must, after giving each of `excuses` (HTTP statuses) once."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.excuses: list[int] = []

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for body in self.bodies for item in json.loads(body)]

    def app(self) -> Litestar:
        @post("/webhooks/dysms/reports", status_code=200)
        async def reports(request: Request[Any, Any, Any]) -> Response[Any]:
            if self.excuses:
                return Response({"code": 1}, status_code=self.excuses.pop(0))
            self.bodies.append(await request.body())
            return Response({"code": 0, "msg": "ok"})

        return Litestar([reports], openapi_config=None, logging_config=None)


class Desk(Struct, frozen=True):
    """All that one story needs."""

    emulator: DysmsEmulator
    gateway: DysmsGateway
    receiver: Receiver
    base_url: str
    clock: Clock


@contextlib.asynccontextmanager
async def provider(*, call_timeout: float = 5.0, secret: str = SECRET) -> AsyncIterator[Desk]:
    """Run all of it. The gateway signs with `secret`; the emulator always expects SECRET."""
    receiver, clock = Receiver(), Clock()
    emulator = DysmsEmulator(
        KEY_ID, SECRET, sign_name=SIGN_NAME, templates=REGISTERED, report_url="", clock=clock
    )
    async with serve(side_by_side(emulator.app(), receiver.app())) as url:
        emulator.report_url = f"{url}/webhooks/dysms/reports"
        gateway = DysmsGateway(account(url, call_timeout, secret=secret), clock)
        try:
            yield Desk(emulator, gateway, receiver, url, clock)
        finally:
            await gateway.close()
            await emulator.close()


@contextlib.asynccontextmanager
async def gateway_to(base_url: str, *, call_timeout: float = 5.0) -> AsyncIterator[DysmsGateway]:
    """Run a gateway against any provider; nobody takes reports."""
    gateway = DysmsGateway(account(base_url, call_timeout), lambda: NOW)
    try:
        yield gateway
    finally:
        await gateway.close()


def account(
    base_url: str | None,
    call_timeout: float = 5.0,
    *,
    secret: str = SECRET,
    templates: Mapping[str, str] = TEMPLATES,
) -> DysmsAccount:
    return DysmsAccount(
        access_key_id=KEY_ID,
        access_key_secret=secret,
        sign_name=SIGN_NAME,
        templates=templates,
        endpoint=base_url,
        call_timeout=call_timeout,
    )


def text(
    to: str = BOB,
    *,
    attempt: int = 1,
    template: str = "sms.emergency",
    parameters: Mapping[str, str] = FILLED,
) -> OutboundSms:
    return OutboundSms(
        attempt_id=UUID(int=attempt),
        to=to,
        body="a text that this provider never gets",
        valid_for=timedelta(minutes=10),
        template=template,
        language="zh-CN",
        parameters=parameters,
    )


async def nobody_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take a connection and say nothing."""
    await reader.read()
    writer.close()


async def sent(desk: Desk, *faults: Fault, attempt: int = 1) -> str:
    desk.emulator.script(*faults)
    outcome = await desk.gateway.send(text(attempt=attempt))
    assert isinstance(outcome, Accepted)
    await desk.emulator.idle()
    return outcome.provider_id

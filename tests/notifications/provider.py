"""The provider's side of a story: an emulator over real HTTP, somebody who takes its callbacks, our gateway."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Litestar, Request, Response, post, route
from msgspec import Struct

from domain.protocol.routes import Channel
from notifications.emulator import Emulator
from notifications.emulator.requests import pairs
from notifications.gateway import OutboundSms
from notifications.twilio import TwilioAccount, TwilioGateway, TwilioVoice, signature_is_valid
from tests.support.http import serve

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ACCOUNT_SID = "AC" + "a" * 32
SERVICE_SID = "MG" + "b" * 32
TOKEN = "the account's auth token"
SENDER = "+15005550006"
BOB, DANA = "+8613800000001", "+447700900002"
BODY = "【中南试验】您有一条紧急待办，编号K7Q4，请15分钟内登录系统查看并确认。"  # noqa: RUF001 - Chinese commas


class Call(Struct, frozen=True):
    """One request as it arrived: its method and URL, its form or query, its signature."""

    method: str
    url: str
    fields: dict[str, str]
    signature: str | None = None


class Receiver:
    """Takes signed callbacks as the webhook must, after giving each of `excuses` (HTTP statuses) once."""

    def __init__(self) -> None:
        self.taken: list[Call] = []
        self.excuses: list[int] = []
        self.told = asyncio.Event()

    @property
    def statuses(self) -> list[str]:
        return [call.fields.get("MessageStatus") or call.fields.get("CallStatus", "") for call in self.taken]

    def answer(self, call: Call) -> int:
        if self.excuses:
            return self.excuses.pop(0)
        if not signature_is_valid(TOKEN, call.url, call.fields, call.signature):
            return 403
        self.taken.append(call)
        self.told.set()
        return 204

    def app(self) -> Litestar:
        @post(["/webhooks/twilio/status", "/webhooks/twilio/voice/status"], status_code=204)
        async def status(request: Request[Any, Any, Any]) -> Response[None]:
            return Response(None, status_code=self.answer(await _read(request)))

        return Litestar([status], openapi_config=None, logging_config=None)


def stubborn(status: int, body: bytes, seen: list[Call]) -> Litestar:
    """A provider that answers everything with the same status and body, and notes what it was asked."""

    @route(["/", "/{path:path}"], http_method=[HttpMethod.GET, HttpMethod.POST])
    async def anything(request: Request[Any, Any, Any]) -> Response[bytes]:
        seen.append(await _read(request))
        return Response(body, status_code=status, media_type="application/json")

    return Litestar([anything], openapi_config=None, logging_config=None)


async def _read(request: Request[Any, Any, Any]) -> Call:
    fields = await request.body() or request.scope["query_string"]
    signature = request.headers.get("x-twilio-signature")
    return Call(request.method, str(request.url), pairs(fields), signature)


class Desk(Struct, frozen=True):
    """All that one story needs."""

    emulator: Emulator
    gateway: TwilioGateway
    receiver: Receiver
    base_url: str


@contextlib.asynccontextmanager
async def provider(
    *, call_timeout: float = 5.0, sender: str = SENDER, token: str = TOKEN
) -> AsyncIterator[Desk]:
    """Run all of it. The emulator signs with `token`; the receiver always expects TOKEN."""
    receiver = Receiver()
    emulator = Emulator(ACCOUNT_SID, token, lambda: NOW)
    async with serve(side_by_side(emulator.app(), receiver.app())) as url:
        gateway = TwilioGateway(
            account(url, f"{url}/webhooks/twilio/status", call_timeout, sender=sender, token=token)
        )
        try:
            yield Desk(emulator, gateway, receiver, url)
        finally:
            await gateway.close()
            await emulator.close()


def side_by_side(theirs: Litestar, ours: Litestar) -> Any:
    """Serve both at one port: starting and stopping a server is most of what a story costs."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        webhook = scope["type"] == "http" and scope["path"].startswith("/webhooks/")
        await (ours if webhook else theirs)(scope, receive, send)

    return app


@contextlib.asynccontextmanager
async def gateway_to(
    base_url: str, *, sender: str = SENDER, call_timeout: float = 5.0
) -> AsyncIterator[TwilioGateway]:
    """Run a gateway against any provider; nobody takes callbacks."""
    gateway = TwilioGateway(account(base_url, "http://127.0.0.1:9/status", call_timeout, sender=sender))
    try:
        yield gateway
    finally:
        await gateway.close()


def account(
    base_url: str, callback_url: str, call_timeout: float, *, sender: str = SENDER, token: str = TOKEN
) -> TwilioAccount:
    return TwilioAccount(
        account_sid=ACCOUNT_SID,
        auth_token=token,
        sender=sender,
        api_base_url=base_url,
        callback_url=callback_url,
        call_timeout=call_timeout,
        voice=TwilioVoice(
            sender=SENDER,
            status_url=callback_url.replace("/status", "/voice/status"),
            keypad_url=callback_url.replace("/status", "/voice/keypad"),
        ),
    )


def call(to: str = DANA, *, attempt: int = 1, seconds: float = 60) -> OutboundSms:
    return OutboundSms(
        attempt_id=UUID(int=attempt),
        to=to,
        body="One task. Press 1 & take it.",
        valid_for=timedelta(seconds=seconds),
        language="en",
        channel=Channel.VOICE,
        closing="Nothing was pressed.",
    )


def text(
    to: str = BOB, *, body: str = BODY, valid_for: timedelta = timedelta(minutes=10), attempt: int = 1
) -> OutboundSms:
    return OutboundSms(attempt_id=UUID(int=attempt), to=to, body=body, valid_for=valid_for)


def closed_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port

"""The emulated provider: keeps every text, carries it to the phone, reports on it, and plays the scripted faults."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import uuid4

from aiohttp import ClientSession, ClientTimeout
from litestar import Litestar
from msgspec.structs import replace

from notifications.emulator.callbacks import fields, post
from notifications.emulator.faults import Fault, FaultKind, Stage, take
from notifications.emulator.mail import MailServerEmulator
from notifications.emulator.messages import Message, PhoneMessage, on_phone
from notifications.emulator.requests import Submission
from notifications.emulator.routes import application

_POOL_NUMBER = "+15005550006"
"""What a messaging service sends from: the provider's own magic test number."""

_CALLBACK_TIMEOUT = 5.0
"""Seconds for one callback."""

_RECEIPTS: Mapping[FaultKind | None, tuple[str, ...]] = {
    None: ("queued", "sent", "delivered"),
    FaultKind.UNDELIVERED: ("queued", "sent", "undelivered"),
    FaultKind.FAILED: ("queued", "failed"),
    FaultKind.NO_RECEIPT: (),
    FaultKind.DUPLICATE: ("queued", "queued", "sent", "sent", "delivered", "delivered"),
    FaultKind.REORDER: ("queued", "delivered", "sent"),
}
"""The statuses told, in this order, under each fault of the receipts."""

_ENDS = {FaultKind.UNDELIVERED: "undelivered", FaultKind.FAILED: "failed"}


class Emulator:
    """One account at the emulated provider. It lives in one loop; `clock` dates what it keeps (aware UTC)."""

    def __init__(self, account_sid: str, auth_token: str, clock: Callable[[], datetime]) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.closing = asyncio.Event()
        self.given_up = 0
        """Callbacks refused by the receiver, or never taken."""
        self.mail_server = MailServerEmulator(clock)
        """Mail is no business of the provider's; whoever looks at the phones wants to see it as well."""
        self._clock = clock
        self._script: tuple[Fault, ...] = ()
        self._messages: dict[str, Message] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._session: ClientSession | None = None

    def app(self) -> Litestar:
        """Return the API, the inbox page and the faults as an ASGI application; its shutdown closes this."""
        return application(self)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Every text ever accepted, oldest first."""
        return tuple(self._messages.values())

    def script(self, *faults: Fault) -> None:
        """Replace the script; without arguments nothing goes wrong any more."""
        self._script = faults

    def take(self, stage: Stage, number: str) -> Fault | None:
        """Return the fault that strikes a text for `number` at this stage, and count it off the script."""
        fault, self._script = take(self._script, stage, number)
        return fault

    def message(self, sid: str) -> Message | None:
        """Return one text by its sid."""
        return self._messages.get(sid)

    def phone(self, number: str) -> tuple[PhoneMessage, ...]:
        """Return what this phone received, oldest first."""
        return tuple(on_phone(text) for text in self.messages if text.to == number and text.received)

    def accept(self, asked: Submission, answered: asyncio.Event) -> tuple[Message, asyncio.Task[None]]:
        """Keep a text and start it on its way, which begins once `answered` is set; return it and its way."""
        message = self._new(asked)
        self._messages[message.sid] = message
        fault = self.take(Stage.RECEIPTS, message.to)
        way = asyncio.create_task(self._carry(message, fault, answered))
        self._under_way.add(way)
        way.add_done_callback(self._under_way.discard)
        return message, way

    async def idle(self) -> None:
        """Return when every callback due has been delivered or given up."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    async def close(self) -> None:
        """Stop all that is under way and release connections."""
        self.closing.set()
        ways = tuple(self._under_way)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _new(self, asked: Submission) -> Message:
        now = self._now()
        return Message(
            sid=f"SM{uuid4().hex}",
            account_sid=self.account_sid,
            to=asked.to,
            body=asked.body,
            sender=asked.sender,
            service_sid=asked.service_sid,
            callback_url=asked.callback_url,
            created=now,
            updated=now,
        )

    async def _carry(self, queued: Message, fault: Fault | None, answered: asyncio.Event) -> None:
        await answered.wait()
        message = self._end(queued, fault)
        self._messages[message.sid] = message
        for status in _RECEIPTS[fault.kind if fault else None]:
            await self._tell(message, status)

    def _end(self, message: Message, fault: Fault | None) -> Message:
        status = _ENDS.get(fault.kind, "delivered") if fault else "delivered"
        now = self._now()
        return replace(
            message,
            status=status,
            code=fault.code if fault and status != "delivered" else 0,
            sender=message.sender or _POOL_NUMBER,
            sent=None if status == "failed" else now,
            updated=now,
        )

    async def _tell(self, message: Message, status: str) -> None:
        if message.callback_url is None:
            return
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=_CALLBACK_TIMEOUT))
        if not await post(self._session, message.callback_url, fields(message, status), self.auth_token):
            self.given_up += 1

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)

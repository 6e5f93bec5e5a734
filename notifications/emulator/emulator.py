"""The emulated provider: keeps every text, carries it to the phone, reports on it, and plays the scripted faults."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import uuid4

from aiohttp import ClientSession, ClientTimeout
from litestar import Litestar
from msgspec.structs import replace
from typing_extensions import override

from notifications.emulator.callbacks import ask, fields, post
from notifications.emulator.faults import Fault, FaultKind, Stage
from notifications.emulator.mail import MailServerEmulator
from notifications.emulator.messages import Message, PhoneMessage, on_phone
from notifications.emulator.play import Play
from notifications.emulator.requests import Submission
from notifications.emulator.routes import application
from notifications.emulator.switchboard import Switchboard

_POOL_NUMBER = "+15005550006"
"""What a messaging service sends from: the provider's own magic test number."""

_CALLBACK_TIMEOUT = 5.0
"""Seconds for one callback."""

_RECEIPTS: Mapping[FaultKind | None, tuple[str, ...]] = {
    None: ("queued", "sent", "delivered"),
    FaultKind.UNDELIVERED: ("queued", "sent", "undelivered"),
    FaultKind.FAILED: ("queued", "failed"),
    FaultKind.NO_RECEIPT: (),
    FaultKind.NO_WORD: (),
    FaultKind.DUPLICATE: ("queued", "queued", "sent", "sent", "delivered", "delivered"),
    FaultKind.REORDER: ("queued", "delivered", "sent"),
}
"""The statuses told, in this order, under each fault of the receipts."""

_ENDS = {FaultKind.UNDELIVERED: "undelivered", FaultKind.FAILED: "failed", FaultKind.NO_WORD: "sent"}


class Emulator(Play):
    """One account at the emulated provider. It lives in one loop; `clock` dates what it keeps (aware UTC)."""

    def __init__(
        self, account_sid: str, auth_token: str, clock: Callable[[], datetime], inbound_url: str = ""
    ) -> None:
        super().__init__()
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.inbound_url = inbound_url
        """Where texts from phones are brought; nowhere if empty."""
        self.switchboard = Switchboard(self)
        self.mail_server = MailServerEmulator(self._time)
        """Mail is no business of the provider's; whoever looks at the phones wants to see it as well."""
        self._clock = clock
        self._messages: dict[str, Message] = {}
        self._session: ClientSession | None = None

    def follow(self, clock: Callable[[], datetime]) -> None:
        """Date by another clock from now on: that of the same trial, which was closed and is open again."""
        self._clock = clock

    def app(self) -> Litestar:
        """Return the API, the inbox page and the faults as an ASGI application; its shutdown closes this."""
        return application(self)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Every text ever accepted, oldest first."""
        return tuple(self._messages.values())

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
        return message, self.start(self._carry(message, fault, answered))

    async def reply(self, number: str, body: str) -> str:
        """Send a text from a phone to our number; return the body of the answer. STOP and START are marked as such."""
        word = body.strip().upper()
        form = {
            "MessageSid": f"SM{uuid4().hex}",
            "AccountSid": self.account_sid,
            "From": number,
            "To": _POOL_NUMBER,
            "Body": body,
            **({"OptOutType": word} if word in {"STOP", "START", "HELP"} else {}),
        }
        _, answer = await ask(self.session(), self.inbound_url, form, self.auth_token)
        return answer

    def session(self) -> ClientSession:
        """Return what callbacks are posted with."""
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=_CALLBACK_TIMEOUT))
        return self._session

    def now(self) -> datetime:
        """Return the time of what is kept, in whole seconds."""
        return self._clock().replace(microsecond=0)

    @override
    async def idle(self) -> None:
        """Return when every callback due has been delivered or given up; phones that rang in vain stop ringing."""
        self.switchboard.give_up()
        await super().idle()

    @override
    async def close(self) -> None:
        """Stop all that is under way and release connections."""
        self.switchboard.close()
        await super().close()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _time(self) -> datetime:
        return self._clock()

    def _new(self, asked: Submission) -> Message:
        now = self.now()
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
        now = self.now()
        return replace(
            message,
            status=status,
            code=fault.code if fault and status not in {"delivered", "sent"} else 0,
            sender=message.sender or _POOL_NUMBER,
            sent=None if status == "failed" else now,
            updated=now,
        )

    async def _tell(self, message: Message, status: str) -> None:
        if message.callback_url is None:
            return
        if not await post(self.session(), message.callback_url, fields(message, status), self.auth_token):
            self.given_up += 1

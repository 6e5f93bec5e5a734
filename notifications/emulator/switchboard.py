"""Calls of the emulated provider: a phone rings until somebody picks up or its time has passed by the trial's clock.

Nobody picks up by himself: `press` and `pick_up` are the person, a fault is a busy line or a mailbox.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from msgspec.structs import replace

from notifications.emulator.callbacks import ask, post
from notifications.emulator.calls import Call, CallRequest, PhoneCall, call_fields, is_told, on_phone
from notifications.emulator.faults import FaultKind, Stage

if TYPE_CHECKING:
    from notifications.emulator.emulator import Emulator

_COURSES: Mapping[FaultKind | None, tuple[str, ...]] = {
    None: ("initiated", "ringing"),
    FaultKind.BUSY: ("initiated", "ringing", "busy"),
    FaultKind.VOICEMAIL: ("initiated", "ringing", "in-progress", "completed"),
    FaultKind.CALL_FAILED: ("initiated", "failed"),
}
"""What happens to a call that no person answers, under each fault."""

_OK = 200


class NobodyRingsError(Exception):
    """There is no call on this phone that could be answered."""


class Switchboard:
    """The calls of one account."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator
        self._calls: dict[str, Call] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call ever accepted, oldest first."""
        return tuple(self._calls.values())

    def call(self, sid: str) -> Call | None:
        """Return one call by its sid."""
        return self._calls.get(sid)

    def phone(self, number: str) -> tuple[PhoneCall, ...]:
        """Return the calls that rang this phone, oldest first."""
        rang = (call for call in self.calls if call.to == number and call.status not in {"queued", "failed"})
        return tuple(on_phone(call) for call in rang)

    def accept(self, asked: CallRequest, answered: asyncio.Event) -> tuple[Call, asyncio.Task[None]]:
        """Keep a call and let it ring once `answered` is set; return it and its way."""
        now = self._emulator.now()
        call = Call(
            sid=f"CA{uuid4().hex}",
            account_sid=self._emulator.account_sid,
            to=asked.to,
            sender=asked.sender,
            twiml=asked.twiml,
            callback_url=asked.callback_url,
            events=asked.events,
            timeout=asked.timeout,
            created=now,
            updated=now,
        )
        self._calls[call.sid] = call
        fault = self._emulator.take(Stage.CALL, call.to, "voice")
        return call, self._emulator.start(self._carry(call, fault.kind if fault else None, answered))

    def next_end(self, until: datetime) -> datetime | None:
        """Return when the next phone stops ringing, if that is not after `until`."""
        ends = [call.rings_until for call in self.calls if call.status == "ringing"]
        return min((each for each in ends if each <= until), default=None)

    def give_up(self) -> None:
        """Stop ringing the phones whose time has passed."""
        now = self._emulator.now()
        for call in self.calls:
            if call.status == "ringing" and call.rings_until <= now:
                self._ring_out(call.sid)

    async def press(self, number: str, digits: str) -> tuple[str, ...]:
        """Pick up what rings on this phone, unless that is done, and press keys; return what is said then.

        Raises NobodyRingsError.
        """
        call = await self._picked_up(number)
        form = {**call_fields(call), "Digits": digits}
        status, body = await ask(self._emulator.session(), call.action or "", form, self._emulator.auth_token)
        call = replace(call, twiml=body if status == _OK else "")
        self._calls[call.sid] = replace(call, heard=(*call.heard, *call.words))
        if call.action is None:
            await self._move(call.sid, "completed")
        return call.words

    async def pick_up(self, number: str) -> tuple[str, ...]:
        """Pick up, listen, and hang up without a key; return what was said. Raises NobodyRingsError."""
        call = await self._picked_up(number)
        await self._move(call.sid, "completed")
        return call.words

    def close(self) -> None:
        """Let nothing ring out any more."""
        for timer in self._timers.values():
            timer.cancel()

    async def _carry(self, call: Call, fault: FaultKind | None, answered: asyncio.Event) -> None:
        await answered.wait()
        for status in _COURSES[fault]:
            await self._move(call.sid, status)
        if self._calls[call.sid].status == "ringing":
            loop = asyncio.get_running_loop()
            self._timers[call.sid] = loop.call_later(call.timeout, self._ring_out, call.sid)

    def _ring_out(self, sid: str) -> None:
        if self._calls[sid].status == "ringing":
            # At once, or it would be ended twice: the callback comes after it.
            self._calls[sid] = replace(self._calls[sid], status="no-answer")
            self._emulator.start(self._move(sid, "no-answer"))

    async def _picked_up(self, number: str) -> Call:
        live = [call for call in self.calls if call.to == number and call.is_live]
        if not live:
            raise NobodyRingsError
        call = live[-1]
        if call.status == "ringing":
            self._calls[call.sid] = replace(call, heard=call.words)
            await self._move(call.sid, "in-progress")
        return self._calls[call.sid]

    async def _move(self, sid: str, status: str) -> None:
        call = replace(self._calls[sid], status=status, updated=self._emulator.now())
        self._calls[sid] = call
        if call.callback_url is None or not is_told(call):
            return
        taken = await post(
            self._emulator.session(), call.callback_url, call_fields(call), self._emulator.auth_token
        )
        if not taken:
            self._emulator.given_up += 1

"""Emulated Dysms: keeps every text, carries it to the phone, reports on it, and plays the scripted faults."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from datetime import datetime

from aiohttp import ClientSession, ClientTimeout
from litestar import Litestar
from msgspec.structs import replace
from typing_extensions import override

from notifications.emulator import Fault, FaultKind, PhoneMessage
from notifications.emulator.faults import Stage
from notifications.emulator.play import Play
from notifications.emulator_dysms.reports import push
from notifications.emulator_dysms.requests import Registered, Submission
from notifications.emulator_dysms.routes import application
from notifications.emulator_dysms.texts import DELIVERED, FAILED, Text, on_phone, report

_PUSH_TIMEOUT = 5.0
"""Seconds for one push."""

_LOST = (FaultKind.UNDELIVERED, FaultKind.FAILED)

_DELIVERED_CODE = "DELIVERED"


class DysmsEmulator(Play):
    """One account at emulated Dysms. It lives in one loop; `clock` dates what it keeps (aware UTC).

    `templates` are those registered, by code; `report_url` is where the account wants its reports pushed.
    """

    def __init__(
        self,
        access_key_id: str,
        access_key_secret: str,
        *,
        sign_name: str,
        templates: Mapping[str, str],
        report_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self.access_key_id = access_key_id
        self.access_key_secret = access_key_secret
        self.registered = Registered(sign_name, templates)
        self.report_url = report_url
        self.nonces: set[str] = set()
        """Of every call: each may be used once."""
        self._clock = clock
        self._numbers = itertools.count(1)
        self._texts: dict[str, Text] = {}
        self._session: ClientSession | None = None

    def app(self) -> Litestar:
        """Return the API, the faults and the phones as an ASGI application; its shutdown closes this."""
        return application(self)

    @property
    def texts(self) -> tuple[Text, ...]:
        """Every text ever accepted, oldest first."""
        return tuple(self._texts.values())

    def phone(self, number: str) -> tuple[PhoneMessage, ...]:
        """Return what this phone (E.164) received, oldest first."""
        return tuple(on_phone(text) for text in self.texts if text.to == number and text.status == DELIVERED)

    def accept(self, asked: Submission, answered: asyncio.Event) -> tuple[Text, asyncio.Task[None]]:
        """Keep a text and start it on its way, which begins once `answered` is set; return it and its way."""
        now = self._clock()
        text = Text(
            biz_id=f"{next(self._numbers):018}^0",
            to=asked.to,
            template=asked.template,
            content=asked.content,
            out_id=asked.out_id,
            sent=now,
        )
        self._texts[text.biz_id] = text
        fault = self.take(Stage.RECEIPTS, text.to)
        return text, self.start(self._carry(text, fault, answered))

    @override
    async def close(self) -> None:
        """Stop all that is under way and release connections."""
        await super().close()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _carry(self, waiting: Text, fault: Fault | None, answered: asyncio.Event) -> None:
        await answered.wait()
        lost = fault is not None and fault.kind in _LOST
        code = fault.reason if fault is not None and lost else _DELIVERED_CODE
        text = replace(waiting, received=self._clock(), status=FAILED if lost else DELIVERED, code=code)
        self._texts[text.biz_id] = text
        for _ in range(_times(fault)):
            await self._tell(text)

    async def _tell(self, text: Text) -> None:
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=_PUSH_TIMEOUT))
        if not await push(self._session, self.report_url, (report(text),)):
            self.given_up += 1


def _times(fault: Fault | None) -> int:
    """Return how often a text is reported."""
    kind = None if fault is None else fault.kind
    return {FaultKind.NO_RECEIPT: 0, FaultKind.DUPLICATE: 2}.get(kind, 1) if kind else 1

"""Server-sent events to one watcher of the wall (WHATWG HTML, section 9.2), until she goes, or must."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from litestar.types import Receive, Scope, Send

from api.exchange import Request
from api.wall import Seat, Wall

MEDIA_TYPE = "text/event-stream"

PING = b"event: ping\ndata: {}\n\n"

_BEGINNING = b"retry: 2000\n\n"
"""An app that loses the stream tries again after two seconds."""

_HEADERS = [
    (b"content-type", MEDIA_TYPE.encode()),
    (b"cache-control", b"no-store"),
    # A proxy that collects an answer before it passes it on would make a silent wall.
    (b"x-accel-buffering", b"no"),
]

_SLACK = timedelta(minutes=1)
"""How long the commit of a decision may take after the instant it is made at; more than any statement is given."""

Check = Callable[[], Awaitable[tuple[UUID, ...]]]
"""Ask again who she is: her sites as they are now; raises when her token is no longer good."""


class EventStream:
    """The answer of one stream, as the server calls it."""

    def __init__(self, wall: Wall, seat: Seat, check: Check) -> None:
        self._wall, self._seat, self._check = wall, seat, check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - what ASGI calls
        """Write until she has gone, or is not to be told any more; then give her seat back."""
        both = {asyncio.create_task(self._write(send)), asyncio.create_task(_gone(receive))}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._wall.leave(self._seat)
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        async for lines in self._events():
            # Whoever does not read is dropped: what is kept for her would grow, and she believes an old list.
            async with asyncio.timeout(self._wall.pace.slow):
                await send({"type": "http.response.body", "body": lines, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _events(self) -> AsyncIterator[bytes]:
        yield _BEGINNING
        wall, seat, ping_at = self._wall, self._seat, time.monotonic()
        while wall.is_true and not seat.is_ended:
            if lines := seat.take():
                yield lines
            elif time.monotonic() >= ping_at:
                if not await self._may_stay():
                    return
                ping_at = time.monotonic() + wall.pace.ping
                yield PING
            await seat.wait(ping_at - time.monotonic())

    async def _may_stay(self) -> bool:
        try:
            site_ids = await self._check()
        except Exception:  # noqa: BLE001 - whoever cannot be checked may not stay, for whatever reason
            return False
        self._seat.move_to(site_ids)
        return True


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def resumed_from(request: Request) -> datetime | None:
    """Return from when on to tell what was put away, by `Last-Event-ID`; None where it is none of ours."""
    try:
        at = datetime.fromisoformat(request.headers.get("last-event-id", ""))
        return at - _SLACK if at.utcoffset() == timedelta() else None
    except (ValueError, OverflowError):
        return None

"""The road between a phone and the clinic, as bad as it gets: it tears at any byte, and the clinic fails on the way.

A road carries one request a connection, whole, and draws what becomes of it: so any byte of the request or of the
answer can be the last. It names the request's trouble in its X-Request-Id, where `failing` finds it.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest
import structlog
from msgspec import Struct

from api import filing
from domain.records.write import write

TEARS = ("up", "down", "bug-before", "bug-after", "away-before", "away-after")
"""Cut on the way there or back; an error nobody foresaw, or a database that is away, before or after the commit."""


class Journey(Struct, frozen=True):
    """One request as the clinic answered it, whether or not the phone ever heard."""

    tear: str
    request: bytes
    answer: bytes


class Road:
    """A TCP proxy on 127.0.0.1; after so many tears it is smooth."""

    def __init__(self, port: int, luck: random.Random, tears: int) -> None:
        self.port, self.luck, self.left = port, luck, tears
        self.journeys: list[Journey] = []

    async def carry(self, phone: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Carry one request, as far as it comes."""
        request = await _request(phone)
        tear = self._tear()
        told = request.replace(b"\r\n", f"\r\nX-Request-Id: {self._name(tear, request)}\r\n".encode(), 1)
        sent = told[: self.luck.randrange(len(told))] if tear == "up" else told
        answer = await self._answer(sent, whole=tear != "up")
        self.journeys.append(Journey(tear, request, answer))
        back.write(answer[: self.luck.randrange(len(answer))] if tear == "down" else answer)
        with contextlib.suppress(ConnectionError):
            await back.drain()
        if tear in {"up", "down"}:
            back.transport.abort()
        back.close()

    def _tear(self) -> str:
        if self.left == 0 or self.luck.random() < 0.3:
            return ""
        self.left -= 1
        return self.luck.choice(TEARS)

    def _name(self, tear: str, request: bytes) -> str:
        turn = self.luck.randrange(request.count(b'"reportId"') or 1)
        return f"{tear or 'none'}.{turn}.{self.luck.getrandbits(64):x}"

    async def _answer(self, sent: bytes, *, whole: bool) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        await writer.drain()
        if not whole:
            writer.close()
            return b""
        answer = await reader.read(-1)
        writer.close()
        return answer


async def _request(phone: asyncio.StreamReader) -> bytes:
    head = await phone.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        ),
        0,
    )
    return head + await phone.readexactly(length)


@contextlib.asynccontextmanager
async def bad_road(port: int, luck: random.Random, tears: int) -> AsyncIterator[tuple[Road, str]]:
    """A road to the clinic at a port, and the address at which it begins."""
    road = Road(port, luck, tears)
    async with await asyncio.start_server(road.carry, "127.0.0.1", 0) as server:
        yield road, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextlib.contextmanager
def failing() -> Iterator[None]:
    """Let the clinic fail where the request that it serves says so: at one of the reports that it files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filing, "write", _fails("before", write))
        patch.setattr(filing, "view_of", _fails("after", filing.view_of))
        yield


def _fails(place: str, genuine: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    turns: Counter[str] = Counter()

    async def at_its_turn(*arguments: Any, **named: Any) -> Any:
        request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        tear, _, rest = request_id.partition(".")
        turns[request_id] += 1
        if tear.endswith(f"-{place}") and turns[request_id] == 1 + int(rest.partition(".")[0]):
            raise RuntimeError if tear.startswith("bug") else asyncpg.ConnectionDoesNotExistError
        return await genuine(*arguments, **named)

    return at_its_turn

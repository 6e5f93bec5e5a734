"""A wall in the doctors' room: a real client of the live stream."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from tests.support.clinic import Clinic, Person
from tests.support.patience import PATIENCE_SECONDS

Json = Any


class Watching:
    """A stream under way, event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id = ""
        self._lines = answer.aiter_lines()

    async def event(self) -> tuple[str, Json]:
        """The next event: its name and what it says. Raises StopAsyncIteration when the stream has ended."""
        said: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := await anext(self._lines):
                name, _, value = line.partition(": ")
                said[name] = value
        self.last_id = said.get("id", self.last_id)
        if "event" not in said:
            return await self.event()
        return said["event"], msgspec.json.decode(said["data"])

    async def alert(self, state: str = "") -> Json:
        """The next alert, in this state. A wall that pings and never shows it fails with TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                name, said = await self.event()
                if name == "alert" and state in {"", said["state"]}:
                    return said

    async def ping(self) -> list[Json]:
        """The alerts before the next ping."""
        found: list[Json] = []
        while (event := await self.event())[0] != "ping":
            found.append(event[1])
        return found

    async def end(self) -> None:
        """Wait until the stream ends. A wall that goes on fails with TimeoutError."""
        with contextlib.suppress(StopAsyncIteration):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    await self.event()


def hasten(clinic: Clinic, **seconds: float) -> None:
    """Let the wall of a test not wait as long as one in a hospital."""
    wall = clinic.demo.edge.wall
    wall.pace = replace(wall.pace, **seconds)


@contextlib.asynccontextmanager
async def watching(person: Person, **headers: str) -> AsyncIterator[Watching]:
    """Open the stream; it must be there."""
    bearer = {"Authorization": f"Bearer {person.tokens['accessToken']}", "Accept": "text/event-stream"}
    stream = person.clinic.http.stream("GET", "/v1/alerts/stream", headers={**bearer, **headers})
    async with stream as answer:
        assert answer.status_code == 200, (await answer.aread()).decode()
        yield Watching(answer)

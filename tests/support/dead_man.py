"""The operator's dead-man's switch: a small server that counts the beats it hears."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from aiohttp import web
from msgspec.structs import replace

from tests.support.clinic import Clinic
from tests.support.patience import PATIENCE_SECONDS

PATH = "/ping/5ec2e7"
"""A secret, as such an address is."""

EVERY = timedelta(seconds=0.05)


class Switch:
    """Where a worker says that all is well. `status` is what it answers."""

    def __init__(self) -> None:
        self.beats: list[str] = []
        self.status = 200
        self.location = ""
        self.url = ""
        self._heard = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.beats.append(request.method + " " + request.path)
        self._heard.set()
        return web.Response(status=self.status, headers={"Location": self.location} if self.location else {})

    async def hears(self, more: int = 3) -> None:
        """Wait for so many beats from now on."""
        wanted = len(self.beats) + more
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.beats) < wanted:
                self._heard.clear()
                await self._heard.wait()


@contextlib.asynccontextmanager
async def switch() -> AsyncIterator[Switch]:
    """Listen at a secret address until the block is left."""
    heard = Switch()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", heard.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None  # noqa: SLF001 - where a free port is found
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # noqa: SLF001 - as above
    heard.url = f"http://127.0.0.1:{port}{PATH}"
    try:
        yield heard
    finally:
        await runner.cleanup()


def watched(clinic: Clinic, heard: Switch, every: timedelta = EVERY) -> Clinic:
    """The clinic with settings in which its workers beat."""
    settings = replace(clinic.settings, heartbeat_url=heard.url, heartbeat_every=every)
    return Clinic(clinic.demo, settings, clinic.http)

"""Lets `nightbell conformance` do what a person, a phone and a network would (docs/conformance.md).

`python -m openapi.clients.python.driver --port 9100` waits for it.
"""

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import msgspec
from aiohttp import web

from openapi.clients.python.app import App
from openapi.clients.python.clock import Clock
from openapi.clients.python.store import Json

_MOST_STEPS = 1000
"""Of one `pass`; an app that finds something to do again and again is stopped there."""


class Driver:
    """One app under test, its storage and its clocks."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: Json = {}
        self._clock = Clock()
        self._app: App | None = None
        self._doing: asyncio.Task[None] | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """Do one command, and answer with what the person sees now."""
        command = msgspec.json.decode(await request.read(), type=Json)
        doing = self._command(command)
        if doing is None:
            return web.Response(status=501)
        if command["do"] == "state":
            await doing
        else:
            await self._do(command["do"], doing)
        state = {} if self._app is None else self._app.state()
        return web.Response(body=msgspec.json.encode(state), content_type="application/json")

    def _command(self, command: Json) -> Coroutine[None, None, None] | None:
        make: Callable[[Json], Coroutine[None, None, None]] | None = {
            "start": self._start,
            "restart": self._restart,
            "activate": lambda given: self._running.activate(given["code"]),
            "report": lambda given: self._running.report(given["formId"], given["answers"]),
            "open": lambda _: self._running.open(),
            "pass": lambda given: self._pass(given["seconds"]),
            "language": lambda given: self._running.choose_language(given["language"]),
            "signOut": lambda _: self._running.sign_out(),
            "state": lambda _: asyncio.sleep(0),
        }.get(command["do"])
        return None if make is None else make(command)

    @property
    def _running(self) -> App:
        if self._app is None:
            raise LookupError("start comes first")
        return self._app

    async def _do(self, name: str, doing: Coroutine[None, None, None]) -> None:
        if name in {"start", "restart"}:
            await self.kill()
        self._doing = asyncio.create_task(doing)
        # Killed under way, it has nothing more to say.
        with contextlib.suppress(asyncio.CancelledError):
            await self._doing

    async def kill(self) -> None:
        """End the app wherever it is: what it has not written is gone."""
        if self._doing is not None and not self._doing.done():
            self._doing.cancel()
            await asyncio.wait([self._doing])
        if self._app is not None:
            await self._app.close()
        self._app = None

    async def _start(self, given: Json) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        self._started, self._clock = given, Clock(given.get("offsetSeconds", 0.0))
        self._app = self._installed()

    async def _restart(self, _: Json) -> None:
        self._app = self._installed()
        await self._app.open()

    def _installed(self) -> App:
        given = self._started
        return App(
            self._directory,
            given["baseUrl"],
            self._clock,
            language=given["language"],
            patience=given["patienceSeconds"],
        )

    async def _pass(self, seconds: float) -> None:
        for _ in range(_MOST_STEPS):
            due = self._running.due_in()
            step = seconds if due is None else min(seconds, max(0.0, due) + 0.001)
            self._clock.passed += step
            seconds -= step
            if due is not None and due < step:
                await self._running.tick()
            if seconds <= 0:
                return


@contextlib.asynccontextmanager
async def driving(directory: Path, port: int = 0) -> AsyncIterator[str]:
    """Serve a driver on 127.0.0.1; yield its client URL."""
    driver = Driver(directory)
    app = web.Application(client_max_size=2**20)
    app.router.add_post("/commands", driver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await driver.kill()
        await runner.cleanup()


async def _serve(port: int) -> None:
    with tempfile.TemporaryDirectory(prefix="nightbell-app-") as directory:
        async with driving(Path(directory) / "storage", port) as url:
            print(f"An app waits for: nightbell conformance --client-url {url}", flush=True)  # noqa: T201 - it speaks to whoever started it
            await asyncio.Event().wait()


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9100, help="0 for any that is free")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))
    return 0


if __name__ == "__main__":
    sys.exit(main())

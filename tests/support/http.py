"""Serve an ASGI application over real HTTP inside a test's own loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn
from typing_extensions import override


class _Server(uvicorn.Server):
    """Leaves the process's signals to pytest, and stops at once: uvicorn's own loop looks every 0.1 s."""

    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leaving = asyncio.Event()

    @override
    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.leaving.wait()


@contextlib.asynccontextmanager
async def serve(app: Any) -> AsyncIterator[str]:
    """Serve `app` on 127.0.0.1 at a free port; yield the base URL, e.g. "http://127.0.0.1:40001".

    The application's lifespan runs. On leaving, requests under way are finished (5 s at most).
    """
    config = uvicorn.Config(
        app, lifespan="on", log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=5
    )
    server = _Server(config)
    # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer waits 40 ms for an acknowledgement.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await _started(server, running)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.leaving.set()
            await running


async def _started(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    while not server.started:
        if running.done():
            await running
            raise RuntimeError("the application did not start")
        await asyncio.sleep(0.005)

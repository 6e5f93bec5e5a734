"""Serving an application from a running loop: the demo has two in one process, `serve` one."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from litestar.types import ASGIApp
from typing_extensions import override

GRACE_SECONDS = 10
"""Requests under way are finished within this when the server is told to stop."""


_TICK_SECONDS = 0.1
"""How often uvicorn looks after its own, as it does by itself."""


class _Quiet(uvicorn.Server):
    """Leaves the process's signals to whoever runs the loop, and stops when it is told, not at the next tick."""

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self._told = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._told.set()

    @override
    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK_SECONDS)

    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield


def config(app: ASGIApp) -> uvicorn.Config:
    """Return how an application is served: no access log of uvicorn's own, which would name addresses."""
    return uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 takes any free one. Named as TCP, so that no answer waits for Nagle."""
    bound = socket.socket(proto=socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, bound: socket.socket) -> AsyncIterator[None]:
    """Serve on a bound socket inside this loop, until the block is left."""
    server = _Quiet(config(app))
    running = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has a flag and no event
            await asyncio.sleep(0.005)
        if running.done():
            await running
            raise RuntimeError("the server did not start")
        yield
    finally:
        server.stop()
        await running


async def until_stopped() -> None:
    """Return at the first SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()

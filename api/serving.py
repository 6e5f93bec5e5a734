"""Serving an application from a running loop: the demo has two in one process, `serve` one."""

import asyncio
import contextlib
import gc
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
        # By itself uvicorn believes whoever calls from 127.0.0.1; whom to believe is a setting (api/addresses.py).
        proxy_headers=False,
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
async def serving(*served: tuple[ASGIApp, socket.socket]) -> AsyncIterator[None]:
    """Serve applications, each on its bound socket, inside this loop until the block is left; then stop all at once."""
    servers = [_Quiet(config(app)) for app, _ in served]
    running = [
        asyncio.create_task(server.serve(sockets=[bound]))
        for server, (_, bound) in zip(servers, served, strict=True)
    ]
    try:
        for server, task in zip(servers, running, strict=True):
            await _started(server, task)
        yield
    finally:
        for server in servers:
            server.stop()
        await asyncio.gather(*running)


async def _started(server: _Quiet, task: asyncio.Task[None]) -> None:
    while not server.started:
        if task.done():
            await task
            raise RuntimeError("the server did not start")
        await asyncio.sleep(0.005)


def settle_heap() -> None:
    """Let the garbage collector pass over all that was made at the start: it lives as long as the process does.

    Without this a collection walks through routes, protocol and modules again and again, while requests wait.
    """
    gc.collect()
    gc.freeze()


def stop_signal() -> asyncio.Event:
    """Return what is set at the first SIGINT or SIGTERM from now on; ask for it before anything is opened."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped

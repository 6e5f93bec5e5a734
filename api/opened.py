"""A sandbox while it is open: pools, provider, mail, worker. One task of its own opens and closes all of it.

So whatever goes wrong in one, or whoever's request has opened it, is no matter of another.
"""

import asyncio
import contextlib
import contextvars
import socket
from collections.abc import AsyncIterator
from typing import cast

import structlog
from litestar.types import ASGIApp
from msgspec import Struct
from msgspec.structs import replace

from api import seed
from api.app import Edge, build_app
from api.clock import SandboxClock
from api.sandbox import Keeper, Sandbox
from api.settings import Settings
from api.wiring import Room, edge, open_trial, work
from domain.records.rows import APP_ROLE, WORKER_ROLE
from notifications.emulator.emulator import Emulator

GRACE_SECONDS = 5.0
"""How long a request that was told to end may take to do so."""

AGAIN_SECONDS = 1.0

log = structlog.get_logger("nightbell.sandbox")


class Blueprint(Struct, frozen=True, kw_only=True):
    """What a sandbox is opened from."""

    key: str
    settings: Settings
    emulator: Emulator
    keeper: Keeper
    room: Room
    works: bool
    """Whether a worker runs by itself; without one the clock's moves do the work, as in a test."""


class Parts(Struct, frozen=True, kw_only=True):
    """What an open sandbox consists of."""

    sandbox: Sandbox
    edge: Edge
    app: ASGIApp


class Opened:
    """One open sandbox. `requests` are those under way in it."""

    def __init__(self, blueprint: Blueprint, mail_socket: socket.socket) -> None:
        self.requests: set[asyncio.Task[None]] = set()
        self.is_ending = False
        self._blueprint = blueprint
        self._mail_socket = mail_socket
        self._told = asyncio.Event()
        self._ready: asyncio.Future[Parts] = asyncio.get_running_loop().create_future()
        # In a context of its own: it acts as nobody, and its log belongs to no request.
        self._life = asyncio.create_task(self._live(), context=contextvars.Context())

    @property
    def parts(self) -> Parts:
        """Return what it consists of; it has opened."""
        return self._ready.result()

    async def opened(self) -> Parts:
        """Wait until it is open; raise what has kept it from that."""
        return await asyncio.shield(self._ready)

    async def quiet(self) -> None:
        """End every stream: a server waits for its requests, and a stream never ends by itself."""
        if self._ready.done() and self._ready.exception() is None:
            await self.parts.edge.wall.close()

    async def close(self) -> None:
        """End the requests under way but the caller's own, then close all of it."""
        self.is_ending = True
        await self.quiet()
        ending = self.requests - {asyncio.current_task()}
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending, timeout=GRACE_SECONDS)
        self._told.set()
        await asyncio.wait([self._life])

    async def _live(self) -> None:
        try:
            async with _open(self._blueprint, self._mail_socket) as parts:
                self._ready.set_result(parts)
                await self._told.wait()
        except Exception as trouble:
            if self._ready.done():
                log.exception("sandbox.trouble")
            else:
                self._ready.set_exception(trouble)
        finally:
            # Nobody waits for what will never open.
            self._ready.cancel()


@contextlib.asynccontextmanager
async def _open(blueprint: Blueprint, mail_socket: socket.socket) -> AsyncIterator[Parts]:
    settings, emulator = blueprint.settings, blueprint.emulator
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(mail_socket)
        trial = await stack.enter_async_context(open_trial(settings, APP_ROLE, blueprint.room))
        workers = await stack.enter_async_context(open_trial(settings, WORKER_ROLE, blueprint.room))
        clock = cast("SandboxClock", trial.now)
        emulator.follow(clock)
        sandbox = Sandbox(
            trial=trial,
            worker=replace(workers, now=clock),
            clock=clock,
            emulator=emulator,
            key=blueprint.key,
            keeper=blueprint.keeper,
        )
        await seed.seed(trial)
        parts = edge(settings)
        await stack.enter_async_context(emulator.mail_server.listening(mail_socket))
        if blueprint.works:
            await stack.enter_async_context(_working(sandbox, settings))
        yield Parts(sandbox=sandbox, edge=parts, app=build_app(trial, parts, sandbox))


@contextlib.asynccontextmanager
async def _working(sandbox: Sandbox, settings: Settings) -> AsyncIterator[None]:
    task = asyncio.create_task(_work_on(sandbox, settings))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _work_on(sandbox: Sandbox, settings: Settings) -> None:
    """Work until cancelled; a worker that breaks is started again."""
    while True:
        try:
            await work(sandbox.worker, settings)
        except Exception:
            log.exception("sandbox.trouble")
        await asyncio.sleep(AGAIN_SECONDS)

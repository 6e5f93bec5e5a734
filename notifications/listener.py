"""The ear of a worker: one connection that listens, and checks every few seconds that it still hears itself."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import structlog

from domain.records import wakeup

CHECK_SECONDS = 3.0
RECONNECT_SECONDS = 1.0

log = structlog.get_logger("nightbell.listener")


async def listen(
    connect: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]], wake: asyncio.Event
) -> None:
    """Set `wake` at every notification, until cancelled; a dead connection is noticed and replaced."""
    while True:
        try:
            connection = await connect()
            try:
                await _hear(connection, wake)
            finally:
                connection.terminate()
        except Exception as trouble:  # noqa: BLE001 - the ear only saves time: its trouble may never end the worker
            log.warning("listener.lost", error=type(trouble).__name__)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _hear(connection: "asyncpg.Connection[asyncpg.Record]", wake: asyncio.Event) -> None:
    """Listen for as long as a notification of our own comes back within the check's time."""
    own = uuid4().hex
    echo = asyncio.Event()

    def heard(payload: str) -> None:
        (echo if payload == own else wake).set()

    await wakeup.listen(connection, heard)
    while True:
        echo.clear()
        async with asyncio.timeout(CHECK_SECONDS):
            await wakeup.notify(connection, own)
            await echo.wait()
        await asyncio.sleep(CHECK_SECONDS)

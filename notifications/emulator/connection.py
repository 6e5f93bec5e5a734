"""Answering badly: ASGI has no words for a connection that closes without an answer, so uvicorn's are used."""

import asyncio
from typing import Any, cast

from litestar.types import Receive


async def hang_up(receive: Receive) -> None:
    """Close the connection without a word; return when it is closed and nothing sent can reach the caller.

    `receive` must be uvicorn's own: it is a method of the request's cycle, which holds the transport.
    """
    cast("Any", receive).__self__.transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


async def keep_silent(receive: Receive, closing: asyncio.Event, seconds: float) -> None:
    """Leave the caller waiting for `seconds`, or until the caller or the emulator gives up, then hang up."""
    waits = (asyncio.ensure_future(receive()), asyncio.ensure_future(closing.wait()))
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    await hang_up(receive)

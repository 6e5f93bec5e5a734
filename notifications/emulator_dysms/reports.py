"""The push "SmsReport" as the provider makes it: a JSON list, without a signature, tried again for a short while."""

import asyncio
from collections.abc import Mapping

import msgspec
from aiohttp import ClientError, ClientSession

_WAITS = (0.05, 0.2, 0.5)
"""Seconds before each further try; the real ones are minutes."""

_TAKEN = 200


async def push(session: ClientSession, url: str, items: tuple[Mapping[str, object], ...]) -> bool:
    """Push reports until they are taken; False when the tries are used up."""
    for wait in (0.0, *_WAITS):
        await asyncio.sleep(wait)
        if await _is_taken(session, url, msgspec.json.encode(items)):
            return True
    return False


async def _is_taken(session: ClientSession, url: str, body: bytes) -> bool:
    """Tell whether the receiver answered 200 and a body whose `code` is a number, which is all that is looked at."""
    headers = {"Content-Type": "application/json"}
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            answer = msgspec.json.decode(await response.read())
            return response.status == _TAKEN and isinstance(answer.get("code"), int)
    except (ClientError, TimeoutError, msgspec.DecodeError, AttributeError):
        return False

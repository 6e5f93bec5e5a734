"""A load generator that costs little: raw HTTP/1.1 over kept connections, each with a device of its own."""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import uuid4

from msgspec import Struct

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Run(Struct, frozen=True):
    """What one run brought: seconds it took, and the seconds of every request."""

    seconds: float
    latencies: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """The latency in milliseconds that so many per cent of the requests stayed within."""
        return percentile(self.latencies, percent)


def percentile(seconds: Sequence[float], percent: int) -> float:
    """The value in milliseconds that so many per cent stay within."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000


def body_of(item: str, choice: str, now: str) -> str:
    """A caregiver's report with one answer."""
    return json.dumps(
        {
            "formId": "caregiver",
            "formVersion": 1,
            "language": "en",
            "deviceTime": now,
            "answers": [{"type": "choice", "itemId": item, "choice": choice}],
        }
    )


class Phone:
    """One connection that hands in reports for one device."""

    def __init__(self, api_url: str, token: str) -> None:
        self._host = urlsplit(api_url).netloc
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def report(self, item: str, choice: str, now: str) -> int:
        """Hand one report in, under a new id; return the status."""
        body = body_of(item, choice, now)
        head = (
            f"PUT /v1/me/reports/{uuid4()} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return await self._send((head + body).encode())

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()

    async def _send(self, request: bytes) -> int:
        if self._streams is None:
            host, port = self._host.split(":")
            self._streams = await asyncio.open_connection(host, int(port))
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        return int(head[9:12])


async def submissions(api_url: str, tokens: Sequence[str], now: str, seconds: float) -> Run:
    """Hand in reports that page nobody, one connection a token, for so many seconds; every one must be stored."""
    phones = [Phone(api_url, token) for token in tokens]
    for phone in phones:
        _stored(await phone.report("vomited-blood", "no", now))
    started = time.perf_counter()
    taken = await asyncio.gather(*(_keep_reporting(phone, now, started + seconds) for phone in phones))
    elapsed = time.perf_counter() - started
    for phone in phones:
        await phone.close()
    return Run(elapsed, tuple(each for some in taken for each in some))


async def _keep_reporting(phone: Phone, now: str, until: float) -> list[float]:
    taken: list[float] = []
    while (begun := time.perf_counter()) < until:
        _stored(await phone.report("vomited-blood", "no", now))
        taken.append(time.perf_counter() - begun)
    return taken


def _stored(status: int) -> None:
    if status != 201:
        msg = f"a report was answered {status}: nothing is measured on refusals"
        raise RuntimeError(msg)

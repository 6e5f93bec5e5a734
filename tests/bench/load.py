"""A load generator that costs little: raw HTTP/1.1 over kept connections, each with a device of its own."""

import asyncio
import functools
import itertools
import json
import re
import time
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import uuid4

from msgspec import Struct
from typing_extensions import override

_TAG = re.compile(rb'^etag: (".*?")\r$', re.IGNORECASE | re.MULTILINE)
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


@functools.lru_cache(maxsize=16)
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


class _Answers(asyncio.Protocol):
    """The near end of a connection that has one answer under way at most; streams would cost twice as much."""

    def __init__(self) -> None:
        self._held = b""
        self.head = b""
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def data_received(self, data: bytes) -> None:
        self._held += data
        head, blank, body = self._held.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if blank and len(body) >= (int(length[1]) if length else 0):
            self._held, self.head = b"", head
            self.status.set_result(int(head[9:12]))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set_result(None)
        if not self.status.done():
            self.status.set_exception(exc or ConnectionResetError("the server has closed the connection"))


class Phone:
    """One connection that hands in reports for some devices, one after the other."""

    def __init__(self, api_url: str, *tokens: str) -> None:
        self._host = urlsplit(api_url).netloc
        self._tokens = itertools.cycle(tokens)
        self._line: tuple[asyncio.WriteTransport, _Answers] | None = None

    async def report(self, item: str, choice: str, now: str) -> int:
        """Hand one report in, under a new id; return the status."""
        body = body_of(item, choice, now)
        head = (
            f"PUT /v1/me/reports/{uuid4()} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {next(self._tokens)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return await self._send((head + body).encode())

    async def read(self, path: str, tag: str = "") -> str:
        """Read what is there, or be spared it by its tag; return the tag. Raises where neither is answered."""
        held = f"If-None-Match: {tag}\r\n" if tag else ""
        head = f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {next(self._tokens)}\r\n{held}\r\n"
        status = await self._send(head.encode())
        if status != (304 if tag else 200):
            msg = f"a reading was answered {status}: nothing is measured on refusals"
            raise RuntimeError(msg)
        found = None if self._line is None else _TAG.search(self._line[1].head + b"\r")
        return "" if found is None else found[1].decode()

    async def close(self) -> None:
        """Close the connection."""
        if self._line is not None:
            transport, answers = self._line
            answers.status.cancel()
            transport.close()
            await answers.gone

    async def _send(self, request: bytes) -> int:
        loop = asyncio.get_running_loop()
        if self._line is None:
            host, port = self._host.split(":")
            self._line = await loop.create_connection(_Answers, host, int(port))
        transport, answers = self._line
        answers.status = loop.create_future()
        transport.write(request)
        return await answers.status


async def submissions(api_url: str, groups: Sequence[Sequence[str]], now: str, seconds: float) -> Run:
    """Hand in reports that page nobody, one connection a group of devices, for so long; all must be stored."""
    phones = [Phone(api_url, *group) for group in groups]
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


async def readings(
    api_url: str, path: str, tokens: Sequence[str], tags: Sequence[str], seconds: float
) -> Run:
    """Read with each of these phones for so long, on a connection each; spared, where each holds a tag."""
    phones = [Phone(api_url, token) for token in tokens]
    held = tags or [""] * len(phones)
    for phone, tag in zip(phones, held, strict=True):
        await phone.read(path, tag)
    started = time.perf_counter()
    taken = await asyncio.gather(
        *(_keep_reading(phone, path, tag, started + seconds) for phone, tag in zip(phones, held, strict=True))
    )
    elapsed = time.perf_counter() - started
    for phone in phones:
        await phone.close()
    return Run(elapsed, tuple(each for some in taken for each in some))


async def _keep_reading(phone: Phone, path: str, tag: str, until: float) -> list[float]:
    taken: list[float] = []
    while (begun := time.perf_counter()) < until:
        await phone.read(path, tag)
        taken.append(time.perf_counter() - begun)
    return taken


def _stored(status: int) -> None:
    if status != 201:
        msg = f"a report was answered {status}: nothing is measured on refusals"
        raise RuntimeError(msg)

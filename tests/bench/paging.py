"""From the commit of an urgent report to the request at the provider, idle, under load, after a kill; pages a second.

Goals are those of the performance notes: p99 ≤ 5 x a bare POST to the same emulator in the same run; ≤ 50 ms at half
the submission capacity; a killed worker's page ≤ 5 s later. Bob's number is of a country that sets no limit of texts.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg

from domain.people import ContactKind
from domain.records import wakeup
from domain.records.rows import WORKER_ROLE, connect
from tests.bench.figures import Figure
from tests.bench.house import ACCOUNT_SID, SENDER, House, process
from tests.bench.load import Phone, percentile

PAGES = 50
UNDER_LOAD = 30
DRAINED = 200
KILLS = 3
LOAD_CONNECTIONS = 8
ABROAD = "+15550000002"


async def measure(house: House) -> list[Figure]:
    """Measure all of it, one after the other."""
    await _move_bob_abroad(house)
    commits: list[float] = []
    ear = await connect(house.database_url, WORKER_ROLE)
    # Workers tell themselves that they still hear, with a payload; a commit wakes them without one.
    await wakeup.listen(ear, lambda payload: None if payload else commits.append(time.perf_counter()))
    async with process("worker", house.environment):
        idle = await _idle(house, commits)
        loaded = await _under_load(house, commits)
    posts = await _bare_posts(house)
    killed = [await _after_a_kill(house) for _ in range(KILLS)]
    one, two = [await _drained(house, workers) for workers in (1, 2)]
    await ear.close()
    ratio = percentile(idle, 99) / percentile(posts, 99)
    return [
        Figure(
            name="commit → provider p99, of a bare POST",
            value=round(ratio, 2),
            goal="≤ 5",
            met=ratio <= 5,
            figures={
                **_milliseconds("", idle),
                **_milliseconds("bare_post_", posts),
                "reports": len(idle),
            },
        ),
        Figure(
            name="commit → provider p99 under load, ms",
            value=round(percentile(loaded, 99), 1),
            goal="≤ 50",
            met=percentile(loaded, 99) <= 50,
            figures={**_milliseconds("", loaded), "load": "half the capacity of 8 connections"},
        ),
        Figure(
            name="a killed worker's page, s later",
            value=round(max(killed), 2),
            goal="≤ 5",
            met=max(killed) <= 5,
            figures={"kills": KILLS, "all": [round(each, 2) for each in killed]},
        ),
        Figure(
            name="pages a second, two workers of one",
            value=round(two / one, 2),
            goal="",
            met=None,
            figures={"one_worker": round(one, 1), "two_workers": round(two, 1), "pages": DRAINED},
        ),
    ]


def _milliseconds(name: str, seconds: list[float]) -> dict[str, float]:
    return {f"{name}p{percent}_ms": round(percentile(seconds, percent), 2) for percent in (50, 99)}


async def _move_bob_abroad(house: House) -> None:
    connection = await asyncpg.connect(house.database_url)
    contact_id = await connection.fetchval(
        "select contacts.id from contacts join staff on staff.id = staff_id where name = 'Bob' and kind = 'phone'"
    )
    sealed = house.trial.vault.seal(ABROAD, contact_id, ContactKind.PHONE)
    await connection.execute(
        "update contacts set key_id = $2, sealed = $3, blind_index = $4, prefix = '+1' where id = $1",
        contact_id,
        sealed.key_id,
        sealed.data,
        house.trial.vault.index(ContactKind.PHONE, ABROAD),
    )
    await connection.close()


async def _idle(house: House, commits: list[float]) -> list[float]:
    first, *phones = [Phone(house.api_url, token) for token in await house.devices(PAGES + 1)]
    # The first page waits for the worker to start.
    await _page(house, first, commits)
    return [await _page(house, phone, commits) for phone in phones]


async def _under_load(house: House, commits: list[float]) -> list[float]:
    """Page while others hand in reports at half of what their connections could."""
    phones = [Phone(house.api_url, token) for token in await house.devices(UNDER_LOAD)]
    others = [
        Phone(house.api_url, *tokens)
        for tokens in _groups(await house.quiet_devices(LOAD_CONNECTIONS * 4), LOAD_CONNECTIONS)
    ]
    stop = asyncio.Event()
    load = [asyncio.create_task(_half(phone, stop)) for phone in others]
    try:
        return [await _page(house, phone, commits) for phone in phones]
    finally:
        stop.set()
        await asyncio.gather(*load)
        for phone in others:
            await phone.close()


def _groups(tokens: list[str], count: int) -> list[list[str]]:
    return [tokens[place::count] for place in range(count)]


async def _half(phone: Phone, stop: asyncio.Event) -> None:
    """Hand reports in that page nobody, resting after each for as long as it took."""
    while not stop.is_set():
        begun = time.perf_counter()
        await phone.report("vomited-blood", "no", _now())
        await asyncio.sleep(time.perf_counter() - begun)


async def _page(house: House, phone: Phone, commits: list[float]) -> float:
    """Hand an emergency in; return the seconds from its commit to the provider, and let all of it settle."""
    commits.clear()
    house.emulator.arrivals.clear()
    if await phone.report("cannot-be-woken", "yes", _now()) != 201:
        raise RuntimeError("an emergency was refused")
    async with asyncio.timeout(10):
        while not house.emulator.arrivals or not commits:  # noqa: ASYNC110 - two flags of two callbacks
            await asyncio.sleep(0.0005)
    await house.emulator.idle()
    await asyncio.sleep(0.02)
    await phone.close()
    return house.emulator.arrivals[0] - commits[0]


async def _after_a_kill(house: House) -> float:
    """Kill the only worker as the provider hears from it; return the seconds another one needs for the next page."""
    first, second = [Phone(house.api_url, token) for token in await house.devices(2)]
    async with _worker(house) as victim:
        house.emulator.arrivals.clear()
        await first.report("cannot-be-woken", "yes", _now())
        await _arrivals(house, 1)
        os.kill(victim.pid, signal.SIGKILL)
        await victim.wait()
    house.emulator.arrivals.clear()
    await second.report("cannot-be-woken", "yes", _now())
    async with _worker(house):
        begun = time.perf_counter()
        await _arrivals(house, 1)
        return house.emulator.arrivals[0] - begun


async def _drained(house: House, workers: int) -> float:
    """Let so many workers send what waits; return pages a second, from the first to the last."""
    phones = [Phone(house.api_url, token) for token in await house.quiet_devices(DRAINED)]
    house.emulator.arrivals.clear()
    for phone in phones:
        await phone.report("cannot-be-woken", "yes", _now())
        await phone.close()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(workers):
            await stack.enter_async_context(_worker(house))
        await _arrivals(house, DRAINED)
    first, last = house.emulator.arrivals[0], house.emulator.arrivals[DRAINED - 1]
    return (DRAINED - 1) / (last - first)


async def _arrivals(house: House, count: int) -> None:
    async with asyncio.timeout(60):
        while len(house.emulator.arrivals) < count:  # noqa: ASYNC110 - the flag of a callback
            await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def _worker(house: House) -> AsyncIterator[asyncio.subprocess.Process]:
    nightbell = Path(sys.executable).with_name("nightbell")
    values = {"PATH": os.environ["PATH"], **house.environment}
    running = await asyncio.create_subprocess_exec(nightbell, "worker", env=values)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.terminate()
        await running.wait()


async def _bare_posts(house: House) -> list[float]:
    base = house.settings.twilio_api_base_url or ""
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, house.settings.twilio_auth_token)}
    form = {"To": "+8619900000002", "From": SENDER, "Body": "bench"}
    taken: list[float] = []
    async with aiohttp.ClientSession(base, headers=headers) as http:
        for _ in range(PAGES):
            begun = time.perf_counter()
            async with http.post(f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json", data=form) as answer:
                answer.raise_for_status()
                await answer.read()
            taken.append(time.perf_counter() - begun)
    return taken


def _now() -> str:
    return datetime.now(UTC).isoformat()

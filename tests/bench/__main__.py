"""`make bench`: reports over HTTP, pages from commit to provider, plans, the year's sweep, a look of the auditor's.

Read ratios, not absolutes: both sides of a ratio are measured in one run, on one machine, one after the other.
Goals are those of the performance notes (those of a submission are in `submitting`; commit to provider p99 ≤ 5 x a bare
POST). What has a goal and is not measured yet is named as such.
"""

import asyncio
import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import uvloop
from msgspec import to_builtins

from api.logs import configure_logs
from domain.records import wakeup
from domain.records.rows import WORKER_ROLE, connect
from tests.bench import auditing, planning, submitting, sweep
from tests.bench.figures import Figure, say
from tests.bench.house import ACCOUNT_SID, SENDER, House, open_house, process
from tests.bench.load import Phone, percentile

PAGES = 50
OUTPUT = Path("bench.json")
NOT_MEASURED = (
    "schedule: 304 ≥ 0.2 of its query, full ≥ 8 x the stand-in",
    "commit → provider ≤ 50 ms at half the submission capacity; a killed worker's page ≤ 5 s later",
    "memory of one API process over 1e6 requests ≤ 150 MB",
)


async def main() -> None:
    """Measure, print, and write bench.json."""
    configure_logs("error")
    async with open_house() as house:
        found = [
            *await submitting.measure(house),
            *await _pages(house),
            *await planning.measure(house),
            *await sweep.measure(house),
            *await auditing.measure(house),
        ]
        machine = await _machine(house)
    for each in found:
        verdict = {True: "met", False: "NOT met", None: "no goal"}[each.met]
        say(f"{each.name:46} {each.value:9.2f}   {each.goal or '-':12} {verdict:8} {_short(each.figures)}")
    say("\nnot measured yet: " + "; ".join(NOT_MEASURED))
    say(f"machine: {machine}")
    rows = [{**to_builtins(each), "figures": {**each.figures, "machine": machine}} for each in found]
    OUTPUT.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")  # noqa: ASYNC240 - nothing else runs


async def _pages(house: House) -> list[Figure]:
    first, *phones = [Phone(house.api_url, token) for token in await house.devices(PAGES + 1)]
    commits: list[float] = []
    ear = await connect(house.database_url, WORKER_ROLE)
    # Workers tell themselves that they still hear, with a payload; a commit wakes them without one.
    await wakeup.listen(ear, lambda payload: None if payload else commits.append(time.perf_counter()))
    async with process("worker", house.environment):
        # The first page waits for the worker to start.
        await _page(house, first, commits)
        waits = [await _page(house, phone, commits) for phone in phones]
    posts = await _bare_posts(house)
    await ear.close()
    ratio = percentile(waits, 99) / percentile(posts, 99)
    return [
        Figure(
            name="commit → provider p99, of a bare POST",
            value=round(ratio, 2),
            goal="≤ 5",
            met=ratio <= 5,
            figures={
                "p50_ms": round(percentile(waits, 50), 2),
                "p99_ms": round(percentile(waits, 99), 2),
                "bare_post_p50_ms": round(percentile(posts, 50), 2),
                "bare_post_p99_ms": round(percentile(posts, 99), 2),
                "reports": len(waits),
            },
        )
    ]


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


async def _machine(house: House) -> dict[str, object]:
    async with house.trial.pool.acquire() as connection:
        postgres = await connection.fetchval("show server_version")
    packages = ("litestar", "uvicorn", "uvloop", "asyncpg", "msgspec", "fastapi", "sqlalchemy", "pydantic")
    return {
        "cores": os.cpu_count(),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": postgres,
        **{name: importlib.metadata.version(name) for name in packages},
        "load_generator": "on the same machine",
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _short(figures: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in figures.items())


if __name__ == "__main__":
    uvloop.run(main())

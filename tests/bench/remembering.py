"""The memory of one API process over many requests: of ten, nine are spared by a tag and one is read whole.

Goal of the performance notes: flat over 1e6 requests, and ≤ 150 MB. Flat means here: from a tenth of the way to the end
it grows by no more than a twentieth. Where the machine does not get through a million in time the figure says how many
it was, and has no goal: what holds for fewer says nothing of a million.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from api.demo import url_of
from api.serving import bind
from tests.bench.figures import Figure
from tests.bench.house import House, beside, until_answers
from tests.bench.load import Phone
from tests.bench.reading import DAYS, PATH

CONNECTIONS = 8
"""As many as nobody waits behind, also on a machine that does other things: what is looked at is memory."""

REQUESTS = 1_000_000
SECONDS = float(os.environ.get("BENCH_MEMORY_SECONDS", "420"))
"""How long it may take at most."""

WHOLE_EVERY = 10
MOST_MEGABYTES = 150
MOST_GROWTH = 0.05


async def measure(house: House) -> list[Figure]:
    """Ask one process of our own for so long; its memory is read at a tenth of the way and at the end."""
    tokens = await house.devices(CONNECTIONS, days=DAYS)
    probe = bind("127.0.0.1", 0)
    url = url_of(probe)
    probe.close()
    environment = {**house.environment, "NIGHTBELL_PORT": url.rsplit(":", 1)[1]}
    nightbell = Path(sys.executable).with_name("nightbell")
    async with beside(environment, nightbell, "serve") as pid:
        await until_answers(url, "/health/ready")
        until = time.perf_counter() + SECONDS
        early = await _ask(url, tokens, REQUESTS // 10, until - SECONDS * 0.9)
        first = _megabytes(pid)
        late = await _ask(url, tokens, REQUESTS - early, until)
        last = _megabytes(pid)
    return _figures(early + late, first, last)


async def _ask(url: str, tokens: Sequence[str], wanted: int, until: float) -> int:
    counts = await asyncio.gather(
        *(_keep_asking(Phone(url, token), wanted // len(tokens), until) for token in tokens)
    )
    return sum(counts)


async def _keep_asking(phone: Phone, wanted: int, until: float) -> int:
    tag = await phone.read(PATH)
    done = 1
    while done < wanted and time.perf_counter() < until:
        await phone.read(PATH, "" if done % WHOLE_EVERY == 0 else tag)
        done += 1
    await phone.close()
    return done


def _megabytes(pid: int) -> float:
    """Return the resident memory of a process (proc(5))."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 10**6


def _figures(requests: int, first: float, last: float) -> list[Figure]:
    is_all = requests >= REQUESTS * 0.999
    growth = last / first - 1
    figures: dict[str, object] = {
        "requests": requests,
        "megabytes_at_a_tenth": round(first, 1),
        "megabytes_at_the_end": round(last, 1),
    }
    return [
        _figure(
            "MB",
            requests,
            last,
            f"≤ {MOST_MEGABYTES}",
            figures,
            met=last <= MOST_MEGABYTES if is_all else None,
        ),
        _figure(
            "growth",
            requests,
            growth,
            f"≤ {MOST_GROWTH}",
            figures,
            met=growth <= MOST_GROWTH if is_all else None,
        ),
    ]


def _figure(
    what: str, requests: int, value: float, goal: str, figures: dict[str, object], *, met: bool | None
) -> Figure:
    return Figure(
        name=f"memory of one API process, {requests:,} requests, {what}",
        value=round(value, 3),
        goal="" if met is None else goal,
        met=met,
        figures=figures,
    )

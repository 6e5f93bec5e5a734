"""What authentication and row-level security cost a report: ours beside ours without either, in turn.

Goal: both together take no more than 15 % off the submissions a second at 32 connections (issue 6).
"""

import contextlib
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from statistics import median

import asyncpg

from api.demo import url_of
from api.serving import bind
from tests.bench.figures import Figure
from tests.bench.house import House, beside, until_answers
from tests.bench.limit import DEVICES
from tests.bench.load import submissions

CONNECTIONS = 32
ROUNDS = 21
SECONDS = 1.0
MOST = 0.15


async def measure(house: House) -> list[Figure]:
    """Measure both in turn; the figure is the median of the rounds' ratios."""
    tokens = await house.quiet_devices(DEVICES * CONNECTIONS)
    groups = [tokens[place : place + DEVICES] for place in range(0, len(tokens), DEVICES)]
    async with _unguarded(house) as bare_url:
        for url in (house.api_url, bare_url):
            await submissions(url, groups, _now(), SECONDS)
        # Tables with rows and statistics, as a running database has them.
        connection = await asyncpg.connect(house.database_url)
        await connection.execute("analyze")
        await connection.close()
        rounds = []
        for turn in range(ROUNDS + 1):
            order = (house.api_url, bare_url) if turn % 2 else (bare_url, house.api_url)
            found = {url: (await submissions(url, groups, _now(), SECONDS)).rate for url in order}
            rounds.append((found[house.api_url], found[bare_url]))
    # The first one warms both up.
    rounds = rounds[1:]
    cost = 1 - median(ours / bare for ours, bare in rounds)
    figures: dict[str, object] = {
        "reports_per_second": round(median(ours for ours, _ in rounds)),
        "unguarded_per_second": round(median(bare for _, bare in rounds)),
        "lowest": round(min(1 - ours / bare for ours, bare in rounds), 3),
        "highest": round(max(1 - ours / bare for ours, bare in rounds), 3),
        "rounds": len(rounds),
    }
    return [
        Figure(
            name=f"submit report, {CONNECTIONS} connections, cost of the guard",
            value=round(cost, 3),
            goal=f"≤ {MOST}",
            met=cost <= MOST,
            figures=figures,
        )
    ]


@contextlib.asynccontextmanager
async def _unguarded(house: House) -> AsyncIterator[str]:
    probe = bind("127.0.0.1", 0)
    url = url_of(probe)
    probe.close()
    environment = {**house.environment, "NIGHTBELL_PORT": url.rsplit(":", 1)[1]}
    async with beside(environment, sys.executable, "-m", "tests.bench.unguarded"):
        await until_answers(url, "/health/ready")
        yield url


def _now() -> str:
    return datetime.now(UTC).isoformat()

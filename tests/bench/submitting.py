"""Handing a report in: how many a second, how soon, beside the database's limit and beside the usual stack.

The limit is the very statements of one submission, in the same round trips, under pgbench on as many connections. The
stand-in is `tests.bench.standin`, served as ours is. The three take turns, so that what else the machine does meets all
of them; a ratio is the median over the rounds. Goals are those of the performance notes: at 32 connections ≥ 0.6 of the
limit (0.85 is the stretch), ≥ 8 x the stand-in, and p99 ≤ 3 x p50.
"""

import contextlib
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from statistics import median
from uuid import uuid4

import aiohttp
import asyncpg
from msgspec import Struct

from api.demo import url_of
from api.serving import bind
from tests.bench.figures import PROMISED_AT, Figure, at
from tests.bench.house import House, beside, until_answers
from tests.bench.limit import DEVICES, capture, load_values, pgbench, script
from tests.bench.load import Run, body_of, percentile, submissions

CONNECTIONS = (1, 8, PROMISED_AT)
ROUNDS = 5
SECONDS = 1.0
"""Of each of the three in each round; pgbench takes no less."""

REPORTS = (("vomited-blood", "no"), ("vomited-blood", "yes"))
"""What both are asked before anything is measured: the report of the load, and one that rings."""


class Round(Struct, frozen=True):
    """One after the other: ours, the limit in transactions a second, the stand-in."""

    ours: Run
    limit: float
    other: Run


async def measure(house: House) -> list[Figure]:
    """Measure ours, the limit and the stand-in in turn, at each number of connections."""
    # No group serves two of the three runs but the last, or its phones would hand in more than they may in a day.
    tokens = await house.quiet_devices(DEVICES * (max(CONNECTIONS) + sum(CONNECTIONS[:-1])))
    groups = [tokens[place : place + DEVICES] for place in range(0, len(tokens), DEVICES)]
    statements = await capture(house, tokens, _now())
    await load_values(house, statements)
    replay = script(statements)
    found: list[Figure] = []
    async with stand_in(house) as other_url:
        await compare(house, other_url)
        await _settle(house, replay)
        first = 0
        for connections in CONNECTIONS:
            used = groups[first : first + connections]
            rounds = [
                Round(
                    await submissions(house.api_url, used, _now(), SECONDS),
                    await pgbench(house, replay, connections, first, SECONDS),
                    await submissions(other_url, used, _now(), SECONDS),
                )
                for _ in range(ROUNDS)
            ]
            found += _figures(connections, rounds, len(statements))
            first += connections
    return found


@contextlib.asynccontextmanager
async def stand_in(house: House) -> AsyncIterator[str]:
    """Run the stand-in beside ours, on the same database."""
    probe = bind("127.0.0.1", 0)
    url = url_of(probe)
    probe.close()
    environment = {**house.environment, "NIGHTBELL_PORT": url.rsplit(":", 1)[1]}
    async with beside(environment, sys.executable, "-m", "tests.bench.standin.app"):
        await until_answers(url, "/openapi.json")
        yield url


async def _settle(house: House, replay: str) -> None:
    """Give the tables rows and statistics, as a running database has; autovacuum would come in the middle, or not."""
    await pgbench(house, replay, max(CONNECTIONS), sum(CONNECTIONS[:-1]), SECONDS)
    connection = await asyncpg.connect(house.database_url)
    await connection.execute("analyze")
    await connection.close()


async def compare(house: House, other_url: str) -> None:
    """Ask both the same; raise unless both answer the same: nothing is compared with other work."""
    for item, choice in REPORTS:
        answers = [
            await _answer(url, token, item, choice)
            for url, token in zip((house.api_url, other_url), await house.devices(2), strict=True)
        ]
        if answers[0] != answers[1]:
            msg = f"the stand-in answers something else: {answers}"
            raise RuntimeError(msg)


async def _answer(url: str, token: str, item: str, choice: str) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(url, headers=headers) as http,
        http.put(f"/v1/me/reports/{uuid4()}", data=body_of(item, choice, _now())) as answer,
    ):
        said = json.loads(await answer.read())
        return {"status": answer.status, **said, "reportId": "", "receivedAt": "", "madeAt": ""}


def _figures(connections: int, rounds: list[Round], statements: int) -> list[Figure]:
    ours = [second for each in rounds for second in each.ours.latencies]
    others = [second for each in rounds for second in each.other.latencies]
    p50, p99 = percentile(ours, 50), percentile(ours, 99)
    figures: dict[str, object] = {
        "reports_per_second": round(median(each.ours.rate for each in rounds)),
        "limit_per_second": round(median(each.limit for each in rounds)),
        "stand_in_per_second": round(median(each.other.rate for each in rounds)),
        "round_trips": statements,
        "p50_ms": round(p50, 2),
        "p99_ms": round(p99, 2),
        "stand_in_p50_ms": round(percentile(others, 50), 2),
        "stand_in_p99_ms": round(percentile(others, 99), 2),
        "rounds": len(rounds),
    }
    of_limit = median(each.ours.rate / each.limit for each in rounds)
    times = median(each.ours.rate / each.other.rate for each in rounds)
    return [
        at(connections, "submit report, {}, of the limit", of_limit, "≥ 0.6", figures, met=of_limit >= 0.6),
        at(connections, "submit report, {}, x the stand-in", times, "≥ 8", figures, met=times >= 8),
        at(connections, "submit report, {}, p99 ÷ p50", p99 / p50, "≤ 3", figures, met=p99 <= 3 * p50),
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat()

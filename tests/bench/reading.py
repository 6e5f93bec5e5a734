"""Reading the schedule: spared by a tag and whole, beside the database's limit and beside the usual stack.

A 304 costs one statement, and its limit is that very statement under pgbench on as many connections. Whole it stands
beside `tests.bench.standin`, which reads the same tables and gives the same JSON. All take turns, so that what else the
machine does meets all of them; a ratio is the median over the rounds. Goals are those of the performance notes: 304 ≥
0.2 of its statement, whole ≥ 8 x the stand-in, at the most connections.
"""

import inspect
import json
import re
from collections.abc import Sequence
from statistics import median

import aiohttp
import asyncpg
from msgspec import Struct

from api.wiring import edge
from domain.records import callers
from tests.bench.figures import PROMISED_AT, Figure, at
from tests.bench.house import House
from tests.bench.limit import pgbench
from tests.bench.load import Run, percentile, readings
from tests.bench.submitting import stand_in

CONNECTIONS = (8, PROMISED_AT)
ROUNDS = 5
SECONDS = 1.0
"""Of each of the four in each round; pgbench takes no less."""

PATH = "/v1/me/schedule"
DAYS = 100
"""Since the administration: some visits and check-ins are behind, and recorded."""


class Round(Struct, frozen=True):
    """One after the other: spared, its statement in transactions a second, whole, the stand-in's whole."""

    spared: Run
    limit: float
    whole: Run
    other: Run


async def measure(house: House) -> list[Figure]:
    """Measure all four in turn, at each number of connections."""
    tokens = await house.devices(max(CONNECTIONS), days=DAYS)
    await _load_sessions(house, tokens)
    found: list[Figure] = []
    async with stand_in(house) as other_url:
        held = [await _compare(house, other_url, token) for token in tokens]
        for connections in CONNECTIONS:
            used, tags = tokens[:connections], held[:connections]
            rounds = [
                Round(
                    await readings(house.api_url, PATH, used, tags, SECONDS),
                    await pgbench(house, _script(), connections, 0, SECONDS),
                    await readings(house.api_url, PATH, used, [], SECONDS),
                    await readings(other_url, PATH, used, [], SECONDS),
                )
                for _ in range(ROUNDS + 1)
            ]
            # The first one warms all of them up.
            found += _figures(connections, rounds[1:])
    return found


async def _load_sessions(house: House, tokens: Sequence[str]) -> None:
    """Store whose session each client of pgbench asks for, as the phones do."""
    mint = edge(house.settings).mint
    connection = await asyncpg.connect(house.database_url)
    await connection.execute("create table bench_sessions (client integer primary key, id uuid not null)")
    await connection.executemany(
        "insert into bench_sessions values ($1, $2)",
        [(client, mint.read(token).session_id) for client, token in enumerate(tokens)],
    )
    await connection.execute("grant select on bench_sessions to nightbell_app")
    await connection.execute("analyze")
    await connection.close()


def _script() -> str:
    """Return the statement of a 304 as a pgbench script; each client asks for one session, loaded once."""
    return "\n".join(
        (
            "\\if :n = 0",
            "select id as session from bench_sessions where client = :client_id \\gset",
            "\\set n 1",
            "\\endif",
            f"{_statement()};",
            "",
        )
    )


def _statement() -> str:
    """Return the very statement, as the program has it."""
    written = re.search(r'"""\s+(select .+?)\s+"""', inspect.getsource(callers.find_with_mark), re.DOTALL)
    assert written is not None
    return " ".join(written[1].split()).replace("$1", ":session")


async def _compare(house: House, other_url: str, token: str) -> str:
    """Read the schedule from both; raise unless both say the same. Return the tag under which it is held."""
    headers = {"Authorization": f"Bearer {token}"}
    said, tags = [], []
    for url in (house.api_url, other_url):
        async with aiohttp.ClientSession(url, headers=headers) as http, http.get(PATH) as answer:
            said.append((answer.status, json.loads(await answer.read())))
            tags.append(answer.headers.get("ETag", ""))
    if said[0] != said[1]:
        msg = f"the stand-in answers something else: {said}"
        raise RuntimeError(msg)
    return tags[0]


def _figures(connections: int, rounds: list[Round]) -> list[Figure]:
    spared = [second for each in rounds for second in each.spared.latencies]
    whole = [second for each in rounds for second in each.whole.latencies]
    figures: dict[str, object] = {
        "spared_per_second": round(median(each.spared.rate for each in rounds)),
        "limit_per_second": round(median(each.limit for each in rounds)),
        "whole_per_second": round(median(each.whole.rate for each in rounds)),
        "stand_in_per_second": round(median(each.other.rate for each in rounds)),
        "spared_p50_ms": round(percentile(spared, 50), 2),
        "spared_p99_ms": round(percentile(spared, 99), 2),
        "whole_p50_ms": round(percentile(whole, 50), 2),
        "whole_p99_ms": round(percentile(whole, 99), 2),
        "rounds": len(rounds),
    }
    of_limit = median(each.spared.rate / each.limit for each in rounds)
    times = median(each.whole.rate / each.other.rate for each in rounds)
    return [
        at(
            connections, "schedule, {}, 304 of its statement", of_limit, "≥ 0.2", figures, met=of_limit >= 0.2
        ),
        at(connections, "schedule, {}, whole x the stand-in", times, "≥ 8", figures, met=times >= 8),
    ]

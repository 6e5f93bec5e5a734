"""The reminder sweep: what does it cost to remind 1,000 participants, among a thousand, and among a million?

Each size has a database, a pool and a worker of its own, and the rounds go through the sizes in turn, so that what
else the machine does meets all of them. Goals are those of the performance notes: the cost among 1e6 ≤ 1.2 of that
among 1e3, ≤ 10 µs a due row, nothing due ≤ 1 ms. A due row is measured as both things it can mean: the row that is
found, and the year that is looked at, with its transaction and the reminder that is made.
"""

import time
from collections.abc import Sequence
from math import log10
from statistics import median
from uuid import UUID, uuid4

from msgspec import Struct, field
from msgspec.structs import replace

from domain.records import messages, plans
from domain.records.rows import WORKER_ROLE, reading, transaction
from notifications import sweep, worker
from tests.bench.crowds import DUE, Crowd, open_crowds
from tests.bench.figures import Figure, say
from tests.bench.house import House
from tests.support.explained import Explained, explain, overheard

ROUNDS, FINDINGS = 5, 3
"""Rounds, and how often in each all that is due is found: that takes milliseconds, and varies more."""

WARM = 100
"""Years that a sweep looks at before anything is measured."""

NOTHING_DUE = 20
"""Sweeps without anything due, in each round."""

DO_NOT_GROW = frozenset({"sites"})
"""Tables that stay small however many participate."""


class Taken(Struct, frozen=True):
    """The seconds that each round took at one size."""

    finding: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    nothing: list[float] = field(default_factory=list)


async def measure(house: House) -> list[Figure]:
    """Measure all sizes for which there is room; print how the statements of the largest find their rows."""
    async with open_crowds(house) as crowds:
        if not crowds:
            return []
        taken = {crowd.size: Taken() for crowd in crowds}
        for crowd in crowds:
            await _warm(crowd)
        for _ in range(ROUNDS):
            for crowd in crowds:
                await _round(crowd, taken[crowd.size])
        explained = await _explained(crowds[-1])
    _show(explained, crowds[-1].size)
    return [*_figures(taken), _scans(explained, crowds[-1].size)]


async def _warm(crowd: Crowd) -> None:
    """Fill caches and prepare statements on every connection."""
    await crowd.put_back(WARM)
    await _sweeping(crowd, WARM)


async def _round(crowd: Crowd, taken: Taken) -> None:
    for _ in range(FINDINGS):
        await crowd.put_back(DUE)
        taken.finding.append(await _finding(crowd))
    await crowd.put_back(DUE)
    taken.whole.append(await _sweeping(crowd, DUE))
    if (made := await crowd.made()) != DUE:
        msg = f"{made} reminders were made, and {DUE} were due"
        raise RuntimeError(msg)
    taken.nothing.append(median([await _sweeping(crowd, 0) for _ in range(NOTHING_DUE)]))


async def _finding(crowd: Crowd) -> float:
    """Ask for all that is due as a sweep does: what was found it has looked at, and moved on, before it asks again."""
    taken, seen = 0.0, frozenset[UUID]()
    while True:
        begun = time.perf_counter()
        async with reading(crowd.trial.pool) as connection:
            due = await plans.due(connection, crowd.trial.now(), seen, sweep.BATCH)
        taken += time.perf_counter() - begun
        if not due:
            _expect(len(seen), DUE)
            return taken
        await crowd.move_on([each.id for each in due])
        seen |= {each.id for each in due}


async def _sweeping(crowd: Crowd, due: int) -> float:
    begun = time.perf_counter()
    done = await sweep.sweep(crowd.trial)
    taken = time.perf_counter() - begun
    _expect(done, due)
    return taken


def _expect(found: int, due: int) -> None:
    if found != due:
        msg = f"{found} years were found, and {due} were due: nothing is measured on other work"
        raise RuntimeError(msg)


def _figures(taken: dict[int, Taken]) -> list[Figure]:
    finding = {size: median(each.finding) for size, each in taken.items()}
    whole = {size: median(each.whole) for size, each in taken.items()}
    nothing = {size: median(each.nothing) for size, each in taken.items()}
    return [
        *(_ratio("find what is due", finding, size) for size in list(finding)[1:]),
        *(_ratio("whole sweep", whole, size) for size in list(whole)[1:]),
        _below(
            "find what is due", {size: each / DUE * 1e6 for size, each in finding.items()}, "µs a row", 10
        ),
        _below("whole sweep", {size: each / DUE * 1e6 for size, each in whole.items()}, "µs a row", 10),
        _below("sweep, nothing due", {size: each * 1e3 for size, each in nothing.items()}, "ms", 1),
    ]


def _ratio(name: str, seconds: dict[int, float], size: int) -> Figure:
    smallest = min(seconds)
    value = seconds[size] / seconds[smallest]
    return Figure(
        name=f"{name} among {_power(size)}, of that among {_power(smallest)}",
        value=round(value, 2),
        goal="≤ 1.2",
        met=value <= 1.2,
        figures={f"ms_among_{_power(each)}": round(taken * 1e3, 2) for each, taken in seconds.items()},
    )


def _below(name: str, values: dict[int, float], unit: str, goal: int) -> Figure:
    largest = max(values)
    return Figure(
        name=f"{name} among {_power(largest)}, {unit}",
        value=round(values[largest], 2),
        goal=f"≤ {goal}",
        met=values[largest] <= goal,
        figures={f"among_{_power(size)}": round(value, 2) for size, value in values.items()},
    )


async def _explained(crowd: Crowd) -> tuple[Explained, ...]:
    """Explain what a worker says from the sweep to the lease, as it is when it has said it before."""
    await crowd.put_back(1)
    async with overheard(crowd.database_url, WORKER_ROLE) as (pool, said):
        trial = replace(crowd.trial, pool=pool)
        await sweep.sweep(trial)
        for lease in (messages.lease_pages, messages.lease_reminders):
            async with transaction(pool) as connection:
                await lease(connection, trial.now(), uuid4(), worker.LEASE, worker.BATCH)
    async with reading(crowd.trial.pool) as connection:
        return await explain(connection, said)


def _scans(explained: Sequence[Explained], size: int) -> Figure:
    whole = {each.statement: each.read_whole - DO_NOT_GROW for each in explained}
    found = sorted(f"{table} in {statement}" for statement, tables in whole.items() for table in tables)
    return Figure(
        name=f"sweep's statements that scan a table of {_power(size)}",
        value=len(found),
        goal="none",
        met=not found,
        figures={"statements": len(explained), **({"scans": found} if found else {})},
    )


def _show(explained: Sequence[Explained], size: int) -> None:
    say(f"how the sweep and the leases find their rows among {_power(size)} participants:")
    for each in explained:
        say(f"\n  {each.statement}")
        say("\n".join(f"    {line}" for line in each.kept.splitlines()))
    say("")


def _power(size: int) -> str:
    return f"1e{round(log10(size))}"

"""`make bench`: reports over HTTP, pages from commit to provider, plans, schedules as they are read, memory, the year's
sweep, a look of the auditor's.

Read ratios, not absolutes: both sides of a ratio are measured in one run, on one machine, one after the other.
Goals are those of the performance notes; each is named where it is measured.
"""

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import uvloop
from msgspec import to_builtins

from api.logs import configure_logs
from domain.records.identity import THE_SYSTEM, acting_as
from domain.records.rows import transaction
from tests.bench import auditing, guarding, paging, planning, reading, remembering, submitting, sweep
from tests.bench.figures import say
from tests.bench.house import House, open_house

OUTPUT = Path("bench.json")


async def main() -> None:
    """Measure, print, and write bench.json."""
    configure_logs("error")
    async with open_house() as house:
        with acting_as(THE_SYSTEM):
            found = [
                *await submitting.measure(house),
                *await guarding.measure(house),
                *await paging.measure(house),
                *await planning.measure(house),
                *await reading.measure(house),
                *await remembering.measure(house),
            ]
        # As the worker does, which says as nobody what it asks.
        found += [*await sweep.measure(house), *await auditing.measure(house)]
        machine = await _machine(house)
    for each in found:
        verdict = {True: "met", False: "NOT met", None: "no goal"}[each.met]
        say(f"{each.name:46} {each.value:9.2f}   {each.goal or '-':12} {verdict:8} {_short(each.figures)}")
    say(f"machine: {machine}")
    rows = [{**to_builtins(each), "figures": {**each.figures, "machine": machine}} for each in found]
    OUTPUT.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")  # noqa: ASYNC240 - nothing else runs


async def _machine(house: House) -> dict[str, object]:
    async with transaction(house.trial.pool) as connection:
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


def _short(figures: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in figures.items())


if __name__ == "__main__":
    uvloop.run(main())

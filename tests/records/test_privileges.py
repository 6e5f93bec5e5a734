"""Three database roles from the first migration on: what each may do, asked of the database itself."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import asyncpg
import pytest

from api.wiring import prepare_database
from domain.records.rows import APP_ROLE, OWNER_ROLE, WORKER_ROLE, Connection, connect

Connect = Callable[[str], Coroutine[Any, Any, Connection]]


@pytest.fixture
async def acting_as(database_url: str) -> AsyncIterator[Connect]:
    """Open connections that act as a role, closed afterwards."""
    await prepare_database(database_url, "production")
    opened: list[asyncpg.Connection[asyncpg.Record]] = []

    async def act(role: str) -> Connection:
        opened.append(await connect(database_url, role))
        return opened[-1]

    yield act
    for connection in opened:
        await connection.close()


async def privileges(connection: Connection, role: str, right: str) -> set[str]:
    rows = await connection.fetch(
        """
        select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and has_table_privilege($1, oid, $2)
        """,
        role,
        right,
    )
    return {row["relname"] for row in rows}


async def test_the_worker_reads_neither_credentials_nor_codes(acting_as: Connect) -> None:
    worker = await acting_as(WORKER_ROLE)
    for table in ("credentials", "activation_codes", "staff_invitations", "recovery_codes"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await worker.execute(f"select from {table}")


async def test_the_worker_writes_what_ringing_needs_and_nothing_else(acting_as: Connect) -> None:
    worker = await acting_as(WORKER_ROLE)
    ringing = {
        "alerts",
        "messages",
        "attempts",
        "tasks",
        "occasions",
        "reminders",
        "drills",
        "audit_entries",
        "audit_heads",
        "audit_checkpoints",
    }
    assert await privileges(worker, WORKER_ROLE, "insert") == ringing
    assert await privileges(worker, WORKER_ROLE, "update") <= (
        ringing - {"audit_entries", "audit_checkpoints"} | {"audit_turn"}
    )


async def test_nobody_who_runs_deletes_or_empties_anything(acting_as: Connect) -> None:
    for role in (APP_ROLE, WORKER_ROLE):
        connection = await acting_as(role)
        assert await privileges(connection, role, "delete") == set()
        assert await privileges(connection, role, "truncate") == set()


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
async def test_nobody_who_runs_changes_the_schema(acting_as: Connect, role: str) -> None:
    connection = await acting_as(role)
    for statement in (
        "create table bell (id int)",
        "alter table alerts drop column due_at",
        "drop table alerts",
        "alter table audit_entries disable trigger audit_entries_append_only",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
async def test_nobody_who_runs_rewrites_what_was_reported_or_which_mode_this_is(
    acting_as: Connect, role: str
) -> None:
    connection = await acting_as(role)
    for statement in (
        "update reports set level = 'none'",
        "update deployment set mode = 'sandbox'",
        "update schema_migrations set sha256 = ''",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_every_table_belongs_to_the_owner_but_the_history_of_migrations(acting_as: Connect) -> None:
    connection = await acting_as(OWNER_ROLE)
    strangers = await connection.fetch(
        "select tablename from pg_tables where schemaname = 'public' and tableowner <> $1", OWNER_ROLE
    )
    assert [row["tablename"] for row in strangers] == ["schema_migrations"]


async def test_none_of_the_three_roles_can_sign_in_by_itself(acting_as: Connect) -> None:
    connection = await acting_as(OWNER_ROLE)
    rows = await connection.fetch(
        "select rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname = any($1)",
        [OWNER_ROLE, APP_ROLE, WORKER_ROLE],
    )
    assert [tuple(row) for row in rows] == [(False, False, False)] * 3

"""Nobody hides a table of ours behind one of her own: functions that see more than their caller look at ours alone."""

import secrets

import asyncpg
import pytest

from domain.records.migrations import migrate, read_migrations
from domain.records.rows import APP_ROLE, WORKER_ROLE, connect

FORGED = "create temporary table messages (code text); grant select on messages to public"


async def may_hide(url: str, role: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(
            await connection.fetchval(
                "select has_database_privilege($1, current_database(), 'temporary')", role
            )
        )
    finally:
        await connection.close()


async def test_a_function_that_sees_more_looks_at_temporary_tables_last(database_url: str) -> None:
    app = await connect(database_url, APP_ROLE)
    try:
        # A copy of a database has not the rights of the first one, and this is then all that stands in the way.
        await app.execute(FORGED)
        await app.execute("insert into messages values ('forged')")
        assert await app.fetchval("select is_code_used('forged')") is False
        settings = await app.fetch("select proname, proconfig from pg_proc where prosecdef")
    finally:
        await app.close()
    assert {row["proname"] for row in settings} >= {"caller", "is_code_used", "schedule_mark"}
    assert {tuple(row["proconfig"]) for row in settings} == {("search_path=pg_catalog, public, pg_temp",)}


async def test_a_function_that_sees_more_is_for_those_alone_who_need_it(database_url: str) -> None:
    app = await connect(database_url, APP_ROLE)
    try:
        allowed = await app.fetch(
            """
            select proname, array(
                select name from unnest($1::text[]) as name where has_function_privilege(name, oid, 'execute')
            ) as roles
            from pg_proc where prosecdef
            """,
            ["public", APP_ROLE, WORKER_ROLE],
        )
    finally:
        await app.close()
    assert {row["proname"]: row["roles"] for row in allowed} == {
        "caller": [APP_ROLE],
        "schedule_mark": [APP_ROLE],
        "is_code_used": [APP_ROLE, WORKER_ROLE],
    }


async def test_whoever_serves_or_works_makes_no_temporary_table(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    await migrate(connection, read_migrations())
    await connection.close()
    assert not await may_hide(empty_database_url, APP_ROLE)
    assert not await may_hide(empty_database_url, WORKER_ROLE)


@pytest.mark.usefixtures("template")  # The first migration makes the roles of the cluster.
@pytest.mark.parametrize("owns", [True, False])
async def test_a_login_that_may_not_take_the_right_away_migrates_all_the_same(
    empty_database_url: str, owns: bool
) -> None:
    login, admin = f"migrates_{secrets.token_hex(4)}", await asyncpg.connect(empty_database_url)
    database = empty_database_url.rsplit("/", 1)[1]
    await admin.execute(f"create role {login} in role nightbell_owner")
    if owns:
        await admin.execute(f"alter database {database} owner to {login}")
    await admin.execute(f"grant create, usage on schema public to {login} with grant option")
    try:
        await admin.execute(f"set session authorization {login}")
        await migrate(admin, read_migrations())
    finally:
        await admin.execute("reset session authorization")
        assert await may_hide(empty_database_url, APP_ROLE) is not owns
        await admin.execute(f"alter database {database} owner to current_user")
        await admin.execute(f"drop owned by {login}")
        await admin.execute(f"drop role {login}")
        await admin.close()

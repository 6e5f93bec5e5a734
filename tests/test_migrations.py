import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from domain.records.migrations import migrate, pending, read_migrations, require_current
from domain.refusals import MigrationRefused

SITES = "20260101000000_sites.sql"
PARTICIPANTS = "20260102000000_participants.sql"
FILES = {
    SITES: "-- migrate:up\ncreate table site (id int primary key);\n-- migrate:down\ndrop table site;\n",
    PARTICIPANTS: "-- migrate:up\ncreate table participant (id int primary key);\n-- migrate:down\n",
}
BROKEN = "20260103000000_broken.sql"


@pytest.fixture
async def connection(empty_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(empty_database_url)
    yield connection
    await connection.close()


async def has_table(connection: asyncpg.Connection, name: str) -> bool:
    return await connection.fetchval("select to_regclass($1)", name) is not None


async def test_an_empty_database_gets_every_file_in_order(connection: asyncpg.Connection) -> None:
    assert await migrate(connection, dict(reversed(FILES.items()))) == (SITES, PARTICIPANTS)
    assert await has_table(connection, "site")
    assert await has_table(connection, "participant")


async def test_a_second_run_applies_nothing(connection: asyncpg.Connection) -> None:
    await migrate(connection, FILES)
    assert await migrate(connection, FILES) == ()


async def test_a_new_file_is_applied_alone(connection: asyncpg.Connection) -> None:
    await migrate(connection, {SITES: FILES[SITES]})
    assert await pending(connection, FILES) == (PARTICIPANTS,)
    assert await migrate(connection, FILES) == (PARTICIPANTS,)


async def test_two_at_once_apply_each_file_once(
    connection: asyncpg.Connection, empty_database_url: str
) -> None:
    other = await asyncpg.connect(empty_database_url)
    applied = await asyncio.gather(migrate(connection, FILES), migrate(other, FILES))
    await other.close()
    assert sorted(applied) == [(), (SITES, PARTICIPANTS)]


async def test_a_file_that_fails_leaves_nothing_of_itself_behind(connection: asyncpg.Connection) -> None:
    broken = {**FILES, BROKEN: "-- migrate:up\ncreate table half (id int);\nselect 1 / 0;\n-- migrate:down\n"}
    with pytest.raises(asyncpg.DivisionByZeroError) as caught:
        await migrate(connection, broken)
    assert BROKEN in caught.value.__notes__[0]
    assert await has_table(connection, "participant")
    assert not await has_table(connection, "half")
    assert await pending(connection, broken) == (BROKEN,)


async def test_a_file_may_go_on_as_another_role(connection: asyncpg.Connection) -> None:
    files = {SITES: "-- migrate:up\nset local role pg_monitor;\nselect 1;\n-- migrate:down\n"}
    assert await migrate(connection, files) == (SITES,)
    assert await connection.fetchval("select current_user::text") != "pg_monitor"


async def test_a_failed_run_keeps_no_one_waiting(
    connection: asyncpg.Connection, empty_database_url: str
) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await migrate(connection, {BROKEN: "-- migrate:up\nnonsense;\n-- migrate:down\n"})
    other = await asyncpg.connect(empty_database_url)
    async with asyncio.timeout(10):
        assert await migrate(other, FILES) == (SITES, PARTICIPANTS)
    await other.close()


async def test_every_edited_or_missing_applied_file_is_named(connection: asyncpg.Connection) -> None:
    await migrate(connection, FILES)
    with pytest.raises(MigrationRefused) as caught:
        await migrate(connection, {SITES: FILES[SITES] + "-- a harmless remark"})
    assert {fault.pointer for fault in caught.value.faults} == {SITES, PARTICIPANTS}
    assert SITES in caught.value.detail
    assert PARTICIPANTS in caught.value.detail


async def test_a_file_that_arrives_late_is_refused(connection: asyncpg.Connection) -> None:
    await migrate(connection, {PARTICIPANTS: FILES[PARTICIPANTS]})
    with pytest.raises(MigrationRefused) as caught:
        await migrate(connection, FILES)
    assert [fault.pointer for fault in caught.value.faults] == [SITES]
    assert not await has_table(connection, "site")


@pytest.mark.parametrize(
    "files",
    [
        {"sites.sql": FILES[SITES]},
        {SITES: "create table site (id int);\n"},
        {SITES: "-- migrate:up transaction:false\nselect 1;\n-- migrate:down\n"},
        {SITES: FILES[SITES], "20260101000000_again.sql": FILES[PARTICIPANTS]},
    ],
    ids=["name", "no-up-section", "without-transaction", "version-twice"],
)
async def test_a_file_out_of_format_is_refused(connection: asyncpg.Connection, files: dict[str, str]) -> None:
    with pytest.raises(MigrationRefused) as caught:
        await migrate(connection, files)
    assert {fault.pointer for fault in caught.value.faults} == set(files)


async def test_nobody_serves_on_a_database_that_lacks_a_migration(connection: asyncpg.Connection) -> None:
    await migrate(connection, {SITES: FILES[SITES]})
    with pytest.raises(MigrationRefused, match=PARTICIPANTS):
        await require_current(connection, FILES)


async def test_nobody_serves_on_a_database_from_a_later_release(connection: asyncpg.Connection) -> None:
    await migrate(connection, FILES)
    with pytest.raises(MigrationRefused, match=PARTICIPANTS):
        await require_current(connection, {SITES: FILES[SITES]})


async def test_a_role_without_rights_can_make_the_start_check(connection: asyncpg.Connection) -> None:
    await migrate(connection, FILES)
    await connection.execute("set role pg_monitor")
    await require_current(connection, FILES)


async def test_the_shipped_migrations_are_what_a_test_database_has(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await require_current(connection, read_migrations())
    await connection.close()

"""Row-level security: what the database shows and takes, whatever a statement has forgotten to ask."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec import Struct

from domain.people import Role
from domain.records import tasks
from domain.records.identity import Identity, acting_as, of_account, of_staff
from domain.records.rows import (
    APP_ROLE,
    WORKER_ROLE,
    Connection,
    as_the_system,
    connect,
    reading,
    transaction,
)
from domain.task import Task
from tests.support.clinic import Clinic, Person, owner
from tests.support.sites import hire, home, open_site, register

OWNERS = ("site_id", "participant_id", "account_id", "staff_id", "session_id")

OPEN = {"protocol_approvals"}
"""Who has signed which protocol is no secret of a site."""


class Ward(Struct, frozen=True):
    """Two sites at work: here Lin's caregiver has an emergency, there a participant has told of a small thing."""

    clinic: Clinic
    url: str
    here: UUID
    there: UUID
    lin: UUID
    other: UUID
    olga: Person

    async def of_everybody(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table that is somebody's, as a superuser reads it."""
        connection = await owner(self.url)
        try:
            return {name: await every_row(connection, name) for name in await owned_tables(connection)}
        finally:
            await connection.close()

    async def seen(self, identity: Identity | None) -> dict[str, list[dict[str, Any]]]:
        """As `of_everybody`, as the application reads it for somebody."""
        with acting_as(identity):
            async with reading(self.clinic.trial.pool) as connection:
                return {name: await every_row(connection, name) for name in await owned_tables(connection)}


async def every_row(connection: Connection, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(f"select * from {table}")]  # noqa: S608 - a table of ours


async def owned_tables(connection: Connection) -> list[str]:
    """The tables with a row that belongs to somebody, but for what is open."""
    rows = await connection.fetch(
        """
        select distinct table_name from information_schema.columns
        where table_schema = 'public' and (column_name = any($1) or table_name in ('sites', 'staff'))
        order by table_name
        """,
        list(OWNERS),
    )
    return [row["table_name"] for row in rows if row["table_name"] not in OPEN]


@pytest.fixture
async def ward(clinic: Clinic, clinic_url: str) -> Ward:
    lin, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    site = await open_site(clinic, "Elsewhere")
    olga = (await hire(clinic, "Olga", Role.COORDINATOR, site)).person
    other = (await register(olga, site.id, "EL-1")).json()["participantId"]
    issued = await olga.post(f"/v1/participants/{other}/activation-codes", {"role": "participant"})
    stranger = await clinic.activate(issued.json()["code"])
    assert (await stranger.report({"missed-antiviral": "yes"})).status_code == 201
    return Ward(
        clinic=clinic,
        url=clinic_url,
        here=(await home(clinic)).id,
        there=site.id,
        lin=UUID(lin.participant_id),
        other=UUID(other),
        olga=olga,
    )


async def staff_at(ward: Ward, site_id: UUID) -> set[UUID]:
    connection = await owner(ward.url)
    rows = await connection.fetch("select staff_id from staff_roles where site_id = $1", site_id)
    await connection.close()
    return {row["staff_id"] for row in rows}


async def olga_as(ward: Ward) -> Identity:
    connection = await owner(ward.url)
    staff_id = await connection.fetchval("select id from staff where name = 'Olga'")
    await connection.close()
    return of_staff(staff_id, (ward.there,))


async def test_every_table_with_a_row_of_somebodys_guards_it(database_url: str) -> None:
    connection = await owner(database_url)
    guarded = await connection.fetch("select relname from pg_class where relkind = 'r' and relrowsecurity")
    assert set(await owned_tables(connection)) <= {row["relname"] for row in guarded}
    assert len(guarded) >= 25
    # Whoever serves never owns a table, or the guard would not hold for them.
    bypassing = await connection.fetchval(
        "select count(*) from pg_roles where rolbypassrls and rolname = any($1)", [APP_ROLE, WORKER_ROLE]
    )
    await connection.close()
    assert bypassing == 0


async def test_whoever_says_nothing_sees_nobodys_row(ward: Ward) -> None:
    everybody, seen = await ward.of_everybody(), await ward.seen(None)
    assert {name for name, rows in everybody.items() if rows} >= {
        "reports",
        "alerts",
        "messages",
        "tasks",
        "contacts",
    }
    assert {name: len(rows) for name, rows in seen.items() if rows} == {}


async def test_staff_of_one_site_see_no_row_of_another(ward: Ward) -> None:
    seen, everybody = await ward.seen(await olga_as(ward)), await ward.of_everybody()
    colleagues = await staff_at(ward, ward.there)
    for name, rows in seen.items():
        for row in rows:
            if row.get("site_id") is not None:
                assert row["site_id"] == ward.there, name
            elif "staff_id" in row and row["staff_id"] is not None:
                assert row["staff_id"] in colleagues, name
    assert [row["id"] for row in seen["sites"]] == [ward.there]
    assert {row["id"] for row in seen["staff"]} == colleagues
    assert [row["id"] for row in seen["participants"]] == [ward.other]
    assert [row["staff_id"] for row in seen["credentials"]] == [(await olga_as(ward)).own_id]
    # It is no empty promise: her own site's rows are all there.
    for name in ("reports", "tasks", "accounts", "sessions", "audit_entries"):
        own = [row for row in everybody[name] if row.get("site_id") == ward.there]
        assert len([row for row in seen[name] if row.get("site_id") == ward.there]) == len(own) > 0, name


async def test_a_participant_sees_her_own_rows_and_nobody_of_the_staff(ward: Ward) -> None:
    seen = await ward.seen(of_account(ward.other, ward.there))
    for name, rows in seen.items():
        for row in rows:
            if "participant_id" in row:
                assert row["participant_id"] == ward.other, name
    for name in ("staff", "credentials", "on_call_shifts", "drills"):
        assert seen[name] == [], name
    assert [row["id"] for row in seen["participants"]] == [ward.other]
    assert [row["id"] for row in seen["sites"]] == [ward.there]
    assert len(seen["reports"]) == 1
    assert all(row["staff_id"] is None for row in (*seen["contacts"], *seen["sessions"]))


async def test_nobody_writes_a_row_of_another(ward: Ward) -> None:
    pool = ward.clinic.trial.pool
    for identity in (await olga_as(ward), of_account(ward.other, ward.there)):
        with acting_as(identity):
            async with transaction(pool) as connection:
                assert (
                    await connection.execute("update participants set phase = 'x' where id = $1", ward.lin)
                    == "UPDATE 0"
                )
                assert await connection.execute("update alerts set round = 9") == "UPDATE 0"
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with transaction(pool) as connection:
                    await connection.execute(
                        """
                        insert into tasks (id, site_id, participant_id, kind, about_id, created_at, due_at)
                        values ($1, $2, $3, 'free-text', $1, now(), now())
                        """,
                        uuid4(),
                        ward.here,
                        ward.lin,
                    )


async def test_a_statement_that_forgets_the_site_shows_no_other_site(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(connection: Connection, *_: object, **__: object) -> tuple[Task, ...]:
        found = await connection.fetch("select id from tasks")
        return tuple(
            [
                task
                for row in found
                if (task := await tasks.find(connection, row["id"], (ward.here, ward.there)))
            ]
        )

    alice = await ward.clinic.staff("Alice")
    monkeypatch.setattr(tasks, "open_at_sites", forgetful)
    hers, theirs = (await ward.olga.get("/v1/tasks")).json(), (await alice.get("/v1/tasks")).json()
    assert {each["siteId"] for each in hers["tasks"]} == {str(ward.there)}
    assert str(ward.there) not in {each["siteId"] for each in theirs["tasks"]}


async def test_looking_beyond_ones_own_ends_with_the_block(ward: Ward) -> None:
    with acting_as(of_account(ward.other, ward.there)):
        async with transaction(ward.clinic.trial.pool) as connection:
            assert await connection.fetchval("select count(*) from staff") == 0
            async with as_the_system(connection):
                assert await connection.fetchval("select count(*) from staff") > 0
            assert await connection.fetchval("select count(*) from staff") == 0


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
async def test_nobody_who_runs_takes_the_guard_away(database_url: str, role: str) -> None:
    connection = await connect(database_url, role)
    for statement in (
        "alter table reports disable row level security",
        "drop policy rows_of_ones_own on reports",
        "create policy all_of_it on reports using (true)",
        "create or replace function is_acting_system() returns boolean language sql as 'select true'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize("told", ["caller", "schedule_mark"])
async def test_who_calls_is_told_of_one_session_and_to_the_application_alone(ward: Ward, told: str) -> None:
    with acting_as(None):
        async with reading(ward.clinic.trial.pool) as connection:
            assert await connection.fetch(f"select * from {told}($1)", uuid4()) == []  # noqa: S608 - ours
    worker = await connect(ward.url, WORKER_ROLE)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await worker.fetch(f"select * from {told}($1)", uuid4())  # noqa: S608 - ours
    await worker.close()

"""Who is on call now is decided in SQL, and for the days ahead by a pure function: both say the same of any rota."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.people import Shift, ShiftKind
from domain.records import rota, shifts
from domain.records.rows import prepare, transaction
from domain.records.writing import Writing
from domain.rota import duty
from domain.route import Lines
from tests.support.alerts import NOON
from tests.support.clinic import Clinic, owner
from tests.support.protocol import shipped

LINES = Lines(routes=shipped().routes, providers=("twilio",))


HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)

ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),  # who
        st.integers(1, 3),  # tier
        st.integers(0, 10),  # begins
        st.integers(1, 8),  # takes
        st.booleans(),  # overrides
        st.none() | st.integers(-2, 20),  # taken out
    ),
    max_size=8,
)


def rows_of(
    drawn: list[tuple[int, int, int, int, bool, int | None]], site: UUID, people: list[UUID]
) -> list[Shift]:
    return [
        Shift(
            id=UUID(int=place + 1),
            site_id=site,
            staff_id=people[who],
            tier=tier,
            starts_at=NOON + begins * HOUR,
            ends_at=NOON + (begins + takes) * HOUR,
            kind=ShiftKind.OVERRIDE if overrides else ShiftKind.SHIFT,
            removed_at=None if out is None else NOON + out * HOUR,
        )
        for place, (who, tier, begins, takes, overrides, out) in enumerate(drawn)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
async def test_the_statement_and_the_function_name_the_same_people_in_the_same_order(
    clinic_url: str, drawn: list[tuple[int, int, int, int, bool, int | None]]
) -> None:
    connection = await prepared(clinic_url)
    undone = connection.transaction()
    await undone.start()
    try:
        site = await connection.fetchval("select id from sites")
        found = await connection.fetch("select id from staff where name in ('Bob', 'Dana', 'Erin')")
        rows = rows_of(drawn, site, [row["id"] for row in found])
        await connection.execute("delete from on_call_shifts")
        for row in rows:
            await shifts.insert(Writing(connection), row)
        for instant in instants(rows):
            by_target = (await shifts.roster(connection, site, instant, LINES)).by_target
            said = {
                target: [each.staff_id for each in people]
                for target, people in by_target.items()
                if target.startswith("on-call-")
            }
            assert said == at_once(rows, instant)
            read = await rota.since(connection, site, instant)
            assert at_once(list(read), instant) == at_once(rows, instant)
    finally:
        await undone.rollback()
        await connection.close()


async def prepared(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    connection = await owner(url)
    await prepare(connection)
    return connection


def instants(rows: list[Shift]) -> list[datetime]:
    ends = {end for row in rows for end in (row.starts_at, row.ends_at, row.removed_at) if end is not None}
    return sorted({moment for end in ends for moment in (end - TICK, end)})


def at_once(rows: list[Shift], instant: datetime) -> dict[str, list[UUID]]:
    return {f"on-call-{span.tier}": list(span.staff_ids) for span in duty(rows, instant, instant + TICK)}


async def test_a_row_comes_back_as_it_was_stored(clinic: Clinic) -> None:
    async with transaction(clinic.trial.pool) as connection:
        site = await connection.fetchval("select id from sites")
        (row, *_) = await rota.since(connection, site, clinic.trial.now())
        again = replace(
            row,
            id=UUID(int=5),
            kind=ShiftKind.OVERRIDE,
            added_by=row.staff_id,
            reason="at a congress",
            calendar="nights",
        )
        await shifts.insert(Writing(connection), again)
        assert again in await rota.since(connection, site, clinic.trial.now())

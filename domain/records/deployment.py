"""What this database is, what its time is, and what is due next."""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.records.rows import Connection, one, touch_one


class Deployment(Struct, frozen=True, kw_only=True):
    """The mode a database was created in, and how far its sandbox clock is ahead of the machine's."""

    mode: str
    clock_offset: timedelta


async def stamp(connection: Connection, mode: str) -> None:
    """Write the mode into a database that has none yet; the owner does this, once."""
    await connection.execute("insert into deployment (mode) values ($1) on conflict do nothing", mode)


async def is_there(connection: Connection) -> bool:
    """Say whether the database was ever migrated so far as to have a mode."""
    return await connection.fetchval("select to_regclass('public.deployment')") is not None


async def find(connection: Connection) -> Deployment | None:
    """Return what the database was created as."""
    return await one(connection, Deployment, "select mode, clock_offset from deployment")


async def set_clock(connection: Connection, offset: timedelta) -> None:
    """Store how far the sandbox clock is ahead."""
    await touch_one(connection, "update deployment set clock_offset = $1 where mode = 'sandbox'", offset)


async def next_due(connection: Connection, until: datetime) -> datetime | None:
    """Return the first instant of trial time up to `until` at which the workers have something to do."""
    record = await connection.fetchval(
        """
        select min(due_at) from (
            select min(due_at) as due_at from alerts where due_at <= $1
            union all
            select min(due_at) from messages where due_at <= $1 and alert_id is not null
            union all
            select min(due_at) from messages where due_at <= $1 and alert_id is null
            union all
            select min(due_at) from plans where due_at <= $1
            union all
            select min(coverage_due_at) from sites where coverage_due_at <= $1
            union all
            select min(drill_due_at) from sites where drill_due_at <= $1
            union all
            select min(digest_due_at) from sites where digest_due_at <= $1
            union all
            select min(look_at) from tasks where look_at <= $1 and resolved_at is null
        ) as ahead
        """,
        until,
    )
    return record if isinstance(record, datetime) else None


async def machine_time(connection: Connection) -> datetime:
    """Return the database's own clock."""
    moment = await connection.fetchval("select clock_timestamp()")
    assert isinstance(moment, datetime)  # noqa: S101 - the statement has one typed column
    return moment

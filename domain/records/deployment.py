"""What this database is, how it does, and what should have rung and did not."""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.records.rows import Connection, one, touch_one

REMINDER_GRACE = timedelta(minutes=15)
"""All reminders of an hour are due at once, and none of them is urgent; ours."""


class Deployment(Struct, frozen=True, kw_only=True):
    """The mode a database was created in, and how far its sandbox clock is ahead of the machine's."""

    mode: str
    clock_offset: timedelta


class Safety(Struct, frozen=True, kw_only=True):
    """How many things an on-call engineer must look at now; all zero when the bell can be relied on."""

    urgent_reports_without_alert: int
    alerts_past_their_step: int
    alerts_exhausted: int
    """Every step was rung and nobody answered."""
    alerts_nobody_was_told_of: int
    """Unanswered, and the provider took no page of this round."""
    messages_past_their_time: int
    reminders_past_their_time: int
    """Years that nobody has looked at, and texts to participants and caregivers that are late or refused again and
    again."""
    tasks_past_their_time: int

    @property
    def is_safe(self) -> bool:
        """Whether nothing was found."""
        return self == Safety(
            urgent_reports_without_alert=0,
            alerts_past_their_step=0,
            alerts_exhausted=0,
            alerts_nobody_was_told_of=0,
            messages_past_their_time=0,
            reminders_past_their_time=0,
            tasks_past_their_time=0,
        )


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


async def safety(connection: Connection, now: datetime, grace: timedelta) -> Safety:
    """Count what is late by more than `grace` at `now` (design.md, rule 6). Reads indexes only."""
    found = await one(
        connection,
        Safety,
        """
        select
            (
                select count(*) from reports
                where level in ('urgent', 'emergency') and alert_id is null
            ) as urgent_reports_without_alert,
            (select count(*) from alerts where due_at < $1) as alerts_past_their_step,
            (select count(*) from alerts where state = 'exhausted') as alerts_exhausted,
            (
                select count(*) from alerts
                where state in ('open', 'exhausted') and round_started_at < $1
                    and not exists (
                        select from messages
                        where alert_id = alerts.id and messages.round = alerts.round
                            and messages.state in ('accepted', 'delivered')
                    )
            ) as alerts_nobody_was_told_of,
            (
                select count(*) from messages where due_at < $1 and alert_id is not null
            ) as messages_past_their_time,
            (select count(*) from plans where due_at < $2)
            + (
                select count(*) from messages
                where due_at is not null and alert_id is null and (due_at < $2 or attempts >= 5)
            ) as reminders_past_their_time,
            (
                select count(*) from tasks where resolved_at is null and due_at < $1
            ) as tasks_past_their_time
        """,
        now - grace,
        now - REMINDER_GRACE,
    )
    assert found is not None  # noqa: S101 - an aggregate always has a row
    return found

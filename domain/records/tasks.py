"""Tasks for humans, how many there are, and of which others must be told."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import astuple, replace

from domain.digest import Tally
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing
from domain.task import Task, TaskKind


async def insert(writing: Writing, task: Task) -> None:
    """Store a new task; it is looked at when it is due, unless it says otherwise."""
    await writing.connection.execute(
        """
        insert into tasks (
            id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by,
            look_at, told, notices
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        *astuple(replace(task, look_at=task.look_at or (None if task.resolved_at else task.due_at))),
    )


async def update(writing: Writing, task: Task) -> None:
    """Store that a task was closed, or that others were told of it."""
    await touch_one(
        writing.connection,
        """
        update tasks set resolved_at = $2, resolved_by = $3, look_at = $4, told = $5, notices = $6 where id = $1
        """,
        task.id,
        task.resolved_at,
        task.resolved_by,
        task.look_at,
        task.told,
        task.notices,
    )


async def find(connection: Connection, task_id: UUID, within: tuple[UUID, ...]) -> Task | None:
    """Return a task of one of these sites, to read."""
    return await one(
        connection,
        Task,
        """
        select id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by,
            look_at, told, notices
        from tasks where id = $1 and site_id = any($2)
        """,
        task_id,
        within,
    )


async def lock(connection: Connection, task_id: UUID) -> Task | None:
    """Return a task, held until the transaction ends. Lock its participant first, if it has one."""
    return await one(
        connection,
        Task,
        """
        select id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by,
            look_at, told, notices
        from tasks where id = $1 for update
        """,
        task_id,
    )


async def sites_told(connection: Connection, about_id: UUID, kind: TaskKind) -> frozenset[UUID]:
    """Return the sites that have an open task of this kind about this."""
    rows = await connection.fetch(
        "select site_id from tasks where about_id = $1 and kind = $2 and resolved_at is null", about_id, kind
    )
    return frozenset(row["site_id"] for row in rows)


async def open_at_sites(
    connection: Connection, site_ids: tuple[UUID, ...], after: tuple[datetime, UUID], limit: int
) -> tuple[Task, ...]:
    """Return the open tasks of these sites, first due first, from the first after `after` on."""
    return await many(
        connection,
        Task,
        """
        select id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by,
            look_at, told, notices
        from tasks where site_id = any($1) and resolved_at is null and (due_at, id) > ($2, $3)
        order by due_at, id limit $4
        """,
        list(site_ids),
        *after,
        limit,
    )


async def open_of_participant(connection: Connection, participant_id: UUID) -> tuple[Task, ...]:
    """Return the open tasks about a participant, first due first."""
    return await many(
        connection,
        Task,
        """
        select id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by,
            look_at, told, notices
        from tasks where participant_id = $1 and resolved_at is null order by due_at, id
        """,
        participant_id,
    )


async def tallies(
    connection: Connection, site_id: UUID, now: datetime, day_ends: datetime
) -> tuple[Tally, ...]:
    """Count the open tasks of a site by kind: all, what is due before the day ends, and what is overdue at `now`."""
    return await many(
        connection,
        Tally,
        """
        select kind, count(*) as open, count(*) filter (where due_at > $2 and due_at < $3) as due_today,
            count(*) filter (where due_at <= $2) as overdue
        from tasks where site_id = $1 and resolved_at is null
        group by kind order by kind
        """,
        site_id,
        now,
        day_ends,
    )


async def sites_to_tell(connection: Connection, now: datetime) -> tuple[UUID, ...]:
    """Return the sites with open tasks that others must be told of now."""
    rows = await connection.fetch(
        "select distinct site_id from tasks where look_at <= $1 and resolved_at is null", now
    )
    return tuple(row["site_id"] for row in rows)


async def hold_to_tell(connection: Connection, site_id: UUID, now: datetime, limit: int) -> tuple[Task, ...]:
    """Return such tasks of a site, first due first, their participants and themselves held until the transaction ends.

    What somebody else holds, who may be closing it, is left out: it comes back a moment later.
    """
    due = await connection.fetch(
        """
        select id, participant_id from tasks where look_at <= $2 and resolved_at is null and site_id = $1
        order by due_at, id limit $3
        """,
        site_id,
        now,
        limit,
    )
    held = await connection.fetch(
        "select id from participants where id = any($1) for no key update skip locked",
        [row["participant_id"] for row in due],
    )
    return await many(
        connection,
        Task,
        """
        select id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by,
            look_at, told, notices
        from tasks
        where id = any($1) and look_at <= $3 and resolved_at is null
            and (participant_id is null or participant_id = any($2))
        order by due_at, id
        for update skip locked
        """,
        [row["id"] for row in due],
        [row["id"] for row in held],
        now,
    )


async def is_open_of(connection: Connection, site_id: UUID, notice_id: UUID) -> bool:
    """Say whether one of the tasks that a notice tells of is open still."""
    found = await connection.fetchval(
        """
        select exists (
            select from tasks where site_id = $1 and resolved_at is null and $2 = any(notices)
        )
        """,
        site_id,
        notice_id,
    )
    return bool(found)


async def told_at(connection: Connection, task_ids: tuple[UUID, ...]) -> dict[UUID, datetime]:
    """Return when a mail server first took a notice of each task; a task of which nobody was told is left out."""
    rows = await connection.fetch(
        """
        select tasks.id, min(messages.delivered_at) as told_at
        from tasks join messages on messages.id = any(tasks.notices) and messages.delivered_at is not null
        where tasks.id = any($1) group by tasks.id
        """,
        list(task_ids),
    )
    return {row["id"]: row["told_at"] for row in rows}

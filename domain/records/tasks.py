"""Tasks for humans."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import astuple

from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing
from domain.task import Task, TaskKind


async def insert(writing: Writing, task: Task) -> None:
    """Store a new task."""
    await writing.connection.execute(
        """
        insert into tasks (
            id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        *astuple(task),
    )


async def update(writing: Writing, task: Task) -> None:
    """Store that a task was closed."""
    await touch_one(
        writing.connection,
        "update tasks set resolved_at = $2, resolved_by = $3 where id = $1",
        task.id,
        task.resolved_at,
        task.resolved_by,
    )


async def find(connection: Connection, task_id: UUID) -> Task | None:
    """Return a task, to read."""
    return await one(
        connection,
        Task,
        """
        select id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by
        from tasks where id = $1
        """,
        task_id,
    )


async def lock(connection: Connection, task_id: UUID) -> Task | None:
    """Return a task, held until the transaction ends. Lock its participant first, if it has one."""
    return await one(
        connection,
        Task,
        """
        select id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by
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
        select id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at, resolved_by
        from tasks where site_id = any($1) and resolved_at is null and (due_at, id) > ($2, $3)
        order by due_at, id limit $4
        """,
        list(site_ids),
        *after,
        limit,
    )

"""Tasks for humans."""

from msgspec.structs import astuple

from domain.records.writing import Writing
from domain.task import Task


async def insert(writing: Writing, task: Task) -> None:
    """Store a new task."""
    await writing.connection.execute(
        """
        insert into tasks (id, site_id, participant_id, kind, about_id, created_at, due_at, resolved_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        *astuple(task),
    )

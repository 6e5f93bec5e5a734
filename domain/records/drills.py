"""Drills, and what stands in the way of one."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.drill import Drill
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, drill: Drill) -> None:
    """Store a new drill. Its alert is there already; the index `alerts_live_drill_key` refuses a second live one."""
    await writing.connection.execute(
        """
        insert into drills (
            id, site_id, alert_id, asked_by, shift, started_at, ends_by, state, why, first_accepted_at,
            first_delivered_at, acknowledged_by, acknowledged_at, ended_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        *astuple(drill),
    )


async def update(writing: Writing, drill: Drill) -> None:
    """Store how a drill ended."""
    await touch_one(
        writing.connection,
        """
        update drills set
            state = $2, why = $3, first_accepted_at = $4, first_delivered_at = $5, acknowledged_by = $6,
            acknowledged_at = $7, ended_at = $8
        where id = $1 and state = 'running'
        """,
        drill.id,
        drill.state,
        drill.why,
        drill.first_accepted_at,
        drill.first_delivered_at,
        drill.acknowledged_by,
        drill.acknowledged_at,
        drill.ended_at,
    )


async def find(connection: Connection, drill_id: UUID, site_id: UUID) -> Drill | None:
    """Return a drill of a site."""
    return await one(
        connection,
        Drill,
        """
        select id, site_id, alert_id, asked_by, shift, started_at, ends_by, state, why, first_accepted_at,
            first_delivered_at, acknowledged_by, acknowledged_at, ended_at
        from drills where id = $1 and site_id = $2
        """,
        drill_id,
        site_id,
    )


async def of_alert(connection: Connection, alert_id: UUID) -> Drill | None:
    """Return the drill that an alert belongs to. Hold the alert first to decide about it."""
    return await one(
        connection,
        Drill,
        """
        select id, site_id, alert_id, asked_by, shift, started_at, ends_by, state, why, first_accepted_at,
            first_delivered_at, acknowledged_by, acknowledged_at, ended_at
        from drills where alert_id = $1
        """,
        alert_id,
    )


async def at_site(
    connection: Connection, site_id: UUID, before: tuple[datetime, UUID], limit: int
) -> tuple[Drill, ...]:
    """Return the drills of a site, newest first, from the first older than `before` on."""
    return await many(
        connection,
        Drill,
        """
        select id, site_id, alert_id, asked_by, shift, started_at, ends_by, state, why, first_accepted_at,
            first_delivered_at, acknowledged_by, acknowledged_at, ended_at
        from drills where site_id = $1 and (started_at, id) < ($2, $3)
        order by started_at desc, id desc limit $4
        """,
        site_id,
        *before,
        limit,
    )


class Hindrance(Struct, frozen=True):
    """What stands in the way of a drill at a site: another one, or somebody who waits for an answer."""

    runs: bool
    somebody_waits: bool


async def hindrance(connection: Connection, site_id: UUID) -> Hindrance:
    """Return what stands in the way of a drill. Hold the site first to decide by it."""
    found = await one(
        connection,
        Hindrance,
        """
        select
            exists (
                select from alerts where site_id = $1 and is_drill and state <> 'resolved'
            ) as runs,
            exists (
                select from alerts where site_id = $1 and not is_drill and state in ('open', 'exhausted')
            ) as somebody_waits
        """,
        site_id,
    )
    assert found is not None  # noqa: S101 - a row without a table is always there
    return found

"""What people did about alerts, and what investigators must judge afterwards."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import astuple

from domain.acts import AlertAct
from domain.candidate import EventCandidate
from domain.records.rows import Connection, many, one
from domain.records.writing import Writing


async def insert(writing: Writing, act: AlertAct) -> None:
    """Store what somebody did; it is never changed."""
    await writing.connection.execute(
        """
        insert into alert_acts (id, site_id, participant_id, alert_id, staff_id, kind, via, round, at, said, note)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        *astuple(act),
    )


async def of_alert(connection: Connection, alert_id: UUID) -> tuple[AlertAct, ...]:
    """Return what was done about an alert, oldest first."""
    return await many(
        connection,
        AlertAct,
        """
        select id, site_id, participant_id, alert_id, staff_id, kind, via, round, at, said, note
        from alert_acts where alert_id = $1 order by at, id
        """,
        alert_id,
    )


async def insert_candidate(writing: Writing, candidate: EventCandidate) -> None:
    """Store what an investigator must judge."""
    await writing.connection.execute(
        """
        insert into event_candidates (
            id, site_id, participant_id, alert_id, day, safety_window, signals, level, opened_at, made_at, made_by
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        *astuple(candidate),
    )


async def candidates_at_sites(
    connection: Connection, site_ids: tuple[UUID, ...], before: tuple[datetime, UUID], limit: int
) -> tuple[EventCandidate, ...]:
    """Return candidates of these sites, newest first, from the first older than `before` on."""
    return await many(
        connection,
        EventCandidate,
        """
        select id, site_id, participant_id, alert_id, day, safety_window, signals, level, opened_at, made_at, made_by
        from event_candidates where site_id = any($1) and (made_at, id) < ($2, $3)
        order by made_at desc, id desc limit $4
        """,
        list(site_ids),
        *before,
        limit,
    )


async def candidate_of(connection: Connection, alert_id: UUID) -> EventCandidate | None:
    """Return the candidate that an alert left behind."""
    return await one(
        connection,
        EventCandidate,
        """
        select id, site_id, participant_id, alert_id, day, safety_window, signals, level, opened_at, made_at, made_by
        from event_candidates where alert_id = $1
        """,
        alert_id,
    )

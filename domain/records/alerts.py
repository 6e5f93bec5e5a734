"""Alerts."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.escalation import Alert
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, alert: Alert) -> None:
    """Store a new alert; the index `alerts_live_key` refuses a second live one for a participant."""
    await writing.connection.execute(
        """
        insert into alerts (
            id, site_id, participant_id, level, signals, state, opened_at, climb, round, round_started_at, step,
            due_at, acknowledged_by, acknowledged_at, contacted_at, contact_outcome, last_contacted_at, rang_at,
            is_drill, declined_by, resolved_by, resolved_at, disposition
        )
        values (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23
        )
        """,
        *astuple(alert),
    )


async def update(writing: Writing, alert: Alert) -> None:
    """Store an alert as it is now. What it is about never changes."""
    await touch_one(
        writing.connection,
        """
        update alerts set
            level = $4, signals = $5, state = $6, climb = $8, round = $9, round_started_at = $10, step = $11,
            due_at = $12, acknowledged_by = $13, acknowledged_at = $14, contacted_at = $15,
            contact_outcome = $16, last_contacted_at = $17, rang_at = $18, declined_by = $20, resolved_by = $21,
            resolved_at = $22, disposition = $23
        where id = $1 and site_id = $2 and participant_id is not distinct from $3 and opened_at = $7
            and is_drill = $19
        """,
        *astuple(alert),
    )


async def find(
    connection: Connection, alert_id: UUID, within: tuple[UUID, ...] | None = None
) -> Alert | None:
    """Return an alert; of the sites `within` where a person asks. Lock its participant first to decide about it."""
    return await one(
        connection,
        Alert,
        """
        select id, site_id, participant_id, level, signals, state, opened_at, climb, round, round_started_at,
            step, due_at, acknowledged_by, acknowledged_at, contacted_at, contact_outcome,
            last_contacted_at, rang_at, is_drill, declined_by, resolved_by, resolved_at, disposition
        from alerts where id = $1 and ($2::uuid[] is null or site_id = any($2))
        """,
        alert_id,
        within,
    )


async def hold(
    connection: Connection, alert_id: UUID, within: tuple[UUID, ...] | None = None
) -> Alert | None:
    """Return an alert, with its participant held until the transaction ends, or a drill itself; None if there is none.

    It is read after the lock: what another decision has changed while this one waited is in it. Where a person asks,
    only one of the sites `within`: nobody holds up what is another's.
    """
    await connection.fetch(
        """
        with person as (
            select id from participants
            where id = (select participant_id from alerts where alerts.id = $1)
                and ($2::uuid[] is null or site_id = any($2))
            for no key update
        ),
        drill as (
            select id from alerts
            where id = $1 and is_drill and ($2::uuid[] is null or site_id = any($2)) for no key update
        )
        select id from person union all select id from drill
        """,
        alert_id,
        within,
    )
    return await find(connection, alert_id, within)


async def live(connection: Connection, participant_id: UUID) -> Alert | None:
    """Return the participant's live alert."""
    return await one(
        connection,
        Alert,
        """
        select id, site_id, participant_id, level, signals, state, opened_at, climb, round, round_started_at,
            step, due_at, acknowledged_by, acknowledged_at, contacted_at, contact_outcome,
            last_contacted_at, rang_at, is_drill, declined_by, resolved_by, resolved_at, disposition
        from alerts where participant_id = $1 and state <> 'resolved'
        """,
        participant_id,
    )


async def at_sites(
    connection: Connection,
    site_ids: tuple[UUID, ...],
    before: tuple[datetime, UUID],
    limit: int,
    *,
    is_live: bool | None = None,
) -> tuple[Alert, ...]:
    """Return alerts of these sites, newest first, from the first older than `before` on; only live ones, or others."""
    return await many(
        connection,
        Alert,
        """
        select id, site_id, participant_id, level, signals, state, opened_at, climb, round, round_started_at,
            step, due_at, acknowledged_by, acknowledged_at, contacted_at, contact_outcome,
            last_contacted_at, rang_at, is_drill, declined_by, resolved_by, resolved_at, disposition
        from alerts
        where site_id = any($1) and (opened_at, id) < ($2, $3) and ($5::boolean is null or (state <> 'resolved') = $5)
        order by opened_at desc, id desc limit $4
        """,
        list(site_ids),
        *before,
        limit,
        is_live,
    )


async def live_at_sites(connection: Connection, site_ids: tuple[UUID, ...]) -> tuple[Alert, ...]:
    """Return all live alerts of these sites, oldest first; a participant has one at most."""
    return await many(
        connection,
        Alert,
        """
        select id, site_id, participant_id, level, signals, state, opened_at, climb, round, round_started_at,
            step, due_at, acknowledged_by, acknowledged_at, contacted_at, contact_outcome,
            last_contacted_at, rang_at, is_drill, declined_by, resolved_by, resolved_at, disposition
        from alerts where site_id = any($1) and state <> 'resolved' order by opened_at, id
        """,
        list(site_ids),
    )


async def resolved_since(
    connection: Connection, site_ids: tuple[UUID, ...], instant: datetime, limit: int
) -> tuple[Alert, ...]:
    """Return alerts of these sites that were put away at this instant or later, newest first."""
    return await many(
        connection,
        Alert,
        """
        select id, site_id, participant_id, level, signals, state, opened_at, climb, round, round_started_at,
            step, due_at, acknowledged_by, acknowledged_at, contacted_at, contact_outcome,
            last_contacted_at, rang_at, is_drill, declined_by, resolved_by, resolved_at, disposition
        from alerts where site_id = any($1) and state = 'resolved' and resolved_at >= $2
        order by resolved_at desc, id limit $3
        """,
        list(site_ids),
        instant,
        limit,
    )


async def among(connection: Connection, alert_ids: tuple[UUID, ...]) -> tuple[Alert, ...]:
    """Return the alerts of these ids."""
    return await many(
        connection,
        Alert,
        """
        select id, site_id, participant_id, level, signals, state, opened_at, climb, round, round_started_at,
            step, due_at, acknowledged_by, acknowledged_at, contacted_at, contact_outcome,
            last_contacted_at, rang_at, is_drill, declined_by, resolved_by, resolved_at, disposition
        from alerts where id = any($1) order by opened_at, id
        """,
        list(alert_ids),
    )


async def exhausted_since(connection: Connection, instant: datetime) -> UUID | None:
    """Return an alert that has rung everybody in vain in a round that began at this instant or before."""
    found = await connection.fetchval(
        """
        select id from alerts where state = 'exhausted' and round_started_at <= $1
        order by round_started_at limit 1
        """,
        instant,
    )
    return found if isinstance(found, UUID) else None


class Due(Struct, frozen=True):
    """An alert whose next step is due. No more of it: a row that cannot be read must not stop its neighbours."""

    id: UUID
    participant_id: UUID | None


async def due(
    connection: Connection, now: datetime, passed_over: frozenset[UUID], limit: int
) -> tuple[Due, ...]:
    """Return alerts whose next step is due at `now`, longest due first, but for those passed over."""
    return await many(
        connection,
        Due,
        """
        select id, participant_id from alerts
        where due_at <= $1 and id <> all($2) order by due_at limit $3
        """,
        now,
        list(passed_over),
        limit,
    )


async def needs(connection: Connection, staff_id: UUID, now: datetime) -> bool:
    """Say whether somebody is in the middle of an alert: nobody has reached the patient, and it is hers to answer.

    She holds it, was paged for it, or is on call at its site now. A drill is none.
    """
    found = await connection.fetchval(
        """
        select exists (
            select from alerts
            where state <> 'resolved' and contacted_at is null and not is_drill
                and (
                    acknowledged_by = $1
                    or exists (select from messages where alert_id = alerts.id and messages.staff_id = $1)
                    or exists (
                        select from on_call_shifts
                        where on_call_shifts.site_id = alerts.site_id and on_call_shifts.staff_id = $1
                            and starts_at <= $2 and ends_at > $2 and (removed_at is null or removed_at > $2)
                    )
                )
        )
        """,
        staff_id,
        now,
    )
    return bool(found)

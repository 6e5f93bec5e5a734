"""Plans, and what became of their occasions."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.occasion import OccasionRecord
from domain.plan import PlanVersion
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, plan: PlanVersion) -> None:
    """Store a new version; it is due to be looked at right away."""
    await writing.connection.execute(
        """
        insert into plans (
            id, site_id, participant_id, version, anchor, cause, protocol_version, made_at, occasions, closed_at,
            due_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $8)
        """,
        *astuple(plan),
    )


async def close(writing: Writing, plan: PlanVersion) -> None:
    """Store that a version is no longer followed: nothing of it is ever due again."""
    await touch_one(
        writing.connection,
        "update plans set closed_at = $2, due_at = null where id = $1",
        plan.id,
        plan.closed_at,
    )


async def newest(connection: Connection, participant_id: UUID) -> PlanVersion | None:
    """Return a participant's plan: the version that is followed, or the one that was at the end."""
    return await one(
        connection,
        PlanVersion,
        """
        select id, site_id, participant_id, version, anchor, cause, protocol_version, made_at, occasions,
            closed_at
        from plans where participant_id = $1 order by version desc limit 1
        """,
        participant_id,
    )


async def followed_at(connection: Connection, site_id: UUID) -> tuple[PlanVersion, ...]:
    """Return the plans that are followed at a site."""
    return await many(
        connection,
        PlanVersion,
        """
        select id, site_id, participant_id, version, anchor, cause, protocol_version, made_at, occasions,
            closed_at
        from plans where site_id = $1 and closed_at is null order by participant_id
        """,
        site_id,
    )


async def insert_record(writing: Writing, record: OccasionRecord) -> None:
    """Store the first fact about an occasion; the index `occasions_one_key` refuses a second row."""
    await writing.connection.execute(
        """
        insert into occasions (
            id, site_id, participant_id, plan_version, kind, week, state, target, opens, closes, revision,
            changed_at, done_on, is_late, missed_at, is_called_off, silent_at, alert_id, report_id, recorded_by, reason
        )
        values (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21
        )
        """,
        *astuple(record),
    )


async def update_record(writing: Writing, record: OccasionRecord) -> None:
    """Store what has become of an occasion now. Which one it is never changes; its revision only grows.

    By the revisions a phone is told that it holds the schedule as it is (`domain/freshness.py`).
    """
    await touch_one(
        writing.connection,
        """
        update occasions set
            state = $7, target = $8, opens = $9, closes = $10, revision = $11, changed_at = $12, done_on = $13,
            is_late = $14, missed_at = $15, is_called_off = $16, silent_at = $17, alert_id = $18,
            report_id = $19, recorded_by = $20, reason = $21
        where id = $1 and site_id = $2 and participant_id = $3 and plan_version = $4 and kind = $5 and week = $6
            and revision < $11
        """,
        *astuple(record),
    )


async def records(connection: Connection, participant_id: UUID, version: int) -> tuple[OccasionRecord, ...]:
    """Return what is recorded of the occasions of one version."""
    return await many(
        connection,
        OccasionRecord,
        """
        select id, site_id, participant_id, plan_version, kind, week, state, target, opens, closes, revision,
            changed_at, done_on, is_late, missed_at, is_called_off, silent_at, alert_id, report_id, recorded_by, reason
        from occasions where participant_id = $1 and plan_version = $2 order by kind, week
        """,
        participant_id,
        version,
    )


async def records_at(connection: Connection, site_id: UUID) -> tuple[OccasionRecord, ...]:
    """Return what is recorded of the occasions of all plans that are followed at a site."""
    return await many(
        connection,
        OccasionRecord,
        """
        select occasions.id, occasions.site_id, occasions.participant_id, plan_version, kind, week, state,
            target, opens, closes, revision, changed_at, done_on, is_late, missed_at, is_called_off, silent_at,
            alert_id, report_id, recorded_by, reason
        from plans join occasions
            on occasions.participant_id = plans.participant_id and plan_version = plans.version
        where plans.site_id = $1 and plans.closed_at is null
        """,
        site_id,
    )


async def silences_of(connection: Connection, alert_id: UUID) -> tuple[OccasionRecord, ...]:
    """Return the check-ins whose silence rang an alert, each once however often it was planned anew, by week."""
    return await many(
        connection,
        OccasionRecord,
        """
        select id, site_id, participant_id, plan_version, kind, week, state, target, opens, closes, revision,
            changed_at, done_on, is_late, missed_at, is_called_off, silent_at, alert_id, report_id, recorded_by, reason
        from occasions as told
        where alert_id = $1 and not exists (
            select from occasions as later
            where later.alert_id = $1 and later.week = told.week and later.plan_version > told.plan_version
        )
        order by week
        """,
        alert_id,
    )


class Due(Struct, frozen=True):
    """A year that must be looked at. No more of it: a row that cannot be read must not stop its neighbours."""

    id: UUID
    participant_id: UUID
    due_at: datetime


async def due(
    connection: Connection, now: datetime, passed_over: frozenset[UUID], limit: int
) -> tuple[Due, ...]:
    """Return plans that are due at `now`, longest due first, but for those passed over."""
    return await many(
        connection,
        Due,
        """
        select id, participant_id, due_at from plans where due_at <= $1 and id <> all($2) order by due_at limit $3
        """,
        now,
        list(passed_over),
        limit,
    )


async def due_of(connection: Connection, participant_id: UUID, until: datetime) -> Due | None:
    """Return the plan of one participant if it is due by `until`."""
    return await one(
        connection,
        Due,
        "select id, participant_id, due_at from plans where participant_id = $1 and due_at <= $2",
        participant_id,
        until,
    )


async def look_again(connection: Connection, due: Due, at: datetime | None) -> None:
    """Say when a year must be looked at next; None: never. Of a plan that is closed nothing is ever due.

    Whoever has asked for a look meanwhile, as holidays do without the participant's lock, gets it.
    """
    await connection.execute(
        "update plans set due_at = $3 where id = $1 and due_at = $2 and closed_at is null",
        due.id,
        due.due_at,
        at,
    )


async def look_now(connection: Connection, participant_id: UUID, now: datetime) -> None:
    """Have a participant's year looked at now: something that its instants depend on has changed."""
    await connection.execute(
        "update plans set due_at = $2 where participant_id = $1 and closed_at is null", participant_id, now
    )


async def look_at_site_now(connection: Connection, site_id: UUID, now: datetime) -> None:
    """Have all years of a site looked at now: its holidays have changed."""
    await connection.execute(
        "update plans set due_at = $2 where site_id = $1 and closed_at is null", site_id, now
    )

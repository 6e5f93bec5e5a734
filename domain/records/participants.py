"""Participants and their administrations."""

from uuid import UUID

from msgspec.structs import astuple

from domain.people import Administration, ComplicationRecord, Participant
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, participant: Participant) -> None:
    """Store a new participant; the constraint `participants_subject_number_key` refuses a number twice."""
    await writing.connection.execute(
        """
        insert into participants (
            id, site_id, subject_number, phase, state, registered_at, end_reason, ended_on, ended_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        *astuple(participant),
    )


async def lock(
    connection: Connection, participant_id: UUID, within: tuple[UUID, ...] | None = None
) -> Participant | None:
    """Return a participant, held until the transaction ends: every decision about her starts here.

    Where a person asks, only one of the sites `within`: nobody holds up, or learns of, who is at another.
    """
    return await one(
        connection,
        Participant,
        """
        select id, site_id, subject_number, phase, state, registered_at, end_reason, ended_on, ended_at
        from participants where id = $1 and ($2::uuid[] is null or site_id = any($2)) for no key update
        """,
        participant_id,
        within,
    )


async def lock_unless_held(connection: Connection, participant_id: UUID) -> Participant | None:
    """As `lock`, but None when somebody else holds her: what is not urgent comes back a moment later."""
    return await one(
        connection,
        Participant,
        """
        select id, site_id, subject_number, phase, state, registered_at, end_reason, ended_on, ended_at
        from participants where id = $1 for no key update skip locked
        """,
        participant_id,
    )


async def update(writing: Writing, participant: Participant) -> None:
    """Store that a participation has ended."""
    await touch_one(
        writing.connection,
        "update participants set state = $2, end_reason = $3, ended_on = $4, ended_at = $5 where id = $1",
        participant.id,
        participant.state,
        participant.end_reason,
        participant.ended_on,
        participant.ended_at,
    )


async def find(
    connection: Connection, participant_id: UUID, within: tuple[UUID, ...] | None = None
) -> Participant | None:
    """Return a participant, to read; where a person asks, only one of the sites `within`."""
    return await one(
        connection,
        Participant,
        """
        select id, site_id, subject_number, phase, state, registered_at, end_reason, ended_on, ended_at
        from participants where id = $1 and ($2::uuid[] is null or site_id = any($2))
        """,
        participant_id,
        within,
    )


async def among(connection: Connection, participant_ids: tuple[UUID, ...]) -> tuple[Participant, ...]:
    """Return the participants of these ids by subject number."""
    return await many(
        connection,
        Participant,
        """
        select id, site_id, subject_number, phase, state, registered_at, end_reason, ended_on, ended_at
        from participants where id = any($1) order by subject_number
        """,
        list(participant_ids),
    )


async def at_sites(
    connection: Connection, site_ids: tuple[UUID, ...], after: str, limit: int
) -> tuple[Participant, ...]:
    """Return participants of these sites by subject number, from the first after `after` on."""
    return await many(
        connection,
        Participant,
        """
        select id, site_id, subject_number, phase, state, registered_at, end_reason, ended_on, ended_at
        from participants where site_id = any($1) and subject_number > $2 order by subject_number limit $3
        """,
        list(site_ids),
        after,
        limit,
    )


async def insert_administration(writing: Writing, administration: Administration) -> None:
    """Store an administration; the constraint `administrations_given_on_key` refuses a date twice."""
    await writing.connection.execute(
        """
        insert into administrations
            (id, site_id, participant_id, number, given_on, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        *astuple(administration),
    )


async def update_administration(writing: Writing, administration: Administration) -> None:
    """Store the corrected day of an administration."""
    await touch_one(
        writing.connection,
        "update administrations set given_on = $2, recorded_at = $3, recorded_by = $4 where id = $1",
        administration.id,
        administration.given_on,
        administration.recorded_at,
        administration.recorded_by,
    )


async def insert_complication(writing: Writing, complication: ComplicationRecord) -> None:
    """Store a complication; the constraint `complications_once_key` refuses the same one of the same day twice."""
    await writing.connection.execute(
        """
        insert into complications
            (id, site_id, participant_id, kind, occurred_on, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        *astuple(complication),
    )


async def complications(connection: Connection, participant_id: UUID) -> tuple[ComplicationRecord, ...]:
    """Return the complications that the site has recorded, oldest first."""
    return await many(
        connection,
        ComplicationRecord,
        """
        select id, site_id, participant_id, kind, occurred_on, recorded_at, recorded_by
        from complications where participant_id = $1 order by occurred_on, kind
        """,
        participant_id,
    )


async def administrations(connection: Connection, participant_id: UUID) -> tuple[Administration, ...]:
    """Return a participant's administrations by number."""
    return await many(
        connection,
        Administration,
        """
        select id, site_id, participant_id, number, given_on, recorded_at, recorded_by
        from administrations where participant_id = $1 order by number
        """,
        participant_id,
    )

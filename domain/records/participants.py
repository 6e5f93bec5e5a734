"""Participants and their administrations."""

from uuid import UUID

from msgspec.structs import astuple

from domain.people import Administration, Participant
from domain.records.rows import Connection, many, one
from domain.records.writing import Writing


async def insert(writing: Writing, participant: Participant) -> None:
    """Store a new participant; the constraint `participants_subject_number_key` refuses a number twice."""
    await writing.connection.execute(
        """
        insert into participants (id, site_id, subject_number, phase, state, registered_at)
        values ($1, $2, $3, $4, $5, $6)
        """,
        *astuple(participant),
    )


async def lock(connection: Connection, participant_id: UUID) -> Participant | None:
    """Return a participant, held until the transaction ends: every decision about her starts here."""
    return await one(
        connection,
        Participant,
        """
        select id, site_id, subject_number, phase, state, registered_at
        from participants where id = $1 for no key update
        """,
        participant_id,
    )


async def find(connection: Connection, participant_id: UUID) -> Participant | None:
    """Return a participant, to read."""
    return await one(
        connection,
        Participant,
        """
        select id, site_id, subject_number, phase, state, registered_at from participants where id = $1
        """,
        participant_id,
    )


async def among(connection: Connection, participant_ids: tuple[UUID, ...]) -> tuple[Participant, ...]:
    """Return the participants of these ids by subject number."""
    return await many(
        connection,
        Participant,
        """
        select id, site_id, subject_number, phase, state, registered_at from participants
        where id = any($1) order by subject_number
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
        select id, site_id, subject_number, phase, state, registered_at from participants
        where site_id = any($1) and subject_number > $2 order by subject_number limit $3
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

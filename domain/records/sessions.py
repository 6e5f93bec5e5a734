"""Signed-in devices.

They are held `for no key update`: a report that is stored meanwhile refers to its session, and must not wait for it.
"""

from datetime import datetime
from uuid import UUID

from domain.people import Session
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, session: Session) -> None:
    """Store a new session."""
    await writing.connection.execute(
        """
        insert into sessions (
            id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id, participant_id,
            revoked_at, revoked_because, plan_version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        session.id,
        session.device_id,
        session.created_at,
        session.generation,
        session.rotated_at,
        session.account_id,
        session.staff_id,
        session.site_id,
        session.participant_id,
        session.revoked_at,
        session.revoked_because,
        session.plan_version,
    )


async def update(writing: Writing, session: Session) -> None:
    """Store a rotation or a revocation."""
    await touch_one(
        writing.connection,
        """
        update sessions set generation = $2, rotated_at = $3, revoked_at = $4, revoked_because = $5, plan_version = $6
        where id = $1
        """,
        session.id,
        session.generation,
        session.rotated_at,
        session.revoked_at,
        session.revoked_because,
        session.plan_version,
    )


async def find(connection: Connection, session_id: UUID) -> Session | None:
    """Return a session, ended ones too."""
    return await one(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at, revoked_because, plan_version
        from sessions where id = $1
        """,
        session_id,
    )


async def lock(connection: Connection, session_id: UUID) -> Session | None:
    """Return a session, held until the transaction ends."""
    return await one(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at, revoked_because, plan_version
        from sessions where id = $1 for no key update
        """,
        session_id,
    )


async def going_on(connection: Connection, participant_id: UUID) -> tuple[Session, ...]:
    """Return the sessions of a participant and her caregiver that were not ended, held until the transaction ends."""
    return await many(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at, revoked_because, plan_version
        from sessions where participant_id = $1 and revoked_at is null order by created_at, id for no key update
        """,
        participant_id,
    )


async def of_participant(connection: Connection, participant_id: UUID) -> tuple[Session, ...]:
    """Return all sessions that a participant and her caregiver ever had, the newest first."""
    return await many(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at, revoked_because, plan_version
        from sessions where participant_id = $1 order by created_at desc, id
        """,
        participant_id,
    )


async def of_staff(connection: Connection, staff_id: UUID) -> tuple[Session, ...]:
    """Return the sessions of a member of staff that nobody has ended, newest sign-in first."""
    return await many(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at, revoked_because, plan_version
        from sessions where staff_id = $1 and revoked_at is null order by created_at desc, id
        """,
        staff_id,
    )


async def opened_at(connection: Connection, staff_id: UUID, at: datetime) -> Session | None:
    """Return the session that a member of staff opened in an instant of machine time."""
    return await one(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at, revoked_because, plan_version
        from sessions where staff_id = $1 and created_at = $2
        """,
        staff_id,
        at,
    )


async def hold_of_staff(connection: Connection, staff_id: UUID) -> tuple[Session, ...]:
    """As `of_staff`, oldest first and held until the transaction ends."""
    return await many(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at, revoked_because, plan_version
        from sessions where staff_id = $1 and revoked_at is null order by created_at, id for no key update
        """,
        staff_id,
    )

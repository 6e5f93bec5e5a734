"""Signed-in devices."""

from uuid import UUID

from domain.people import Session
from domain.records.rows import Connection, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, session: Session) -> None:
    """Store a new session."""
    await writing.connection.execute(
        """
        insert into sessions (
            id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id, participant_id,
            revoked_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
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
    )


async def update(writing: Writing, session: Session) -> None:
    """Store a rotation or a revocation."""
    await touch_one(
        writing.connection,
        "update sessions set generation = $2, rotated_at = $3, revoked_at = $4 where id = $1",
        session.id,
        session.generation,
        session.rotated_at,
        session.revoked_at,
    )


async def find(connection: Connection, session_id: UUID) -> Session | None:
    """Return a session, ended ones too."""
    return await one(
        connection,
        Session,
        """
        select id, device_id, created_at, generation, rotated_at, account_id, staff_id, site_id,
            participant_id, revoked_at
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
            participant_id, revoked_at
        from sessions where id = $1 for update
        """,
        session_id,
    )

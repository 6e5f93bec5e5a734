"""Invitations of staff, and the codes for whoever has lost her authenticator."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import astuple

from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing
from domain.staff_access import RecoveryCode, StaffInvitation


async def insert(writing: Writing, invitation: StaffInvitation) -> None:
    """Store a new invitation."""
    await writing.connection.execute(
        """
        insert into staff_invitations (
            id, site_id, staff_id, code_hash, totp_key_id, totp_sealed, issued_at, issued_by, expires_at, revoked_at,
            redeemed_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        *astuple(invitation),
    )


async def update(writing: Writing, invitation: StaffInvitation) -> None:
    """Store that an invitation was accepted, or that another one has taken its place."""
    await touch_one(
        writing.connection,
        "update staff_invitations set revoked_at = $2, redeemed_at = $3 where id = $1",
        invitation.id,
        invitation.revoked_at,
        invitation.redeemed_at,
    )


async def by_hash(connection: Connection, code_hash: bytes) -> StaffInvitation | None:
    """Return the invitation of a code, used ones too."""
    return await one(
        connection,
        StaffInvitation,
        """
        select id, site_id, staff_id, code_hash, totp_key_id, totp_sealed, issued_at, issued_by, expires_at, revoked_at,
            redeemed_at
        from staff_invitations where code_hash = $1
        """,
        code_hash,
    )


async def lock(connection: Connection, invitation_id: UUID) -> StaffInvitation | None:
    """Return an invitation, held until the transaction ends. Lock whom it is for first."""
    return await one(
        connection,
        StaffInvitation,
        """
        select id, site_id, staff_id, code_hash, totp_key_id, totp_sealed, issued_at, issued_by, expires_at, revoked_at,
            redeemed_at
        from staff_invitations where id = $1 for update
        """,
        invitation_id,
    )


async def unused(connection: Connection, staff_id: UUID) -> tuple[StaffInvitation, ...]:
    """Return the invitations of a member of staff that nobody has accepted or replaced, expired ones too, held."""
    return await many(
        connection,
        StaffInvitation,
        """
        select id, site_id, staff_id, code_hash, totp_key_id, totp_sealed, issued_at, issued_by, expires_at, revoked_at,
            redeemed_at
        from staff_invitations where staff_id = $1 and revoked_at is null and redeemed_at is null for update
        """,
        staff_id,
    )


async def insert_code(writing: Writing, code: RecoveryCode) -> None:
    """Store a new recovery code."""
    await writing.connection.execute(
        """
        insert into recovery_codes (id, staff_id, code_hash, made_at, used_at, replaced_at)
        values ($1, $2, $3, $4, $5, $6)
        """,
        *astuple(code),
    )


async def update_code(writing: Writing, code: RecoveryCode) -> None:
    """Store that a recovery code was used, or replaced."""
    await touch_one(
        writing.connection,
        "update recovery_codes set used_at = $2, replaced_at = $3 where id = $1",
        code.id,
        code.used_at,
        code.replaced_at,
    )


async def good_codes(connection: Connection, staff_id: UUID) -> tuple[RecoveryCode, ...]:
    """Return the recovery codes of a member of staff that are good still, held until the transaction ends."""
    return await many(
        connection,
        RecoveryCode,
        """
        select id, staff_id, code_hash, made_at, used_at, replaced_at
        from recovery_codes where staff_id = $1 and used_at is null and replaced_at is null order by id for update
        """,
        staff_id,
    )


async def lock_code(connection: Connection, staff_id: UUID, code_hash: bytes) -> RecoveryCode | None:
    """Return a recovery code of hers that is good still, held until the transaction ends."""
    return await one(
        connection,
        RecoveryCode,
        """
        select id, staff_id, code_hash, made_at, used_at, replaced_at
        from recovery_codes
        where staff_id = $1 and code_hash = $2 and used_at is null and replaced_at is null for update
        """,
        staff_id,
        code_hash,
    )


async def used_at(connection: Connection, staff_id: UUID, code_hash: bytes) -> datetime | None:
    """Return when a recovery code of hers was used; None for one that was not, or is none."""
    found: datetime | None = await connection.fetchval(
        "select used_at from recovery_codes where staff_id = $1 and code_hash = $2", staff_id, code_hash
    )
    return found


async def codes_left(connection: Connection, staff_id: UUID) -> int:
    """Count the recovery codes of a member of staff that are good still."""
    return int(
        await connection.fetchval(
            """
            select count(*) from recovery_codes
            where staff_id = $1 and used_at is null and replaced_at is null
            """,
            staff_id,
        )
    )

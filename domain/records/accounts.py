"""Accounts of participants and caregivers, and the one-time codes that open them."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import astuple

from domain.people import Account, ActivationCode, Role
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, account: Account) -> None:
    """Store a new account."""
    await writing.connection.execute(
        """
        insert into accounts
            (id, site_id, participant_id, role, language, time_zone, reminder_hour, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        *astuple(account),
    )


async def update(writing: Writing, account: Account) -> None:
    """Store what its holder has chosen."""
    await touch_one(
        writing.connection,
        "update accounts set language = $2, time_zone = $3, reminder_hour = $4 where id = $1",
        account.id,
        account.language,
        account.time_zone,
        account.reminder_hour,
    )


async def find(connection: Connection, account_id: UUID) -> Account | None:
    """Return an account."""
    return await one(
        connection,
        Account,
        """
        select id, site_id, participant_id, role, language, time_zone, reminder_hour, created_at
        from accounts where id = $1
        """,
        account_id,
    )


async def of_participant(connection: Connection, participant_id: UUID, role: Role) -> Account | None:
    """Return the participant's own or the caregiver's account."""
    return await one(
        connection,
        Account,
        """
        select id, site_id, participant_id, role, language, time_zone, reminder_hour, created_at
        from accounts where participant_id = $1 and role = $2
        """,
        participant_id,
        role,
    )


async def all_of_participant(connection: Connection, participant_id: UUID) -> tuple[Account, ...]:
    """Return the participant's own account and then the caregiver's, as far as they are there."""
    return await many(
        connection,
        Account,
        """
        select id, site_id, participant_id, role, language, time_zone, reminder_hour, created_at
        from accounts where participant_id = $1 order by role desc
        """,
        participant_id,
    )


async def insert_code(writing: Writing, code: ActivationCode) -> None:
    """Store a code by its hash."""
    await writing.connection.execute(
        """
        insert into activation_codes (
            id, site_id, participant_id, account_id, code_hash, issued_at, expires_at, revoked_at, redeemed_at,
            session_id
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        *astuple(code),
    )


async def update_code(writing: Writing, code: ActivationCode) -> None:
    """Store that a code was redeemed or revoked."""
    await touch_one(
        writing.connection,
        "update activation_codes set revoked_at = $2, redeemed_at = $3, session_id = $4 where id = $1",
        code.id,
        code.revoked_at,
        code.redeemed_at,
        code.session_id,
    )


async def participant_of_code(connection: Connection, code_hash: bytes) -> UUID | None:
    """Return whose code it is, by its hash: she is held before it."""
    found: UUID | None = await connection.fetchval(
        "select participant_id from activation_codes where code_hash = $1", code_hash
    )
    return found


async def lock_code(connection: Connection, code_hash: bytes) -> ActivationCode | None:
    """Return a code by its hash, held until the transaction ends."""
    return await one(
        connection,
        ActivationCode,
        """
        select id, site_id, participant_id, account_id, code_hash, issued_at, expires_at, revoked_at,
            redeemed_at, session_id
        from activation_codes where code_hash = $1 for update
        """,
        code_hash,
    )


async def unused_codes(
    connection: Connection, account_id: UUID, machine_now: datetime
) -> tuple[ActivationCode, ...]:
    """Return the codes of an account that could still be redeemed at `machine_now`."""
    return await many(
        connection,
        ActivationCode,
        """
        select id, site_id, participant_id, account_id, code_hash, issued_at, expires_at, revoked_at,
            redeemed_at, session_id
        from activation_codes
        where account_id = $1 and redeemed_at is null and revoked_at is null and expires_at > $2
        order by issued_at for update
        """,
        account_id,
        machine_now,
    )

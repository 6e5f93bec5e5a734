"""Every sealed row, whatever its table, to be counted, opened and sealed anew (`nightbell keys`).

Sealing anew changes nothing that anybody can read: like a lease it has no audit line of its own, the run has one. A row
that somebody holds is passed by and met again later, so that nobody's sign-in or report waits for a rotation.
"""

from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.key_rotation import KeyRotation
from domain.people import Contact
from domain.records.rows import Connection, many
from domain.records.writing import Writing

SEALED_COLUMNS = frozenset({"contacts.sealed", "credentials.totp_sealed", "staff_invitations.totp_sealed"})
"""Whatever the schema seals; a test compares it with the catalogue."""

FIRST = UUID(int=0)


class SealedSecret(Struct, frozen=True):
    """The sealed secret of somebody's authenticator: of her credential, or of an invitation, open or not."""

    id: UUID
    """The row's: of a credential that of its holder, to whom both are bound."""
    staff_id: UUID
    totp_key_id: str
    totp_sealed: bytes


async def contacts_after(connection: Connection, after: UUID, limit: int) -> tuple[Contact, ...]:
    """Return contacts on file in the order of their ids."""
    return await many(
        connection,
        Contact,
        """
        select id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index, unusable_since,
            prefix
        from contacts where id > $1 and sealed <> '' order by id limit $2
        """,
        after,
        limit,
    )


async def lock_contacts(connection: Connection, ids: list[UUID]) -> tuple[Contact, ...]:
    """Return those of these contacts that nobody holds, held until the transaction ends."""
    return await many(
        connection,
        Contact,
        """
        select id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index, unusable_since,
            prefix
        from contacts where id = any($1) and sealed <> '' order by id for no key update skip locked
        """,
        ids,
    )


async def reseal_contact(connection: Connection, contact: Contact) -> None:
    """Store a contact under another key and index; it is held, and says what it said."""
    await connection.execute(
        "update contacts set key_id = $2, sealed = $3, blind_index = $4 where id = $1",
        contact.id,
        contact.key_id,
        contact.sealed,
        contact.blind_index,
    )


async def secrets_after(connection: Connection, after: UUID, limit: int) -> tuple[SealedSecret, ...]:
    """Return authenticators' secrets in the order of their rows' ids, those of closed accounts too."""
    return await many(
        connection,
        SealedSecret,
        """
        select * from (
            select staff_id as id, staff_id, totp_key_id, totp_sealed from credentials
            union all
            select id, staff_id, totp_key_id, totp_sealed from staff_invitations
        ) as secrets
        where id > $1 and totp_sealed <> '' order by id limit $2
        """,
        after,
        limit,
    )


async def lock_secrets(connection: Connection, ids: list[UUID]) -> tuple[SealedSecret, ...]:
    """Return those of these secrets that nobody holds, held until the transaction ends."""
    known = await many(
        connection,
        SealedSecret,
        """
        select staff_id as id, staff_id, totp_key_id, totp_sealed from credentials
        where staff_id = any($1) and totp_sealed <> '' order by staff_id for no key update skip locked
        """,
        ids,
    )
    invited = await many(
        connection,
        SealedSecret,
        """
        select id, staff_id, totp_key_id, totp_sealed from staff_invitations
        where id = any($1) and totp_sealed <> '' order by id for no key update skip locked
        """,
        ids,
    )
    return (*known, *invited)


async def reseal_secret(connection: Connection, secret: SealedSecret) -> None:
    """Store an authenticator's secret under another key; it is held, and is what it was."""
    values = (secret.id, secret.totp_key_id, secret.totp_sealed)
    if secret.id == secret.staff_id:
        await connection.execute(
            "update credentials set totp_key_id = $2, totp_sealed = $3 where staff_id = $1", *values
        )
    else:
        await connection.execute(
            "update staff_invitations set totp_key_id = $2, totp_sealed = $3 where id = $1", *values
        )


async def insert_rotation(writing: Writing, run: KeyRotation) -> None:
    """Store that a run has begun."""
    await writing.connection.execute(
        """
        insert into key_rotations (id, current_key, sealed, foreign_index, started_at)
        values ($1, $2, $3, $4, $5)
        """,
        *astuple(run),
    )

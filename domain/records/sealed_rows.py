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

SEALED_COLUMNS = frozenset({"contacts.sealed", "credentials.totp_sealed"})
"""Whatever the schema seals; a test compares it with the catalogue."""

FIRST = UUID(int=0)


class SealedSecret(Struct, frozen=True):
    """The sealed secret of somebody's authenticator."""

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
    """Return authenticators' secrets in the order of their holders' ids, those of closed accounts too."""
    return await many(
        connection,
        SealedSecret,
        """
        select staff_id, totp_key_id, totp_sealed from credentials
        where staff_id > $1 and totp_sealed <> '' order by staff_id limit $2
        """,
        after,
        limit,
    )


async def lock_secrets(connection: Connection, ids: list[UUID]) -> tuple[SealedSecret, ...]:
    """Return those of these secrets that nobody holds, held until the transaction ends."""
    return await many(
        connection,
        SealedSecret,
        """
        select staff_id, totp_key_id, totp_sealed from credentials
        where staff_id = any($1) and totp_sealed <> '' order by staff_id for no key update skip locked
        """,
        ids,
    )


async def reseal_secret(connection: Connection, secret: SealedSecret) -> None:
    """Store an authenticator's secret under another key; it is held, and is what it was."""
    await connection.execute(
        "update credentials set totp_key_id = $2, totp_sealed = $3 where staff_id = $1", *astuple(secret)
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

"""Sealed phones and e-mails: the only place where identity is kept (design.md, rule 9)."""

from collections.abc import Mapping
from uuid import UUID

from msgspec.structs import astuple

from domain.people import Contact, ContactKind
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, contact: Contact) -> None:
    """Store a sealed contact."""
    await writing.connection.execute(
        """
        insert into contacts
            (id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index,
                unusable_since, prefix)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        *astuple(contact),
    )


async def update(writing: Writing, contact: Contact) -> None:
    """Store another phone or e-mail in place of the one on file."""
    await touch_one(
        writing.connection,
        """
        update contacts set key_id = $2, sealed = $3, blind_index = $4, unusable_since = $5, prefix = $6
        where id = $1
        """,
        contact.id,
        contact.key_id,
        contact.sealed,
        contact.blind_index,
        contact.unusable_since,
        contact.prefix,
    )


async def set_unusable(writing: Writing, contact: Contact) -> None:
    """Store that no text goes to a number any more, unless another one was put on file meanwhile.

    The worker may change nothing else of it.
    """
    await writing.connection.execute(
        "update contacts set unusable_since = $2 where id = $1 and blind_index = $3",
        contact.id,
        contact.unusable_since,
        contact.blind_index,
    )


async def of_account(connection: Connection, account_id: UUID, kind: ContactKind) -> Contact | None:
    """Return a contact of a participant or caregiver, as far as it is on file."""
    held = await row_of_account(connection, account_id, kind)
    return held if held is not None and held.is_on_file else None


async def roles_with_number(
    connection: Connection, participant_ids: tuple[UUID, ...]
) -> Mapping[UUID, tuple[str, ...]]:
    """Return, by participant, who of her and her caregiver has a number on file."""
    rows = await connection.fetch(
        """
        select contacts.participant_id, array_agg(role order by role desc) as roles
        from contacts join accounts on accounts.id = account_id
        where contacts.participant_id = any($1) and kind = 'phone' and sealed <> '' group by 1
        """,
        list(participant_ids),
    )
    return {row["participant_id"]: tuple(row["roles"]) for row in rows}


async def row_of_account(connection: Connection, account_id: UUID, kind: ContactKind) -> Contact | None:
    """Return the row of a contact, to be written: also one whose number was removed."""
    return await one(
        connection,
        Contact,
        """
        select id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index, unusable_since,
            prefix
        from contacts where account_id = $1 and kind = $2
        """,
        account_id,
        kind,
    )


async def of_staff(connection: Connection, staff_id: UUID, kind: ContactKind) -> Contact | None:
    """Return a contact of a member of staff."""
    return await one(
        connection,
        Contact,
        """
        select id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index, unusable_since,
            prefix
        from contacts where staff_id = $1 and kind = $2 order by id limit 1
        """,
        staff_id,
        kind,
    )


async def by_email(connection: Connection, blind_index: bytes) -> Contact | None:
    """Return the contact of an e-mail by its blind index."""
    return await one(
        connection,
        Contact,
        """
        select id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index, unusable_since,
            prefix
        from contacts where blind_index = $1 and kind = 'email'
        """,
        blind_index,
    )


async def by_phone(connection: Connection, blind_index: bytes) -> tuple[Contact, ...]:
    """Return the contacts of a phone by its blind index: several people may share one."""
    return await many(
        connection,
        Contact,
        """
        select id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index, unusable_since,
            prefix
        from contacts where blind_index = $1 and kind = 'phone' order by id
        """,
        blind_index,
    )


async def lock(connection: Connection, contact_id: UUID) -> Contact | None:
    """Return a contact, held until the transaction ends. Lock its participant first, if it has one."""
    return await one(
        connection,
        Contact,
        """
        select id, kind, staff_id, account_id, site_id, participant_id, key_id, sealed, blind_index, unusable_since,
            prefix
        from contacts where id = $1 for update
        """,
        contact_id,
    )

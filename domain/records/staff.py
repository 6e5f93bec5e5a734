"""Site staff, what they are at which site, and how they sign in."""

from uuid import UUID

from msgspec.structs import astuple

from domain.mailing import Reader
from domain.people import Credential, Role, Staff
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, person: Staff) -> None:
    """Store a new member of staff with the roles."""
    await writing.connection.execute(
        "insert into staff (id, name, language, created_at, disabled_at) values ($1, $2, $3, $4, $5)",
        person.id,
        person.name,
        person.language,
        person.created_at,
        person.disabled_at,
    )
    await writing.connection.executemany(
        "insert into staff_roles (staff_id, site_id, role) values ($1, $2, $3)",
        [(person.id, bound.site_id, bound.role) for bound in person.roles],
    )


async def insert_credential(writing: Writing, credential: Credential) -> None:
    """Store how a member of staff signs in."""
    await writing.connection.execute(
        """
        insert into credentials (staff_id, password_hash, totp_key_id, totp_sealed, pin_hash)
        values ($1, $2, $3, $4, $5)
        """,
        *astuple(credential),
    )


async def update_credential(writing: Writing, credential: Credential) -> None:
    """Store another password, authenticator or PIN of a member of staff."""
    await touch_one(
        writing.connection,
        """
        update credentials set password_hash = $2, totp_key_id = $3, totp_sealed = $4, pin_hash = $5
        where staff_id = $1
        """,
        *astuple(credential),
    )


async def close(writing: Writing, person: Staff) -> None:
    """Store that an account is closed; nothing else of a member of staff ever changes."""
    await touch_one(
        writing.connection, "update staff set disabled_at = $2 where id = $1", person.id, person.disabled_at
    )


async def lock(connection: Connection, staff_id: UUID) -> None:
    """Hold a member of staff until the transaction ends."""
    await connection.execute("select from staff where id = $1 for no key update", staff_id)


async def spend_step(
    connection: Connection, staff_id: UUID, step: int, session_id: UUID | None = None
) -> bool:
    """Spend the digits of a time step, and all before it; say False where they are spent already.

    `session_id` is the session that they open in the same transaction, if they open one.

    One statement: of two that send the same digits at once one is second. As a lease it is no record of the trial: no
    decision, no audit line, machine time.
    """
    spent = await connection.execute(
        """
        update credentials set totp_step = $2, totp_session_id = $3
        where staff_id = $1 and (totp_step is null or totp_step < $2)
        """,
        staff_id,
        step,
        session_id,
    )
    return spent == "UPDATE 1"


async def session_of_step(connection: Connection, staff_id: UUID, step: int) -> UUID | None:
    """Return the session that the digits of a time step have opened, if they were the last that were spent."""
    found: UUID | None = await connection.fetchval(
        "select totp_session_id from credentials where staff_id = $1 and totp_step = $2", staff_id, step
    )
    return found


async def find(connection: Connection, staff_id: UUID) -> Staff | None:
    """Return a member of staff, disabled ones too."""
    found = await among(connection, (staff_id,))
    return found[0] if found else None


async def role_at(connection: Connection, staff_id: UUID, site_id: UUID) -> Role | None:
    """Return what a member of staff is at a site, and nothing else of her: a participant may know that much."""
    found = await connection.fetchval(
        "select role from staff_roles where staff_id = $1 and site_id = $2", staff_id, site_id
    )
    return None if found is None else Role(found)


async def among(connection: Connection, staff_ids: tuple[UUID, ...]) -> tuple[Staff, ...]:
    """Return the members of staff of these ids, by name."""
    return await many(
        connection,
        Staff,
        """
        select staff.id, name, language, created_at, disabled_at,
            coalesce(
                (
                    select jsonb_agg(jsonb_build_object('site_id', site_id, 'role', role) order by site_id)
                    from staff_roles where staff_id = staff.id
                ),
                '[]'
            ) as roles
        from staff where id = any($1) order by name, id
        """,
        list(staff_ids),
    )


async def at_site(connection: Connection, site_id: UUID) -> tuple[Staff, ...]:
    """Return everybody with a role at a site, disabled ones too, by name."""
    rows = await connection.fetch("select staff_id from staff_roles where site_id = $1", site_id)
    return await among(connection, tuple(row["staff_id"] for row in rows))


async def readers(connection: Connection, site_id: UUID) -> tuple[Reader, ...]:
    """Return who gets mail of a site: coordinators, investigators, its head; each with an address on file."""
    return await many(
        connection,
        Reader,
        """
        select staff.id as staff_id, language,
            exists (
                select from staff_roles
                where staff_id = staff.id and site_id = $1 and role in ('coordinator', 'investigator')
            ) as is_working,
            staff.id = sites.principal_investigator_id as is_principal
        from sites
        join staff on staff.id = sites.principal_investigator_id
            or staff.id in (select staff_id from staff_roles where site_id = $1)
        where sites.id = $1 and disabled_at is null
            and exists (
                select from contacts
                where contacts.staff_id = staff.id and kind = 'email' and unusable_since is null
            )
        order by staff.id
        """,
        site_id,
    )


async def credential(connection: Connection, staff_id: UUID) -> Credential | None:
    """Return how a member of staff signs in; None if she cannot, or is disabled."""
    return await one(
        connection,
        Credential,
        """
        select staff_id, password_hash, totp_key_id, totp_sealed, pin_hash
        from credentials join staff on staff.id = staff_id and disabled_at is null
        where staff_id = $1
        """,
        staff_id,
    )


async def lock_credential(connection: Connection, staff_id: UUID) -> Credential | None:
    """As `credential`, held until the transaction ends."""
    return await one(
        connection,
        Credential,
        """
        select staff_id, password_hash, totp_key_id, totp_sealed, pin_hash
        from credentials join staff on staff.id = staff_id and disabled_at is null
        where staff_id = $1 for no key update of credentials
        """,
        staff_id,
    )

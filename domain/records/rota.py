"""Rows of the rota: read, taken out, and the sites whose coverage must be looked at."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.colleague import Colleague
from domain.people import Shift
from domain.records.rows import Connection, many, touch_one
from domain.records.writing import Writing


class Due(Struct, frozen=True):
    """A site that must be looked at, since `due_at`."""

    site_id: UUID
    due_at: datetime


class _Address(Struct, frozen=True):
    blind_index: bytes
    staff_id: UUID


async def remove(writing: Writing, shift: Shift) -> None:
    """Store that a row was taken out; nothing else of it ever changes."""
    await touch_one(
        writing.connection,
        "update on_call_shifts set removed_at = $2, removed_by = $3 where id = $1 and removed_at is null",
        shift.id,
        shift.removed_at,
        shift.removed_by,
    )


async def since(connection: Connection, site_id: UUID, begins: datetime) -> tuple[Shift, ...]:
    """Return every row of a site that is in force at `begins` or later, as its time comes."""
    return await many(
        connection,
        Shift,
        """
        select id, site_id, staff_id, tier, starts_at, ends_at, kind, source, added_at, added_by, removed_at,
            removed_by, reason, calendar
        from on_call_shifts
        where site_id = $1 and ends_at > $2 and (removed_at is null or removed_at > greatest($2, starts_at))
        order by starts_at, tier, id
        """,
        site_id,
        begins,
    )


async def colleagues(connection: Connection, site_id: UUID) -> tuple[Colleague, ...]:
    """Return everybody who works at a site, by name, with the phone on file; a usable one before any other."""
    return await many(
        connection,
        Colleague,
        """
        select staff.id as staff_id, name, role, disabled_at, blind_index as number, unusable_since
        from staff_roles
        join staff on staff.id = staff_roles.staff_id
        left join lateral (
            select blind_index, unusable_since from contacts
            where contacts.staff_id = staff.id and kind = 'phone'
            order by unusable_since is not null, id limit 1
        ) as phone on true
        where site_id = $1
        order by name, staff.id
        """,
        site_id,
    )


async def look_now(connection: Connection, site_id: UUID, now: datetime) -> None:
    """Have the coverage of a live site looked at now: something that it depends on has changed."""
    await connection.execute(
        "update sites set coverage_due_at = $2 where id = $1 and live_since is not null", site_id, now
    )


async def look_at_sites_of(connection: Connection, staff_id: UUID, now: datetime) -> None:
    """Have the coverage of every live site looked at now at which somebody works: her number has changed."""
    await connection.execute(
        """
        update sites set coverage_due_at = $2
        where live_since is not null and id in (select site_id from staff_roles where staff_id = $1)
        """,
        staff_id,
        now,
    )


async def look_again(connection: Connection, site_id: UUID, at: datetime) -> None:
    """Say when the coverage of a site must be looked at next; the site is locked."""
    await touch_one(connection, "update sites set coverage_due_at = $2 where id = $1", site_id, at)


async def due(
    connection: Connection, now: datetime, passed_over: frozenset[UUID], limit: int
) -> tuple[Due, ...]:
    """Return the sites whose coverage must be looked at, longest due first, but for those passed over."""
    return await many(
        connection,
        Due,
        """
        select id as site_id, coverage_due_at as due_at from sites
        where coverage_due_at <= $1 and id <> all($2)
        order by coverage_due_at limit $3
        """,
        now,
        list(passed_over),
        limit,
    )


async def claim(connection: Connection, site_id: UUID, now: datetime) -> bool:
    """Hold a site whose coverage is still due until the transaction ends; say whether it could be had."""
    found = await connection.fetchval(
        """
        select true from sites where id = $1 and coverage_due_at <= $2 for no key update skip locked
        """,
        site_id,
        now,
    )
    return found is not None


async def warned_at(connection: Connection, site_id: UUID) -> datetime | None:
    """Return when the newest open task about the coverage of the site itself was made."""
    found = await connection.fetchval(
        """
        select max(created_at) from tasks
        where site_id = $1 and about_id = $1 and kind = 'coverage' and resolved_at is null
        """,
        site_id,
    )
    return found if isinstance(found, datetime) else None


async def staff_by_email(connection: Connection, indexes: tuple[bytes, ...]) -> dict[bytes, UUID]:
    """Return members of staff by the blind indexes of their e-mails; who has none of these is left out."""
    found = await many(
        connection,
        _Address,
        """
        select blind_index, staff_id from contacts
        where blind_index = any($1) and kind = 'email' and staff_id is not null
        """,
        list(indexes),
    )
    return {each.blind_index: each.staff_id for each in found}

"""Sites."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import astuple

from domain.people import Site
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, site: Site) -> None:
    """Store a new site."""
    await writing.connection.execute(
        """
        insert into sites (
            id, name, time_zone, principal_investigator_id, live_since, holidays, drill_every, drill_at, drill_due_at,
            unsafe_since, digest_due_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $5)
        """,
        *astuple(site),
    )


async def update(writing: Writing, site: Site) -> None:
    """Store a site as it is now. Its digest is looked at anew when it goes live, and in another time zone."""
    await touch_one(
        writing.connection,
        """
        update sites set
            name = $2, time_zone = $3, principal_investigator_id = $4, live_since = $5, holidays = $6,
            drill_every = $7, drill_at = $8, drill_due_at = $9, unsafe_since = $10,
            digest_due_at = case when live_since is distinct from $5 or time_zone <> $3 then $5 else digest_due_at end
        where id = $1
        """,
        *astuple(site),
    )


async def set_drills(writing: Writing, site: Site) -> None:
    """Store when the next drill is due, and whether the site is safe to rely on."""
    await touch_one(
        writing.connection,
        "update sites set drill_due_at = $2, unsafe_since = $3 where id = $1",
        site.id,
        site.drill_due_at,
        site.unsafe_since,
    )


async def find(connection: Connection, site_id: UUID) -> Site | None:
    """Return a site."""
    return await one(
        connection,
        Site,
        """
        select id, name, time_zone, principal_investigator_id, live_since, holidays, drill_every,
            drill_at, drill_due_at, unsafe_since
        from sites where id = $1
        """,
        site_id,
    )


async def lock(connection: Connection, name: str) -> Site | None:
    """Return a site by its name, held until the transaction ends; reports go on meanwhile."""
    return await one(
        connection,
        Site,
        """
        select id, name, time_zone, principal_investigator_id, live_since, holidays, drill_every,
            drill_at, drill_due_at, unsafe_since
        from sites
        where name = $1
        for no key update
        """,
        name,
    )


async def lock_by_id(connection: Connection, site_id: UUID) -> Site | None:
    """Return a site, held until the transaction ends; reports go on meanwhile."""
    return await one(
        connection,
        Site,
        """
        select id, name, time_zone, principal_investigator_id, live_since, holidays, drill_every,
            drill_at, drill_due_at, unsafe_since
        from sites where id = $1
        for no key update
        """,
        site_id,
    )


async def digests_due(connection: Connection, now: datetime) -> tuple[UUID, ...]:
    """Return the sites whose work list is to be looked at for a digest at `now`, the longest due first."""
    rows = await connection.fetch(
        "select id from sites where digest_due_at <= $1 order by digest_due_at, id", now
    )
    return tuple(row["id"] for row in rows)


async def lock_unless_held(connection: Connection, site_id: UUID) -> Site | None:
    """As `lock_by_id`, but None when somebody else holds it: what is not urgent comes back a moment later."""
    return await one(
        connection,
        Site,
        """
        select id, name, time_zone, principal_investigator_id, live_since, holidays from sites where id = $1
        for no key update skip locked
        """,
        site_id,
    )


async def lock_for_digest(connection: Connection, site_id: UUID, now: datetime) -> Site | None:
    """As `lock_unless_held`, but None as well when another worker has made the digest meanwhile."""
    return await one(
        connection,
        Site,
        """
        select id, name, time_zone, principal_investigator_id, live_since, holidays from sites
        where id = $1 and digest_due_at <= $2
        for no key update skip locked
        """,
        site_id,
        now,
    )


async def digest_again(connection: Connection, site_id: UUID, at: datetime) -> None:
    """Say when a site's work list is next looked at for a digest. It decides nothing, and has no audit line."""
    await touch_one(connection, "update sites set digest_due_at = $2 where id = $1", site_id, at)


async def named(connection: Connection, name: str) -> Site | None:
    """Return a site by its name."""
    return await one(
        connection,
        Site,
        """
        select id, name, time_zone, principal_investigator_id, live_since, holidays, drill_every,
            drill_at, drill_due_at, unsafe_since
        from sites
        where name = $1
        """,
        name,
    )


async def among(connection: Connection, site_ids: tuple[UUID, ...]) -> tuple[Site, ...]:
    """Return the sites of these ids by name."""
    return await many(
        connection,
        Site,
        """
        select id, name, time_zone, principal_investigator_id, live_since, holidays, drill_every,
            drill_at, drill_due_at, unsafe_since
        from sites
        where id = any($1) order by name
        """,
        list(site_ids),
    )


async def drill_due(
    connection: Connection, now: datetime, passed_over: frozenset[UUID], limit: int
) -> tuple[UUID, ...]:
    """Return the sites at which a drill is due at `now`, longest due first, but for those passed over."""
    rows = await connection.fetch(
        """
        select id from sites where drill_due_at <= $1 and id <> all($2) order by drill_due_at limit $3
        """,
        now,
        list(passed_over),
        limit,
    )
    return tuple(row["id"] for row in rows)


async def count_live(connection: Connection) -> int:
    """Return how many sites are live."""
    return await connection.fetchval("select count(*) from sites where live_since is not null") or 0

"""The escalation policies of sites, one version after the other."""

from uuid import UUID

from msgspec import ValidationError
from msgspec.structs import astuple

from domain.records.rows import Connection, one
from domain.records.writing import Writing
from domain.site_policy import SitePolicy


async def insert(writing: Writing, policy: SitePolicy) -> None:
    """Store another version; those before it stay."""
    await writing.connection.execute(
        "insert into site_policies (site_id, version, body, made_at, made_by) values ($1, $2, $3, $4, $5)",
        *astuple(policy),
    )


async def newest(connection: Connection, site_id: UUID) -> SitePolicy | None:
    """Return the policy of a site that is in force; None where the protocol's own is.

    One that only a newer release can read is none here: an alert must ring all the same.
    """
    try:
        return await one(
            connection,
            SitePolicy,
            """
            select site_id, version, body, made_at, made_by from site_policies
            where site_id = $1 order by version desc limit 1
            """,
            site_id,
        )
    except ValidationError:
        return None

"""The audit trail as it is read: newest first, within sites. See `audit` for how it is written and verified."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.records.audit import Entry
from domain.records.rows import Connection, many


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries: of these sites, from `since` to before `until`, before `before` in the list."""

    site_ids: tuple[UUID, ...]
    participant_id: UUID | None = None
    action: str | None = None
    since: datetime
    until: datetime
    before: tuple[datetime, str, int]
    """Time, chain and position of the last entry of the page before."""


class Listed(Struct, frozen=True, kw_only=True):
    """An entry and its place."""

    chain: str
    position: int
    at: datetime
    body: bytes

    @property
    def entry(self) -> Entry:
        """What it says."""
        return msgspec.json.decode(self.body, type=Entry)


async def read(connection: Connection, wanted: Wanted, limit: int) -> tuple[Listed, ...]:
    """Return entries, newest first, at most `limit`."""
    if wanted.participant_id is None:
        return await _of_sites(connection, wanted, limit)
    return await _of_participant(connection, wanted, f"participant/{wanted.participant_id}", limit)


async def _of_sites(connection: Connection, wanted: Wanted, limit: int) -> tuple[Listed, ...]:
    # Site by site, so that each reads its index from the end and stops. Two statements, for two indexes.
    action = "$4::text is null" if wanted.action is None else "action = $4"
    return await many(
        connection,
        Listed,
        f"""
        select entry.chain, entry.position, entry.at, entry.body
        from unnest($1::uuid[]) as site (id) cross join lateral (
            select chain, position, at, body from audit_entries
            where site_id = site.id and at >= $2 and at < $3 and {action}
                and at <= $5 and (at, chain, position) < ($5, $6, $7)
            order by at desc, chain desc, position desc limit $8
        ) as entry
        order by entry.at desc, entry.chain desc, entry.position desc limit $8
        """,  # noqa: S608 - one of the two words above
        list(wanted.site_ids),
        wanted.since,
        wanted.until,
        wanted.action,
        *wanted.before,
        limit,
    )


async def _of_participant(
    connection: Connection, wanted: Wanted, chain: str, limit: int
) -> tuple[Listed, ...]:
    return await many(
        connection,
        Listed,
        """
        select chain, position, at, body from audit_entries
        where chain = $9 and site_id = any($1) and at >= $2 and at < $3 and ($4::text is null or action = $4)
            and (at, chain, position) < ($5, $6, $7)
        order by at desc, chain desc, position desc limit $8
        """,
        list(wanted.site_ids),
        wanted.since,
        wanted.until,
        wanted.action,
        *wanted.before,
        limit,
        chain,
    )

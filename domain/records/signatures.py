"""Signatures."""

from uuid import UUID

from msgspec.structs import astuple

from domain.records.rows import Connection, many, one
from domain.records.writing import Writing
from domain.signature import Meaning, Signature


async def insert(writing: Writing, signature: Signature) -> None:
    """Store a signature; it is never changed."""
    await writing.connection.execute(
        """
        insert into signatures (
            id, site_id, participant_id, staff_id, name, role, meaning, statement, signed_at, record_kind,
            record_id, record_version, record_hash, hash
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        *astuple(signature),
    )


async def of_resolution(connection: Connection, alert_id: UUID) -> Signature | None:
    """Return the signature under the resolution of an alert."""
    return await one(
        connection,
        Signature,
        """
        select id, site_id, participant_id, staff_id, name, role, meaning, statement, signed_at, record_kind,
            record_id, record_version, record_hash, hash
        from signatures where record_kind = 'alert' and record_id = $1::uuid::text
        """,
        alert_id,
    )


async def with_meaning(connection: Connection, meaning: Meaning) -> tuple[Signature, ...]:
    """Return all signatures of one meaning, newest first; of approvals and releases there are few."""
    return await many(
        connection,
        Signature,
        """
        select id, site_id, participant_id, staff_id, name, role, meaning, statement, signed_at, record_kind,
            record_id, record_version, record_hash, hash
        from signatures where meaning = $1 order by signed_at desc, id
        """,
        meaning,
    )


async def after(connection: Connection, last: UUID, limit: int) -> tuple[Signature, ...]:
    """Return signatures in the order of their ids, from the first after `last` on."""
    return await many(
        connection,
        Signature,
        """
        select id, site_id, participant_id, staff_id, name, role, meaning, statement, signed_at, record_kind,
            record_id, record_version, record_hash, hash
        from signatures where id > $1 order by id limit $2
        """,
        last,
        limit,
    )

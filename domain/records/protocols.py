"""Recorded protocols and their approvals."""

from msgspec.structs import astuple

from domain.protocols import ProtocolApproval, RecordedProtocol
from domain.records.rows import Connection, many, one
from domain.records.writing import Writing


async def insert(writing: Writing, protocol: RecordedProtocol) -> None:
    """Keep a protocol; one that another node has kept meanwhile is the same."""
    await writing.connection.execute(
        """
        insert into protocols (digest, version, rule_set_version, files, recorded_at) values ($1, $2, $3, $4, $5)
        on conflict (digest) do nothing
        """,
        *astuple(protocol),
    )


async def insert_approval(writing: Writing, approval: ProtocolApproval) -> None:
    """Keep an approval."""
    await writing.connection.execute(
        "insert into protocol_approvals (id, digest, staff_id, approved_at) values ($1, $2, $3, $4)",
        *astuple(approval),
    )


async def find(connection: Connection, digest: str) -> RecordedProtocol | None:
    """Return a protocol by its digest."""
    return await one(
        connection,
        RecordedProtocol,
        "select digest, version, rule_set_version, files, recorded_at from protocols where digest = $1",
        digest,
    )


async def with_rule_set(connection: Connection, version: int) -> tuple[RecordedProtocol, ...]:
    """Return the protocols whose rule set has this version."""
    return await many(
        connection,
        RecordedProtocol,
        """
        select digest, version, rule_set_version, files, recorded_at from protocols
        where rule_set_version = $1 order by recorded_at
        """,
        version,
    )

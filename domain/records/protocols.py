"""Recorded protocols and their approvals."""

from datetime import datetime

from msgspec import Struct
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


async def newest_approved(connection: Connection) -> RecordedProtocol | None:
    """Return the protocol that was approved last."""
    return await one(
        connection,
        RecordedProtocol,
        """
        select digest, version, rule_set_version, files, recorded_at
        from protocols join protocol_approvals using (digest) order by approved_at desc limit 1
        """,
    )


class Given(Struct, frozen=True):
    """An approval with the name of who gave it."""

    digest: str
    name: str
    approved_at: datetime


async def approvals(connection: Connection) -> tuple[Given, ...]:
    """Return all approvals, newest first."""
    return await many(
        connection,
        Given,
        """
        select digest, staff.name, approved_at
        from protocol_approvals join staff on staff.id = staff_id order by approved_at desc
        """,
    )

"""The part of the sending ledger that goes to staff and is no page of an alert; see `messages.py`."""

from uuid import UUID

from msgspec.structs import astuple

from domain.delivery import Notice
from domain.records.rows import Connection, one
from domain.records.writing import Writing


async def insert_notice(writing: Writing, notice: Notice) -> None:
    """Store a new notice to a member of staff."""
    await writing.connection.execute(
        """
        insert into messages (
            id, site_id, template, language, parameters, state, attempts, created_at, due_at,
            receipt_within, accepted_at, delivered_at, channel, poll_after, staff_id, valid_until
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """,
        *astuple(notice),
    )


async def find_notice(connection: Connection, message_id: UUID) -> Notice | None:
    """Return a notice, held until the transaction ends."""
    return await one(
        connection,
        Notice,
        """
        select id, site_id, template, language, parameters, state, attempts, created_at, due_at, receipt_within,
            accepted_at, delivered_at, channel, poll_after, staff_id, valid_until
        from messages where id = $1 and alert_id is null and account_id is null for update
        """,
        message_id,
    )


async def which_exist(connection: Connection, message_ids: tuple[UUID, ...]) -> frozenset[UUID]:
    """Return which of these messages there are already."""
    rows = await connection.fetch("select id from messages where id = any($1)", list(message_ids))
    return frozenset(row["id"] for row in rows)

"""Attempts: one row for each call to a provider, committed before the call."""

from uuid import UUID

from msgspec.structs import astuple

from domain.delivery import Attempt
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, attempt: Attempt) -> None:
    """Store an attempt before the provider is called."""
    await writing.connection.execute(
        """
        insert into attempts (
            id, site_id, participant_id, message_id, number, started_at, outcome, provider_id, failure, code,
            receipt
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        *astuple(attempt),
    )


async def update(writing: Writing, attempt: Attempt) -> None:
    """Store what the provider said of an attempt."""
    await touch_one(
        writing.connection,
        """
        update attempts set outcome = $2, provider_id = $3, failure = $4, code = $5, receipt = $6
        where id = $1
        """,
        attempt.id,
        attempt.outcome,
        attempt.provider_id,
        attempt.failure,
        attempt.code,
        attempt.receipt,
    )


async def find(connection: Connection, attempt_id: UUID) -> Attempt | None:
    """Return an attempt."""
    return await one(
        connection,
        Attempt,
        """
        select id, site_id, participant_id, message_id, number, started_at, outcome, provider_id, failure, code,
            receipt
        from attempts where id = $1
        """,
        attempt_id,
    )


async def of_message(connection: Connection, message_id: UUID) -> tuple[Attempt, ...]:
    """Return the attempts of a message by number."""
    return await many(
        connection,
        Attempt,
        """
        select id, site_id, participant_id, message_id, number, started_at, outcome, provider_id, failure, code,
            receipt
        from attempts where message_id = $1 order by number
        """,
        message_id,
    )


async def of_alert(connection: Connection, alert_id: UUID) -> tuple[Attempt, ...]:
    """Return the attempts of all messages of an alert, oldest first."""
    return await many(
        connection,
        Attempt,
        """
        select attempts.id, attempts.site_id, attempts.participant_id, message_id, number, started_at, outcome,
            provider_id, failure, attempts.code, receipt
        from attempts join messages on messages.id = message_id
        where alert_id = $1 order by started_at, number, attempts.id
        """,
        alert_id,
    )

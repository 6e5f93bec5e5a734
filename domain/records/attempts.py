"""Attempts: one row for each call to a provider, committed before the call."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import astuple

from domain.attempt import Attempt
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing
from domain.route import Spent


async def insert(writing: Writing, attempt: Attempt) -> None:
    """Store an attempt before the provider is called."""
    await writing.connection.execute(
        """
        insert into attempts (
            id, site_id, participant_id, message_id, number, started_at, outcome, provider_id, failure, code,
            receipt, provider, channel, number_index, reason
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        *astuple(attempt),
    )


async def update(writing: Writing, attempt: Attempt) -> None:
    """Store what the provider said of an attempt."""
    await touch_one(
        writing.connection,
        """
        update attempts set outcome = $2, provider_id = $3, failure = $4, code = $5, receipt = $6, reason = $7
        where id = $1
        """,
        attempt.id,
        attempt.outcome,
        attempt.provider_id,
        attempt.failure,
        attempt.code,
        attempt.receipt,
        attempt.reason,
    )


async def find(connection: Connection, attempt_id: UUID) -> Attempt | None:
    """Return an attempt."""
    return await one(
        connection,
        Attempt,
        """
        select id, site_id, participant_id, message_id, number, started_at, outcome, provider_id, failure, code,
            receipt, provider, channel, number_index, reason
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
            receipt, provider, channel, number_index, reason
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
            provider_id, failure, attempts.code, receipt, provider, attempts.channel, number_index, reason
        from attempts join messages on messages.id = message_id
        where alert_id = $1 order by started_at, number, attempts.id
        """,
        alert_id,
    )


async def hold_number(connection: Connection, number_index: bytes) -> None:
    """Let nobody else send to a number until the transaction ends: its texts are counted one by one."""
    await connection.execute(
        "select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))", number_index
    )


async def texts_to(connection: Connection, number_index: bytes, since: datetime) -> dict[str, Spent]:
    """Return what went to a number after this instant, or may have, by provider; refusals are no sends."""
    rows = await connection.fetch(
        """
        select provider, count(*) as total, count(*) filter (where level is distinct from 'emergency') as lesser
        from attempts join messages on messages.id = message_id
        where number_index = $1 and started_at > $2 and outcome <> 'refused' and attempts.channel = 'sms'
        group by provider
        """,
        number_index,
        since,
    )
    return {row["provider"]: Spent(row["total"], row["lesser"]) for row in rows}


async def all_failed(connection: Connection, since: datetime, in_a_row: int) -> frozenset[str]:
    """Return the providers whose last `in_a_row` finished calls after this instant were all refused or lost.

    What a provider refused because of a number or its holder says nothing about the provider.
    """
    rows = await connection.fetch(
        """
        select provider from (
            select provider, outcome, row_number() over (partition by provider order by started_at desc, id) as place
            from attempts
            where started_at > $1 and outcome <> '' and failure not in ('number', 'consent', 'content')
        ) as recent
        where place <= $2
        group by provider having count(*) = $2 and bool_and(outcome <> 'accepted')
        """,
        since,
        in_a_row,
    )
    return frozenset(row["provider"] for row in rows)

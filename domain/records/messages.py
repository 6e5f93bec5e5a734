"""The sending ledger: messages, the leases under which workers hold them, and attempts."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import astuple

from domain.delivery import Attempt, Message
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, message: Message) -> None:
    """Store a message with the first of its candidate codes that was never used; RowLost if all were."""
    await touch_one(
        writing.connection,
        """
        insert into messages (
            id, site_id, participant_id, alert_id, staff_id, round, step, level, template, language, parameters,
            code, state, attempts, created_at, due_at, receipt_within, accepted_at, delivered_at
        )
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, candidate.code,
            $13, $14, $15, $16, $17, $18, $19
        from unnest($12::text[]) with ordinality as candidate (code, place)
        where not exists (select from messages as used where used.code = candidate.code)
        order by candidate.place limit 1
        """,
        *astuple(message),
    )


async def update(writing: Writing, message: Message) -> None:
    """Store what became of a message. Whoever holds it goes on holding it: see `release`."""
    await touch_one(
        writing.connection,
        """
        update messages set
            state = $2, attempts = $3, due_at = $4, accepted_at = $5, delivered_at = $6
        where id = $1
        """,
        message.id,
        message.state,
        message.attempts,
        message.due_at,
        message.accepted_at,
        message.delivered_at,
    )


async def lease(
    connection: Connection, now: datetime, holder: UUID, life: timedelta, limit: int
) -> tuple[UUID, ...]:
    """Let `holder` take messages due at `now` that nobody holds, for `life` of the database's own machine time.

    Ids only: a row that cannot be read must not keep its neighbours from being sent.
    """
    rows = await connection.fetch(
        """
        update messages set lease_until = clock_timestamp() + $3, lease_holder = $2
        where id in (
            select id from messages
            where due_at <= $1 and (lease_until is null or lease_until < clock_timestamp())
            order by due_at limit $4 for update skip locked
        )
        returning id
        """,
        now,
        holder,
        life,
        limit,
    )
    return tuple(row["id"] for row in rows)


async def extend(
    connection: Connection, message_ids: tuple[UUID, ...], holder: UUID, life: timedelta
) -> None:
    """Keep holding messages that are still this holder's."""
    await connection.execute(
        """
        update messages set lease_until = clock_timestamp() + $3
        where id = any($1) and lease_holder = $2 and lease_until is not null
        """,
        list(message_ids),
        holder,
        life,
    )


async def release(connection: Connection, message_id: UUID, holder: UUID) -> None:
    """Give a message back when its holder has done with it, and not before: two would look it up, and send it."""
    await connection.execute(
        "update messages set lease_until = null where id = $1 and lease_holder = $2", message_id, holder
    )


async def find(connection: Connection, message_id: UUID) -> Message | None:
    """Return a message. Lock its participant first to decide about it."""
    return await one(
        connection,
        Message,
        """
        select id, site_id, participant_id, alert_id, staff_id, round, step, level, template, language,
            parameters, array[code] as codes, state, attempts, created_at, due_at, receipt_within, accepted_at,
            delivered_at
        from messages where id = $1
        """,
        message_id,
    )


async def of_step(
    connection: Connection, alert_id: UUID, round_number: int, step: int
) -> tuple[Message, ...]:
    """Return the messages of one step of one round of an alert."""
    return await many(
        connection,
        Message,
        """
        select id, site_id, participant_id, alert_id, staff_id, round, step, level, template, language,
            parameters, array[code] as codes, state, attempts, created_at, due_at, receipt_within, accepted_at,
            delivered_at
        from messages where alert_id = $1 and round = $2 and step = $3 order by id
        """,
        alert_id,
        round_number,
        step,
    )


async def of_alert(connection: Connection, alert_id: UUID) -> tuple[Message, ...]:
    """Return all messages of an alert, oldest first."""
    return await many(
        connection,
        Message,
        """
        select id, site_id, participant_id, alert_id, staff_id, round, step, level, template, language,
            parameters, array[code] as codes, state, attempts, created_at, due_at, receipt_within, accepted_at,
            delivered_at
        from messages where alert_id = $1 order by created_at, step, id
        """,
        alert_id,
    )


async def insert_attempt(writing: Writing, attempt: Attempt) -> None:
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


async def update_attempt(writing: Writing, attempt: Attempt) -> None:
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


async def find_attempt(connection: Connection, attempt_id: UUID) -> Attempt | None:
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


async def attempts_of(connection: Connection, message_id: UUID) -> tuple[Attempt, ...]:
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


async def attempts_of_alert(connection: Connection, alert_id: UUID) -> tuple[Attempt, ...]:
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

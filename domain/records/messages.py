"""The sending ledger: messages, and the leases under which workers hold them. Attempts are in `attempts.py`."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.delivery import Message, MessageState, ReminderText, Text
from domain.records.rows import Connection, many, one, touch_one
from domain.records.writing import Writing


async def insert(writing: Writing, message: Message) -> None:
    """Store a message with the first of its candidate codes that was never used; RowLost if all were."""
    await touch_one(
        writing.connection,
        """
        insert into messages (
            id, site_id, participant_id, alert_id, staff_id, round, step, level, template, language, parameters,
            code, state, attempts, created_at, due_at, receipt_within, accepted_at, delivered_at, channel, poll_after
        )
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, candidate.code,
            $13, $14, $15, $16, $17, $18, $19, $20, $21
        from unnest($12::text[]) with ordinality as candidate (code, place)
        where not is_code_used(candidate.code)
        order by candidate.place limit 1
        """,
        message.id,
        message.site_id,
        message.participant_id,
        message.alert_id,
        message.staff_id,
        message.round,
        message.step,
        message.level,
        message.template,
        message.language,
        message.parameters,
        message.codes,
        message.state,
        message.attempts,
        message.created_at,
        message.due_at,
        message.receipt_within,
        message.accepted_at,
        message.delivered_at,
        message.channel,
        message.poll_after,
    )


async def insert_reminder(writing: Writing, text: ReminderText) -> None:
    """Store a new text to a participant or caregiver."""
    await writing.connection.execute(
        """
        insert into messages (
            id, site_id, template, language, parameters, state, attempts, created_at, due_at,
            receipt_within, accepted_at, delivered_at, channel, poll_after,
            participant_id, account_id, reminder_id, valid_until
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        """,
        *astuple(text),
    )


async def update(writing: Writing, message: Text) -> None:
    """Store what became of a message. Whoever holds it goes on holding it: see `release`."""
    await touch_one(
        writing.connection,
        """
        update messages set
            state = $2, attempts = $3, due_at = $4, accepted_at = $5, delivered_at = $6, receipt_within = $7,
            poll_after = $8
        where id = $1
        """,
        message.id,
        message.state,
        message.attempts,
        message.due_at,
        message.accepted_at,
        message.delivered_at,
        message.receipt_within,
        message.poll_after,
    )


async def lease_pages(
    connection: Connection, now: datetime, holder: UUID, life: timedelta, limit: int
) -> tuple[UUID, ...]:
    """Let `holder` take pages due at `now` that nobody holds, for `life` of the database's own machine time.

    Ids only: a row that cannot be read must not keep its neighbours from being sent.
    """
    rows = await connection.fetch(
        """
        update messages set lease_until = clock_timestamp() + $3, lease_holder = $2
        where id in (
            select id from messages
            where due_at <= $1 and alert_id is not null and (lease_until is null or lease_until < clock_timestamp())
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


async def lease_reminders(
    connection: Connection, now: datetime, holder: UUID, life: timedelta, limit: int
) -> tuple[UUID, ...]:
    """As `lease_pages`, for everything else: no page ever stands behind one of them."""
    rows = await connection.fetch(
        """
        update messages set lease_until = clock_timestamp() + $3, lease_holder = $2
        where id in (
            select id from messages
            where due_at <= $1 and alert_id is null and (lease_until is null or lease_until < clock_timestamp())
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


class Known(Struct, frozen=True):
    """Whom a message is about, in which state, and what kind it is. No more: see `lease_pages`."""

    participant_id: UUID | None
    alert_id: UUID | None
    state: MessageState


async def known(connection: Connection, message_id: UUID) -> Known | None:
    """Return what must be known of any message before its participant is locked."""
    return await one(
        connection,
        Known,
        "select participant_id, alert_id, state from messages where id = $1",
        message_id,
    )


async def find_reminder(connection: Connection, message_id: UUID) -> ReminderText | None:
    """Return a text to a participant or caregiver. Lock the participant first to decide about it."""
    return await one(
        connection,
        ReminderText,
        """
        select id, site_id, participant_id, template, language, parameters, state, attempts, created_at, due_at,
            receipt_within, accepted_at, delivered_at, channel, poll_after, account_id, reminder_id, valid_until
        from messages where id = $1 and account_id is not null
        """,
        message_id,
    )


async def unsettled_reminders(connection: Connection, participant_id: UUID) -> tuple[ReminderText, ...]:
    """Return the texts to a participant and her caregiver of which something is still to come, oldest first."""
    return await many(
        connection,
        ReminderText,
        """
        select id, site_id, participant_id, template, language, parameters, state, attempts, created_at, due_at,
            receipt_within, accepted_at, delivered_at, channel, poll_after, account_id, reminder_id, valid_until
        from messages where participant_id = $1 and due_at is not null and alert_id is null
        order by created_at, id
        """,
        participant_id,
    )


async def find(connection: Connection, message_id: UUID) -> Message | None:
    """Return a page. Lock its participant first to decide about it."""
    return await one(
        connection,
        Message,
        """
        select id, site_id, participant_id, alert_id, staff_id, round, step, level, template, language,
            parameters, array[code] as codes, state, attempts, created_at, due_at, receipt_within, accepted_at,
            delivered_at, channel, poll_after
        from messages where id = $1 and alert_id is not null
        """,
        message_id,
    )


async def by_code(connection: Connection, code: str, staff_id: UUID) -> Message | None:
    """Return the page of this person that carries this code. Lock its participant first to decide about it."""
    return await one(
        connection,
        Message,
        """
        select id, site_id, participant_id, alert_id, staff_id, round, step, level, template, language,
            parameters, array[code] as codes, state, attempts, created_at, due_at, receipt_within, accepted_at,
            delivered_at, channel, poll_after
        from messages where code = $1 and staff_id = $2 and alert_id is not null
        """,
        code,
        staff_id,
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
            delivered_at, channel, poll_after
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
            delivered_at, channel, poll_after
        from messages where alert_id = $1 order by created_at, step, id
        """,
        alert_id,
    )

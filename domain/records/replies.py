"""Which page an answer by phone belongs to."""

from uuid import UUID

from domain.delivery import Message
from domain.records.rows import Connection, many, one


async def by_code(connection: Connection, code: str) -> Message | None:
    """Return the page that carries a code. Lock its participant first to decide about it."""
    return await one(
        connection,
        Message,
        """
        select id, site_id, participant_id, alert_id, staff_id, round, step, level, template, language,
            parameters, array[code] as codes, state, attempts, created_at, due_at, receipt_within, accepted_at,
            delivered_at, channel, poll_after
        from messages where code = $1
        """,
        code,
    )


async def answerable(connection: Connection, staff_ids: tuple[UUID, ...]) -> tuple[Message, ...]:
    """Return the pages of these people that ring still, or whose alert the same person holds, oldest first."""
    return await many(
        connection,
        Message,
        """
        select messages.id, messages.site_id, messages.participant_id, alert_id, staff_id, messages.round,
            messages.step, messages.level, template, language, parameters, array[code] as codes, messages.state,
            attempts, created_at, messages.due_at, receipt_within, accepted_at, delivered_at, channel, poll_after
        from alerts join messages on messages.alert_id = alerts.id and messages.round = alerts.round
        where staff_id = any($1) and attempts > 0
            and (
                alerts.state in ('open', 'exhausted')
                or (alerts.state = 'acknowledged' and acknowledged_by = staff_id)
            )
        order by created_at, messages.step, messages.id
        """,
        list(staff_ids),
    )

"""That staff read a record: an entry in the trail, at most one a quarter of an hour for the same person and thing."""

from datetime import timedelta

from domain.decision import RecordRead
from domain.records import audit
from domain.records.rows import Connection

AGAIN_AFTER = timedelta(minutes=15)
"""A work list that is looked at all day is one reading, not a thousand; ours."""


async def note(connection: Connection, read: RecordRead, request_id: str) -> None:
    """Note a reading in its chain, unless it is noted already. The caller commits, and answers only after that.

    Call it last: the head of the chain is held from here on, and a report must not wait for a reader.
    """
    is_new = await connection.fetchval(
        """
        insert into record_reads as known (staff_id, about_id, action, site_id, participant_id, at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (staff_id, about_id, action) do update set at = excluded.at
        where known.at <= excluded.at - $7::interval
        returning true
        """,
        read.actor.id,
        read.about_id,
        read.action,
        read.site_id,
        read.participant_id,
        read.at,
        AGAIN_AFTER,
    )
    if is_new:
        await audit.append_read(connection, read, request_id)

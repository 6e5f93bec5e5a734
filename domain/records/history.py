"""What trends look back at: the earlier reports about a participant (domain/past.py)."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.answers import Answers
from domain.past import Earlier
from domain.people import Role
from domain.protocol.schema import Audience
from domain.records.rows import Connection
from domain.timing import instants

LOOK_BACK = timedelta(days=9)
"""The longest look back of a rule is 7 days (trial.md §2, A1), by the calendar; two more, for its edges."""

MOST_RECENT, FIRST_AND_LAST = 40, 8
"""So many reports of these days, and so many first and last ones of the reporter, are looked at; ours."""


class _Row(Struct, frozen=True):
    reporter: Role
    form_id: str
    answers: Answers
    onset_at: datetime | None
    made_at: datetime
    received_at: datetime


async def earlier(
    connection: Connection,
    participant_id: UUID,
    account_id: UUID,
    since: datetime,
    *,
    corrects: UUID | None = None,
    before: int | None = None,
) -> tuple[Earlier, ...]:
    """Return the earlier reports about a participant, newest first, but for what is in the quarantine or corrected.

    Those received after `since`, and the first and last ones of this account. `corrects` is the report that is being
    corrected now; `before` the position of a stored report that is judged again.
    """
    records = await connection.fetch(
        """
        with known as not materialized (
            select account_id, position, received_at from reports
            where participant_id = $1 and variant = 0 and quarantine <@ array['window-closed']
                and position < coalesce($5, 9223372036854775807)
                and (account_id <> $2 or id <> $4 or $4 is null)
                and not exists (
                    select from reports as later
                    where later.account_id = reports.account_id and later.corrects = reports.id
                        and later.variant = 0 and later.quarantine <@ array['window-closed']
                        and later.position < coalesce($5, 9223372036854775807)
                )
        ), wanted (position) as (
            (select position from known where received_at > $3 order by position desc limit $6)
            union
            (select position from known where account_id = $2 order by position desc limit $7)
            union
            (select position from known where account_id = $2 order by position limit $7)
        )
        select reporter, submission->>'form_id' as form_id, submission->'answers' as answers,
            submission->'onset_at' as onset_at, made_at, received_at
        from wanted join reports using (position) order by position desc
        """,
        participant_id,
        account_id,
        since,
        corrects,
        before,
        MOST_RECENT,
        FIRST_AND_LAST,
    )
    return tuple(earlier for each in records if (earlier := _earlier(dict(each))))


def _earlier(record: dict[str, object]) -> Earlier | None:
    """Read one; None for a row that cannot be read: it must not stand in the way of what comes now."""
    try:
        row = msgspec.convert(record, _Row)
    except msgspec.ValidationError:
        return None
    return Earlier(
        reporter=Audience(row.reporter.value),
        form_id=row.form_id,
        answers=row.answers,
        at=instants(row.onset_at, row.made_at, row.received_at),
    )

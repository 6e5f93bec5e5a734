"""Reports."""

from datetime import datetime
from uuid import UUID

from domain.records.rows import Connection, many, one
from domain.records.writing import Writing
from domain.report import Report


async def insert(writing: Writing, report: Report) -> None:
    """Store a report; the database refuses a paging one without an alert."""
    await writing.connection.execute(
        """
        insert into reports (
            id, account_id, site_id, participant_id, reporter, submission, triage, level, received_at, alert_id,
            original
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        report.id,
        report.account_id,
        report.site_id,
        report.participant_id,
        report.reporter,
        report.submission,
        report.triage,
        report.triage.level,
        report.received_at,
        report.alert_id,
        report.original,
    )


async def find(connection: Connection, account_id: UUID, report_id: UUID) -> Report | None:
    """Return a report of an account by the phone's id."""
    return await one(
        connection,
        Report,
        """
        select id, account_id, site_id, participant_id, reporter, submission, triage, received_at, alert_id,
            original
        from reports where account_id = $1 and id = $2
        """,
        account_id,
        report_id,
    )


async def of_account(
    connection: Connection, account_id: UUID, before: tuple[datetime, UUID], limit: int
) -> tuple[Report, ...]:
    """Return an account's reports, newest first, from the first older than `before` on."""
    return await many(
        connection,
        Report,
        """
        select id, account_id, site_id, participant_id, reporter, submission, triage, received_at, alert_id,
            original
        from reports where account_id = $1 and (received_at, id) < ($2, $3)
        order by received_at desc, id desc limit $4
        """,
        account_id,
        *before,
        limit,
    )


async def of_participant(
    connection: Connection, participant_id: UUID, before: tuple[datetime, UUID], limit: int
) -> tuple[Report, ...]:
    """Return a participant's reports, her own and her caregiver's, newest first, from the first before `before` on."""
    return await many(
        connection,
        Report,
        """
        select id, account_id, site_id, participant_id, reporter, submission, triage, received_at, alert_id,
            original
        from reports where participant_id = $1 and (received_at, id) < ($2, $3)
        order by received_at desc, id desc limit $4
        """,
        participant_id,
        *before,
        limit,
    )


async def of_alert(connection: Connection, alert_id: UUID) -> tuple[Report, ...]:
    """Return the reports that opened, joined or rang an alert, oldest first."""
    return await many(
        connection,
        Report,
        """
        select id, account_id, site_id, participant_id, reporter, submission, triage, received_at, alert_id,
            original
        from reports where alert_id = $1 order by received_at, id
        """,
        alert_id,
    )

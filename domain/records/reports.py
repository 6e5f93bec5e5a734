"""Reports, their variants and corrections."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.records.rows import Connection, many, one
from domain.records.writing import Writing
from domain.report import Report


async def insert(writing: Writing, report: Report) -> None:
    """Store a report; the database refuses a paging one of a verified phone without an alert."""
    await writing.connection.execute(
        """
        insert into reports (
            id, variant, account_id, site_id, participant_id, session_id, proof, is_verified, reporter,
            submission, triage, level, received_at, arrived_at, made_at, clock_skew, quarantine, faults,
            corrects, alert_id, rang, days, protocol, digest, original
        )
        values (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25
        )
        """,
        report.id,
        report.variant,
        report.account_id,
        report.site_id,
        report.participant_id,
        report.session_id,
        report.proof,
        report.is_verified,
        report.reporter,
        report.submission,
        report.triage,
        report.triage.level,
        report.received_at,
        report.arrived_at,
        report.made_at,
        report.clock_skew,
        report.quarantine,
        report.faults,
        report.submission.corrects,
        report.alert_id,
        report.rang,
        report.days,
        report.protocol,
        report.digest,
        report.original,
    )


async def find(connection: Connection, account_id: UUID, report_id: UUID) -> Report | None:
    """Return a report of an account by the phone's id."""
    return await one(
        connection,
        Report,
        """
        select id, variant, account_id, site_id, participant_id, session_id, proof, is_verified, reporter,
            submission, triage, received_at, arrived_at, made_at, clock_skew, quarantine, faults, alert_id,
            rang, days, protocol, digest, original
        from reports where account_id = $1 and id = $2 and variant = 0
        """,
        account_id,
        report_id,
    )


async def under_id(connection: Connection, account_id: UUID, report_id: UUID) -> tuple[Report, ...]:
    """Return everything that came under one id of an account: the report, if it has come, and its variants."""
    return await many(
        connection,
        Report,
        """
        select id, variant, account_id, site_id, participant_id, session_id, proof, is_verified, reporter,
            submission, triage, received_at, arrived_at, made_at, clock_skew, quarantine, faults, alert_id,
            rang, days, protocol, digest, original
        from reports where account_id = $1 and id = $2 order by variant
        """,
        account_id,
        report_id,
    )


async def of_account(
    connection: Connection, account_id: UUID, before: tuple[datetime, UUID], limit: int
) -> tuple[Report, ...]:
    """Return an account's reports without variants, newest first, from the first older than `before` on."""
    return await many(
        connection,
        Report,
        """
        select id, variant, account_id, site_id, participant_id, session_id, proof, is_verified, reporter,
            submission, triage, received_at, arrived_at, made_at, clock_skew, quarantine, faults, alert_id,
            rang, days, protocol, digest, original
        from reports where account_id = $1 and (received_at, id) < ($2, $3) and variant = 0
        order by received_at desc, id desc limit $4
        """,
        account_id,
        *before,
        limit,
    )


async def of_participant(
    connection: Connection, participant_id: UUID, before: tuple[datetime, UUID], limit: int
) -> tuple[Report, ...]:
    """Return a participant's reports, her own and her caregiver's, variants too, newest first, from `before` on."""
    return await many(
        connection,
        Report,
        """
        select id, variant, account_id, site_id, participant_id, session_id, proof, is_verified, reporter,
            submission, triage, received_at, arrived_at, made_at, clock_skew, quarantine, faults, alert_id,
            rang, days, protocol, digest, original
        from reports where participant_id = $1 and (received_at, id) < ($2, $3)
        order by received_at desc, id desc, variant desc limit $4
        """,
        participant_id,
        *before,
        limit,
    )


async def of_alert(connection: Connection, alert_id: UUID) -> tuple[Report, ...]:
    """Return the reports that opened, joined or rang an alert, variants too, oldest first."""
    return await many(
        connection,
        Report,
        """
        select id, variant, account_id, site_id, participant_id, session_id, proof, is_verified, reporter,
            submission, triage, received_at, arrived_at, made_at, clock_skew, quarantine, faults, alert_id,
            rang, days, protocol, digest, original
        from reports where alert_id = $1 order by received_at, position
        """,
        alert_id,
    )


class Placed(Struct, frozen=True):
    """A report and its place in the order in which reports were judged."""

    position: int
    report: Report


async def since(
    connection: Connection, received_from: datetime, after: int, limit: int
) -> tuple[Placed, ...]:
    """Return reports received at an instant or later, variants too, in the order in which they were judged."""
    records = await connection.fetch(
        """
        select id, variant, account_id, site_id, participant_id, session_id, proof, is_verified, reporter,
            submission, triage, received_at, arrived_at, made_at, clock_skew, quarantine, faults, alert_id,
            rang, days, protocol, digest, original, position
        from reports where received_at >= $1 and position > $2 order by position limit $3
        """,
        received_from,
        after,
        limit,
    )
    return tuple(Placed(each["position"], msgspec.convert(dict(each), Report)) for each in records)

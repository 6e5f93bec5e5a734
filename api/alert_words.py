"""Alerts as the work list shows them."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import asdict

from api.shapes.alerts import (
    AlertDetail,
    AlertView,
    AttemptView,
    PageMessage,
    SilenceView,
    StaffReport,
)
from api.words import known
from domain.attempt import Attempt
from domain.delivery import Message
from domain.escalation import Alert
from domain.occasion import OccasionRecord
from domain.people import Staff


def alert_view(alert: Alert, subject_number: str | None, holder: Staff | None) -> AlertView:
    """Show an alert in the list."""
    outcome = alert.contact_outcome
    return AlertView(
        alert_id=alert.id,
        site_id=alert.site_id,
        participant_id=UNSET if alert.participant_id is None else alert.participant_id,
        subject_number=UNSET if subject_number is None else subject_number,
        drill=alert.is_drill,
        level=alert.level.value,
        signals=tuple(signal.value for signal in alert.signals),
        state=alert.state.value,
        opened_at=alert.opened_at,
        round=alert.round,
        next_step_at=known(alert.due_at),
        acknowledged_by=UNSET if holder is None else holder.name,
        acknowledged_at=known(alert.acknowledged_at),
        contacted_at=known(alert.contacted_at),
        contact_outcome=UNSET if outcome is None else outcome.value,
    )


def alert_detail(
    alert: Alert,
    subject_number: str | None,
    people: dict[UUID, Staff],
    reports: Sequence[StaffReport],
    silences: Sequence[OccasionRecord],
    messages: Sequence[Message],
    attempts: Sequence[Attempt],
) -> AlertDetail:
    """Show an alert with everything that happened to it."""
    holder = None if alert.acknowledged_by is None else people[alert.acknowledged_by]
    return AlertDetail(
        **asdict(alert_view(alert, subject_number, holder)),
        reports=tuple(reports),
        silences=tuple(_silence(each) for each in silences),
        messages=tuple(
            page_message(message, people[message.staff_id].name, attempts) for message in messages
        ),
    )


def _silence(record: OccasionRecord) -> SilenceView:
    told_at = record.changed_at if record.silent_at is None else record.silent_at
    return SilenceView(week=record.week, target_date=record.target, told_at=told_at)


def page_message(message: Message, name: str, attempts: Sequence[Attempt]) -> PageMessage:
    """Show one page to one person with its attempts, found among all of the alert's."""
    return PageMessage(
        staff=name,
        round=message.round,
        step=message.step,
        code=message.code,
        state=message.state.value,
        created_at=message.created_at,
        accepted_at=known(message.accepted_at),
        delivered_at=known(message.delivered_at),
        attempts=tuple(
            AttemptView(
                started_at=each.started_at, outcome=each.outcome, code=each.code, receipt=each.receipt
            )
            for each in attempts
            if each.message_id == message.id
        ),
    )

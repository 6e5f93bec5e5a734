"""Alerts as the work list shows them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from api.shapes.alerts import (
    ActView,
    AlertDetail,
    AlertView,
    AttemptView,
    DispositionName,
    Outcome,
    PageMessage,
    SilenceView,
    StaffReport,
)
from api.shapes.base import AccountRole
from api.signature_words import signature_view
from api.words import known
from domain.acts import ActKind, AlertAct
from domain.attempt import Attempt
from domain.delivery import Message
from domain.escalation import Alert
from domain.occasion import OccasionRecord
from domain.people import Staff
from domain.signature import Signature

People = Mapping[UUID, Staff]
"""Whoever an alert names, by id."""


class Timeline(Struct, frozen=True, kw_only=True):
    """Everything that happened to an alert, oldest first."""

    reports: Sequence[StaffReport]
    silences: Sequence[OccasionRecord]
    messages: Sequence[Message]
    attempts: Sequence[Attempt]
    acts: Sequence[AlertAct]
    version: str
    """The SHA-256 of what there is to sign."""
    signature: Signature | None


def alert_view(alert: Alert, subject_number: str | None, people: People) -> AlertView:
    """Show an alert in the list."""
    outcome, disposition = alert.contact_outcome, alert.disposition
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
        declined_by=tuple(people[each].name for each in alert.declined_by),
        acknowledged_by=_name(alert.acknowledged_by, people),
        acknowledged_at=known(alert.acknowledged_at),
        contacted_at=known(alert.contacted_at),
        contact_outcome=UNSET if outcome is None else outcome.value,
        resolved_by=_name(alert.resolved_by, people),
        resolved_at=known(alert.resolved_at),
        disposition=UNSET if disposition is None else disposition.value,
    )


def alert_detail(
    alert: Alert,
    subject_number: str | None,
    people: People,
    timeline: Timeline,
    numbers: tuple[AccountRole, ...],
    reader_id: UUID,
) -> AlertDetail:
    """Show an alert with everything that happened to it to one member of staff."""
    return AlertDetail(
        **asdict(alert_view(alert, subject_number, people)),
        numbers_on_file=numbers,
        reports=tuple(timeline.reports),
        silences=tuple(_silence(each) for each in timeline.silences),
        messages=tuple(
            page_message(message, people[message.staff_id].name, timeline.attempts, reader_id)
            for message in timeline.messages
        ),
        acts=tuple(_act(each, people[each.staff_id].name) for each in timeline.acts),
        version=timeline.version,
        signature=UNSET if timeline.signature is None else signature_view(timeline.signature),
    )


def _name(staff_id: UUID | None, people: People) -> str | UnsetType:
    return UNSET if staff_id is None else people[staff_id].name


def _act(act: AlertAct, name: str) -> ActView:
    kind = act.kind
    return ActView(
        staff=name,
        act=kind.value,
        via=act.via.value,
        at=act.at,
        round=act.round,
        outcome=msgspec.convert(act.said, Outcome) if kind is ActKind.CONTACT else UNSET,
        disposition=msgspec.convert(act.said, DispositionName) if kind is ActKind.RESOLVE else UNSET,
        note=act.note or UNSET,
    )


def _silence(record: OccasionRecord) -> SilenceView:
    told_at = record.changed_at if record.silent_at is None else record.silent_at
    return SilenceView(week=record.week, target_date=record.target, told_at=told_at)


def page_message(message: Message, name: str, attempts: Sequence[Attempt], reader_id: UUID) -> PageMessage:
    """Show one page to one person with its attempts, found among all of the alert's; the code to its recipient."""
    return PageMessage(
        staff=name,
        channel=message.channel.value,
        round=message.round,
        step=message.step,
        code=message.code if message.staff_id == reader_id else UNSET,
        state=message.state.value,
        created_at=message.created_at,
        accepted_at=known(message.accepted_at),
        delivered_at=known(message.delivered_at),
        attempts=tuple(
            AttemptView(
                started_at=each.started_at,
                provider=each.provider,
                outcome=each.outcome,
                code=each.code,
                reason=each.reason or UNSET,
                receipt=each.receipt,
            )
            for each in attempts
            if each.message_id == message.id
        ),
    )

"""The work list: alerts, and everything that happened to each."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Body, Instant, View
from api.shapes.reports import LevelName, SignalName

AlertStateName = Literal["open", "exhausted", "acknowledged", "contacted", "resolved"]
MessageStateName = Literal["pending", "sending", "unknown", "accepted", "delivered", "failed", "stale"]
Outcome = Literal["spoke-with-participant", "spoke-with-caregiver", "in-care"]


class AlertView(View, frozen=True, kw_only=True):
    """An alert in the list. `nextStepAt` is when the next person is rung, or the acknowledgement lapses."""

    alert_id: UUID
    site_id: UUID
    participant_id: UUID
    subject_number: str
    level: LevelName
    signals: tuple[SignalName, ...]
    state: AlertStateName
    opened_at: Instant
    round: int
    next_step_at: Instant | UnsetType = UNSET
    acknowledged_by: str | UnsetType = UNSET
    acknowledged_at: Instant | UnsetType = UNSET
    contacted_at: Instant | UnsetType = UNSET
    contact_outcome: Outcome | UnsetType = UNSET


class AlertPage(View, frozen=True, kw_only=True):
    """Alerts of my sites, newest first."""

    alerts: tuple[AlertView, ...]
    next_cursor: str | UnsetType = UNSET


class FiredView(View, frozen=True, kw_only=True):
    """A rule that fired, and the items whose answers fired it."""

    rule: str
    level: LevelName
    items: tuple[str, ...]


class SilenceView(View, frozen=True, kw_only=True):
    """A weekly check-in that did not come, and when the site was told (N2)."""

    week: int
    target_date: date
    told_at: Instant


class AnswerView(View, frozen=True, kw_only=True):
    """One answer, as the reader's language says it."""

    item_id: str
    question: str
    answer: str


class StaffReport(View, frozen=True, kw_only=True):
    """A report as site staff read it: what was answered, and which rules fired."""

    report_id: UUID
    reporter: Literal["participant", "caregiver"]
    received_at: Instant
    onset_at: Instant | UnsetType = UNSET
    level: LevelName
    triaged: bool
    fired: tuple[FiredView, ...]
    answers: tuple[AnswerView, ...]


class StaffReportPage(View, frozen=True, kw_only=True):
    """A participant's reports, her own and her caregiver's, newest first."""

    reports: tuple[StaffReport, ...]
    next_cursor: str | UnsetType = UNSET


class AttemptView(View, frozen=True, kw_only=True):
    """One call to the provider, and its last word about it."""

    started_at: Instant
    outcome: Annotated[str, Meta(examples=["accepted"])]
    code: int
    receipt: str


class PageMessage(View, frozen=True, kw_only=True):
    """One text to one person."""

    staff: str
    round: int
    step: int
    code: str
    state: MessageStateName
    created_at: Instant
    accepted_at: Instant | UnsetType = UNSET
    delivered_at: Instant | UnsetType = UNSET
    attempts: tuple[AttemptView, ...]


class AlertDetail(AlertView, frozen=True, kw_only=True):
    """An alert with its timeline: reports, rules that fired, every text, attempt and receipt."""

    reports: tuple[StaffReport, ...]
    silences: tuple[SilenceView, ...]
    """Check-ins that did not come, where that is what rang."""
    messages: tuple[PageMessage, ...]


class ContactRecord(Body, frozen=True, kw_only=True):
    """That the patient was reached, and how."""

    outcome: Outcome

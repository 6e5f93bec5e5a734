"""The work list: alerts, and everything that happened to each."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.advice import LevelName
from api.shapes.base import AccountRole, Body, Instant, View
from api.shapes.reports import MisfitName, ReportFault, SignalName
from api.shapes.signatures import Sha256, SignatureView

AlertStateName = Literal["open", "exhausted", "acknowledged", "contacted", "resolved"]
MessageStateName = Literal["pending", "sending", "unknown", "accepted", "delivered", "failed", "stale"]
Outcome = Literal["spoke-with-participant", "spoke-with-caregiver", "in-care"]
Tried = Literal["spoke-with-participant", "spoke-with-caregiver", "in-care", "not-reached"]
DispositionName = Literal[
    "admitted", "emergency-department", "seen-at-site", "advised", "already-in-care", "died", "no-event"
]
ActName = Literal["acknowledge", "decline", "reveal", "try", "contact", "resolve"]
ViaName = Literal["work-list", "code", "link", "reply", "keypad"]
ChannelName = Literal["sms", "voice", "email"]


class AlertView(View, frozen=True, kw_only=True):
    """An alert in the list. `nextStepAt` is when the next person is rung, or the acknowledgement lapses."""

    alert_id: UUID
    site_id: UUID
    participant_id: UUID | UnsetType = UNSET
    subject_number: str | UnsetType = UNSET
    drill: bool
    """A drill is about nobody: whoever takes it shows that she can be reached."""
    level: LevelName
    signals: tuple[SignalName, ...]
    state: AlertStateName
    opened_at: Instant
    round: int
    next_step_at: Instant | UnsetType = UNSET
    declined_by: tuple[str, ...]
    """Who has said in this round that she cannot."""
    acknowledged_by: str | UnsetType = UNSET
    acknowledged_at: Instant | UnsetType = UNSET
    contacted_at: Instant | UnsetType = UNSET
    contact_outcome: Outcome | UnsetType = UNSET
    resolved_by: str | UnsetType = UNSET
    resolved_at: Instant | UnsetType = UNSET
    disposition: DispositionName | UnsetType = UNSET
    """Where the matter went, in the words of whoever put the alert away; no judgement."""


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


class UnansweredView(View, frozen=True, kw_only=True):
    """A question without an answer; neither is a "no"."""

    item_id: str
    question: str
    why: Literal["not-answered", "not-asked"]
    """`not-asked`: skip logic left it out. "I don't know" is an answer, and among them."""


class StaffReport(View, frozen=True, kw_only=True):
    """A report as site staff read it: what was answered, and which rules fired."""

    report_id: UUID
    variant: int
    """0 is the report; from 1 on, another content that came under its id, or a body that could not be read."""
    reporter: Literal["participant", "caregiver"]
    received_at: Instant
    made_at: Instant
    """When the person finished it, by the best there is."""
    age_seconds: float
    """How long it had waited when it came."""
    onset_at: Instant | UnsetType = UNSET
    clock_skew_seconds: float | UnsetType = UNSET
    """By how much the phone's clock was ahead, where it could be measured."""
    clock_doubtful: bool
    proof: Literal["session", "device"]
    """`device`: it came after its session had ended."""
    verified: bool
    """False when it came from a phone that was replaced, or whose tokens were stolen: call before anything else."""
    misfits: tuple[MisfitName, ...]
    """Why it is in the quarantine; empty when all fits."""
    faults: tuple[ReportFault, ...]
    corrects: UUID | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    """Of a correction."""
    level: LevelName
    triaged: bool
    broken: tuple[str, ...]
    """Rules that could not be run."""
    rule_set_version: int
    fired: tuple[FiredView, ...]
    answers: tuple[AnswerView, ...]
    unanswered: tuple[UnansweredView, ...]
    """The other questions of its form version; empty where nobody knows that."""


class StaffReportPage(View, frozen=True, kw_only=True):
    """A participant's reports, her own and her caregiver's, newest first."""

    reports: tuple[StaffReport, ...]
    next_cursor: str | UnsetType = UNSET


class AttemptView(View, frozen=True, kw_only=True):
    """One call to the provider, and its last word about it."""

    started_at: Instant
    provider: Annotated[str, Meta(examples=["twilio"])]
    outcome: Annotated[str, Meta(examples=["accepted"])]
    code: int
    reason: str | UnsetType = UNSET
    """The provider's code where it is a word."""
    receipt: str


class PageMessage(View, frozen=True, kw_only=True):
    """One text or call to one person."""

    staff: str
    channel: ChannelName
    round: int
    step: int
    code: str | UnsetType = UNSET
    """To its recipient alone: it answers in her name."""
    state: MessageStateName
    created_at: Instant
    accepted_at: Instant | UnsetType = UNSET
    delivered_at: Instant | UnsetType = UNSET
    attempts: tuple[AttemptView, ...]


class ActView(View, frozen=True, kw_only=True):
    """One thing that a person did about the alert. `reveal`: she saw the numbers to call; `try`: nobody answered."""

    staff: str
    act: ActName
    via: ViaName
    at: Instant
    round: int
    outcome: Outcome | UnsetType = UNSET
    """Of a contact."""
    disposition: DispositionName | UnsetType = UNSET
    """Of a resolution."""
    note: str | UnsetType = UNSET
    """Staff's own words."""


class AlertDetail(AlertView, frozen=True, kw_only=True):
    """An alert with its timeline: reports, rules that fired, every text, attempt and receipt, who did what."""

    numbers_on_file: tuple[AccountRole, ...]
    """Of whom there is a number to call; whoever holds the alert can have it shown."""
    reports: tuple[StaffReport, ...]
    silences: tuple[SilenceView, ...]
    """Check-ins that did not come, where that is what rang."""
    messages: tuple[PageMessage, ...]
    acts: tuple[ActView, ...]
    """Who did what, oldest first."""
    version: Sha256
    """Over the alert as it stands and all of its reports: whoever puts it away signs this, and names it."""
    signature: SignatureView | UnsetType = UNSET
    """Under its resolution; its `sha256` is the `version` of now, unless somebody has changed what was signed."""


class CodeEntry(Body, frozen=True, kw_only=True):
    """The code of the text that rang me; capital or small letters."""

    code: Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{4,6}\Z", examples=["K7Q4"])]


class ContactRecord(Body, frozen=True, kw_only=True):
    """That the patient was reached, and how; or that nobody answered, which is no contact."""

    outcome: Tried
    """`not-reached` is kept in the timeline and changes no clock: without a contact the acknowledgement lapses all
    the same, and the next person is rung."""

"""What a decision says: which rows change, who did it, when and why. Nothing else can be written.

A route or the worker loads, asks a pure function for a `Decision`, and hands it to `domain.records.write`, which
writes the changes and one audit entry that holds every row before and after. Its writers take a `Writing`, and only
that function makes one, so a change without its audit line does not type-check (cases.md 27).
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.acts import AlertAct
from domain.attempt import Attempt
from domain.candidate import EventCandidate
from domain.delivery import Message, Notice, ReminderText
from domain.drill import Drill
from domain.entropy import Entropy
from domain.escalation import Alert
from domain.key_rotation import KeyRotation
from domain.occasion import OccasionRecord
from domain.people import (
    Account,
    ActivationCode,
    Administration,
    CalendarFeed,
    ComplicationRecord,
    Contact,
    Credential,
    Participant,
    Session,
    Shift,
    Site,
    Staff,
)
from domain.plan import PlanVersion
from domain.protocols import ProtocolApproval, RecordedProtocol
from domain.reminder import Consent, PhoneReceipt, Reminder
from domain.report import Report
from domain.signature import Signature
from domain.site_policy import SitePolicy
from domain.staff_access import RecoveryCode, StaffInvitation
from domain.task import Task

Row = (
    Site
    | Staff
    | Credential
    | StaffInvitation
    | RecoveryCode
    | Contact
    | Shift
    | Participant
    | Administration
    | ComplicationRecord
    | Account
    | ActivationCode
    | Session
    | Report
    | Alert
    | Message
    | Attempt
    | Notice
    | AlertAct
    | EventCandidate
    | SitePolicy
    | Drill
    | Task
    | PlanVersion
    | OccasionRecord
    | Reminder
    | ReminderText
    | PhoneReceipt
    | Consent
    | CalendarFeed
    | RecordedProtocol
    | ProtocolApproval
    | KeyRotation
    | Signature
)
"""Everything that can change; each has one table and one writer."""


class Change(Struct, frozen=True):
    """A row as it was (None: it is new) and as it shall be; both of one type and one id."""

    after: Row
    before: Row | None = None


class Actor(Struct, frozen=True, kw_only=True):
    """Who acts: a person by role and id, or the program (`system`, `provider`)."""

    role: str
    id: UUID | None = None
    device_id: UUID | None = None


STAFF = "staff"
"""The role of every member of staff; what she is at the site, the trail looks up as it is written."""

SYSTEM = Actor(role="system")
PROVIDER = Actor(role="provider")


class Decision(Struct, frozen=True, kw_only=True):
    """One act, named `noun.verb` (design.md, rule 7), at one instant of trial time, with all it changes."""

    action: str
    actor: Actor
    at: datetime
    site_id: UUID | None
    participant_id: UUID | None
    changes: tuple[Change, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse an act that changes nothing: it would be an audit line about no row."""
        if not self.changes:
            msg = f"{self.action} changes nothing"
            raise ValueError(msg)


class RecordRead(Struct, frozen=True, kw_only=True):
    """A member of staff reads a record, by the operation `action`: an audit entry that changes nothing."""

    action: str
    actor: Actor
    at: datetime
    about_id: UUID
    """What is read: a participant, an alert, a site's trail."""
    site_id: UUID
    participant_id: UUID | None = None


class Context(Struct, frozen=True, kw_only=True):
    """Who asks, when, and with what luck: the values every decision is given (design.md, rule 3).

    `now` is trial time; `machine_now` is what token lives are counted in, and never jumps.
    """

    actor: Actor
    now: datetime
    machine_now: datetime
    entropy: Entropy

    def decide(
        self,
        action: str,
        changes: tuple[Change, ...],
        *,
        site_id: UUID | None,
        participant_id: UUID | None = None,
        reason: str = "",
    ) -> Decision:
        """Return the decision that this actor, now, makes these changes."""
        return Decision(
            action=action,
            actor=self.actor,
            at=self.now,
            site_id=site_id,
            participant_id=participant_id,
            changes=changes,
            reason=reason,
        )

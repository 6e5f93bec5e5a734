"""Reminders as rows: what was called for, and what the phone says of it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain.schedule import OccasionKind


class Reminder(Struct, frozen=True, kw_only=True):
    """One reader was called for one rung of one occasion: once, whatever happens (held by an index).

    What she is told at the same time shares one text; without one it is her phone alone that reminds her.
    """

    id: UUID
    site_id: UUID
    participant_id: UUID
    account_id: UUID
    kind: OccasionKind
    week: int
    target: date
    rung: str
    plan_version: int
    at: datetime
    """The instant of the ladder."""
    made_at: datetime
    message_id: UUID | None = None

    @property
    def key(self) -> tuple[OccasionKind, int, date, str, UUID]:
        """What may be there once: see `ladder.Call.key`."""
        return self.kind, self.week, self.target, self.rung, self.account_id


class ReceiptKind(StrEnum):
    """What a phone says of a reminder."""

    SCHEDULED = "scheduled"
    SHOWN = "shown"
    OPENED = "opened"


class PhoneReceipt(Struct, frozen=True, kw_only=True):
    """A phone has set the alarm of a reminder, has shown it, or it was opened. `device_time` is the phone's own."""

    id: UUID
    site_id: UUID
    participant_id: UUID
    account_id: UUID
    session_id: UUID
    reminder_id: UUID
    kind: ReceiptKind
    device_time: datetime
    told_at: datetime


class ConsentKind(StrEnum):
    """What somebody agrees to, each by itself."""

    SMS = "sms"
    """Her number may be texted, through a provider abroad. Of one account."""
    DATA = "data"
    """The participant's data are processed."""
    CAREGIVER_ACCESS = "caregiver-access"
    """The participant lets a caregiver report for her and be reminded of her appointments."""


class Consent(Struct, frozen=True, kw_only=True):
    """A consent, kept by itself: who recorded it, when, on which paper. Taken back it stays; another is a new row."""

    id: UUID
    site_id: UUID
    participant_id: UUID
    account_id: UUID | None
    """Whose number it is for, of a consent to SMS; the others are the participant's."""
    given_on: date
    recorded_at: datetime
    recorded_by: UUID
    withdrawn_at: datetime | None = None
    kind: ConsentKind = ConsentKind.SMS
    version: str = ""
    """Of the paper that was signed; empty where nobody has said."""

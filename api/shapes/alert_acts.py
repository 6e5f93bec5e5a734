"""What staff do about an alert beside taking it, and what it leaves behind."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.advice import LevelName
from api.shapes.alerts import AlertView, DispositionName
from api.shapes.base import AccountRole, Body, Instant, Language, View
from api.shapes.reauthentication import Reauthentication
from api.shapes.reports import SignalName
from api.shapes.signatures import Sha256, SignatureView
from domain.answers import NO_NUL


class NumberToCall(View, frozen=True, kw_only=True):
    """A number, and the language to speak. That it was shown is in the audit trail."""

    role: AccountRole
    phone: str
    """E.164."""
    language: Language


class ContactReveal(View, frozen=True, kw_only=True):
    """The numbers on file of the participant and her caregiver; none where none was ever given."""

    alert_id: UUID
    numbers: tuple[NumberToCall, ...]


class Resolution(Body, frozen=True, kw_only=True):
    """What became of it, signed. A note is for colleagues: it stays in the timeline, and is signed as well."""

    disposition: DispositionName
    note: Annotated[str, Meta(max_length=500, pattern=NO_NUL)] = ""
    version: Sha256
    """The `version` of the alert that I have read. If it has changed meanwhile nothing is signed (412)."""
    proof: Reauthentication
    """My name goes under it: password and one-time password, once more."""


class EventCandidateView(View, frozen=True, kw_only=True):
    """What an investigator must judge. It says when and what was reported, and nothing of what it came from."""

    event_candidate_id: UUID
    site_id: UUID
    participant_id: UUID
    subject_number: str
    alert_id: UUID
    day: int | UnsetType = UNSET
    """Days from the last administration to the opening of the alert, by the site's calendar; absent before any."""
    safety_window: str | UnsetType = UNSET
    """The id of the window that the day lies in; absent outside of all."""
    signals: tuple[SignalName, ...]
    level: LevelName
    opened_at: Instant
    made_at: Instant


class EventCandidatePage(View, frozen=True, kw_only=True):
    """What my sites' resolved alerts left behind, newest first."""

    event_candidates: tuple[EventCandidateView, ...]
    next_cursor: str | UnsetType = UNSET


class ResolvedAlert(AlertView, frozen=True, kw_only=True):
    """An alert that was put away, with what it leaves to judge; nothing where it was a drill."""

    event_candidate: EventCandidateView | UnsetType = UNSET
    signature: SignatureView | UnsetType = UNSET
    """Absent only where an alert was put away before a signature was asked for."""

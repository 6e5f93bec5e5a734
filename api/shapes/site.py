"""What site staff register and record."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Body, Instant, Language, TimeZoneName, View


class ParticipantRegistration(Body, frozen=True, kw_only=True):
    """A participant by subject number; no name anywhere."""

    site_id: UUID
    subject_number: Annotated[str, Meta(pattern="^[A-Z0-9][A-Z0-9-]{1,31}$", examples=["ZN-0007"])]
    phase: Annotated[str, Meta(pattern="^[a-z0-9-]{1,32}$", examples=["phase-1"])]

    def __post_init__(self) -> None:
        """Refuse what `$` means in Python and not in the contract's regular expressions: a line break after the end."""
        if self.subject_number.endswith("\n"):
            raise ValueError("A subject number has no line break")


class AdministrationView(View, frozen=True, kw_only=True):
    """A recorded administration."""

    number: int
    given_on: date
    recorded_at: Instant


class ParticipantView(View, frozen=True, kw_only=True):
    """A participant as her site sees her."""

    participant_id: UUID
    site_id: UUID
    subject_number: str
    phase: str
    state: Literal["enrolled", "ended"]
    registered_at: Instant
    administrations: tuple[AdministrationView, ...]


class ParticipantSummary(View, frozen=True, kw_only=True):
    """A participant in the list."""

    participant_id: UUID
    site_id: UUID
    subject_number: str
    phase: str
    state: Literal["enrolled", "ended"]
    registered_at: Instant


class ParticipantPage(View, frozen=True, kw_only=True):
    """Participants of my sites by subject number."""

    participants: tuple[ParticipantSummary, ...]
    next_cursor: str | UnsetType = UNSET


class AdministrationRecord(Body, frozen=True, kw_only=True):
    """The day of an administration, in the site's calendar."""

    given_on: date


class CodeRequest(Body, frozen=True, kw_only=True):
    """For whom the code is, and how the account starts; an account that exists keeps its settings."""

    role: Literal["participant", "caregiver"]
    language: Language = "zh-CN"
    time_zone: TimeZoneName | UnsetType = UNSET
    """The site's unless given."""


class IssuedCode(View, frozen=True, kw_only=True):
    """A one-time code, shown this once; a newer one kills it."""

    code: str
    role: Literal["participant", "caregiver"]
    expires_at: Instant

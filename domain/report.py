"""A report: what a participant or caregiver handed in, as it was, with what the rules of that day said."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.answers import Answer
from domain.people import Role
from domain.triage import Triage


class Submission(Struct, frozen=True, kw_only=True):
    """What the phone sends, decoded. `onset_at` and `device_time` keep the sender's instant and offset."""

    form_id: str
    form_version: int
    language: str
    answers: tuple[Answer, ...]
    device_time: datetime
    onset_at: datetime | None = None
    app_version: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """A stored report. `id` is the client's UUID, unique within its account; `original` is the body as it came."""

    id: UUID
    account_id: UUID
    site_id: UUID
    participant_id: UUID
    reporter: Role
    submission: Submission
    triage: Triage
    received_at: datetime
    alert_id: UUID | None
    """The alert it opened, joined or rang again; None below URGENT."""
    original: bytes

"""Reports: what the phone hands in, and the honest answer."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Body, Instant, Language, View
from domain.answers import NO_NUL, Answer
from domain.report import Submission

LevelName = Literal["none", "routine", "urgent", "emergency"]
SignalName = Literal["bleeding", "confusion", "infection", "kidney"]
PageStatusName = Literal[
    "not-needed",
    "not-told",
    "sending",
    "sent",
    "delivered",
    "added",
    "not-yet-seen",
    "seen-by-doctor",
    "seen-by-team",
    "contacted",
]


class ReportSubmission(Body, frozen=True, kw_only=True):
    """Answers to one version of a form."""

    form_id: Annotated[str, Meta(min_length=1, max_length=64)]
    form_version: Annotated[int, Meta(ge=1, le=32767)]
    language: Language
    """The language the questions were shown in."""
    answers: Annotated[tuple[Answer, ...], Meta(max_length=200)]
    """An item left out was not answered; that is not a "no"."""
    device_time: Instant
    """The phone's clock when the report was handed in."""
    onset_at: Instant | UnsetType = UNSET
    """When it began, as the reporter says."""
    app_version: Annotated[str, Meta(max_length=64, pattern=NO_NUL)] = ""

    def to_domain(self) -> Submission:
        """Return the submission as the domain reads it."""
        return Submission(
            form_id=self.form_id,
            form_version=self.form_version,
            language=self.language,
            answers=self.answers,
            device_time=self.device_time,
            onset_at=None if self.onset_at is UNSET else self.onset_at,
            app_version=self.app_version,
        )


class Advice(View, frozen=True, kw_only=True):
    """One clear next step, in the reader's language, and what the fired rules add to it."""

    headline: str
    text: str
    further: tuple[str, ...]
    emergency_number: str


class PageView(View, frozen=True, kw_only=True):
    """The truth about the page to staff, as it stands now."""

    status: PageStatusName
    text: str
    """The sentence to show; it keeps "go now, call 120" until a contact is recorded."""
    go_now: bool
    sent_at: Instant | UnsetType = UNSET
    delivered_at: Instant | UnsetType = UNSET
    seen_at: Instant | UnsetType = UNSET
    contacted_at: Instant | UnsetType = UNSET


class ReportView(View, frozen=True, kw_only=True):
    """A stored report: what the rules said, what to do, and how far the page to staff has come."""

    report_id: UUID
    form_id: str
    form_version: int
    received_at: Instant
    triaged: bool
    """False when the rules could not be run; the report then counts as urgent."""
    level: LevelName
    signals: tuple[SignalName, ...]
    advice: Advice
    page: PageView


class ReportPage(View, frozen=True, kw_only=True):
    """My reports, newest first."""

    reports: tuple[ReportView, ...]
    next_cursor: str | UnsetType = UNSET

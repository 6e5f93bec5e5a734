"""Reports: what the phone hands in, and the honest answer."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace
from typing_extensions import override

from api.shapes.advice import Advice, LevelName, PageView
from api.shapes.base import Body, Instant, Language, View
from api.shapes.problems import Problem
from domain.answers import NO_NUL, Answer
from domain.report import Submission

SignalName = Literal["bleeding", "confusion", "infection", "kidney"]
MisfitName = Literal[
    "unreadable",
    "body",
    "form",
    "answers",
    "other-content",
    "other-reporter",
    "replaced-phone",
    "consent-withdrawn",
    "ended",
    "window-closed",
    "original-unknown",
    "reason-missing",
]


class ReportSubmission(Body, frozen=True, kw_only=True):
    """Answers to one version of a form. What does not fit is kept in the quarantine and judged, never refused."""

    form_id: Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]
    form_version: Annotated[int, Meta(ge=1, le=32767)]
    language: Language
    """The language the questions were shown in."""
    answers: Annotated[tuple[Answer, ...], Meta(max_length=200)]
    """An item left out was not answered, or not asked; that is not a "no", and neither is "don't know"."""
    device_time: Instant
    """The phone's clock when the person finished, with its offset. The same whenever the report is sent again."""
    age_seconds: Annotated[float, Meta(ge=0)] | UnsetType = UNSET
    """How long before this sending the person finished, by a clock that nobody can set (monotonic). Left out when the
    phone was started again since. With it the server measures how wrong `deviceTime` is."""
    time_zone: Annotated[str, Meta(max_length=64, pattern=NO_NUL)] = ""
    """The phone's IANA zone."""
    onset_at: Instant | UnsetType = UNSET
    """When it began, as the reporter says."""
    reporter: Literal["participant", "caregiver"] | UnsetType = UNSET
    """Who filled it in, where the app knows. Another than the account's is told apart, and never merged."""
    app_version: Annotated[str, Meta(max_length=64, pattern=NO_NUL)] = ""

    def to_domain(self) -> Submission:
        """Return the submission as the domain reads it."""
        return Submission(
            form_id=self.form_id,
            form_version=self.form_version,
            language=self.language,
            answers=self.answers,
            device_time=self.device_time,
            age=None if self.age_seconds is UNSET else self.age_seconds,
            time_zone=self.time_zone,
            onset_at=None if self.onset_at is UNSET else self.onset_at,
            reporter="" if self.reporter is UNSET else self.reporter,
            app_version=self.app_version,
        )


class ReportCorrection(ReportSubmission, frozen=True, kw_only=True):
    """A whole report anew, in place of an earlier one that stays; it may raise, and takes no page back."""

    correction_id: UUID
    """A UUID that the app makes for the correction before it first sends it; its own report id."""
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_NUL)]
    """Why, in the person's words."""

    @override
    def to_domain(self) -> Submission:
        """Return the submission as the domain reads it, but for what it corrects."""
        return replace(super().to_domain(), reason=self.reason)


class BatchedReport(ReportSubmission, frozen=True, kw_only=True):
    """One report of the offline queue."""

    report_id: UUID
    """As in the path of `PUT /v1/me/reports/{reportId}`."""


class ReportBatch(Body, frozen=True, kw_only=True):
    """What waited on the phone. Each is taken by itself: one that cannot be read blocks no other."""

    reports: Annotated[tuple[BatchedReport, ...], Meta(min_length=1, max_length=50)]


class ReportFault(View, frozen=True, kw_only=True):
    """One place of the body that does not fit."""

    pointer: str
    """JSON pointer (RFC 6901) into the body as it was sent."""
    message: str


class ReportView(View, frozen=True, kw_only=True):
    """A stored report: what the rules said, what to do, and how far the page to staff has come."""

    report_id: UUID
    form_id: str
    form_version: int
    """As sent; 0 where it could not be read."""
    received_at: Instant
    made_at: Instant
    """When the person finished it, by the best there is: `ageSeconds`, else `deviceTime` where that can be right."""
    clock_skew_seconds: float | UnsetType = UNSET
    """By how much the phone's clock was ahead, where it could be measured."""
    clock_doubtful: bool
    """The phone's clock is wrong, or cannot have been right. Nothing is corrected by it."""
    quarantined: bool
    """Something of it does not fit. It was judged, and a human looks at it."""
    misfits: tuple[MisfitName, ...]
    """Why it is in the quarantine."""
    faults: tuple[ReportFault, ...]
    """What does not fit, by place; never a value."""
    corrects: UUID | UnsetType = UNSET
    """The earlier report in whose place it stands."""
    triaged: bool
    """False when a rule could not be run; the report then counts as urgent at least."""
    level: LevelName
    signals: tuple[SignalName, ...]
    advice: Advice
    page: PageView


class BatchResult(View, frozen=True, kw_only=True):
    """What has become of one report of a batch: `status` as `PUT /v1/me/reports/{reportId}` would have answered."""

    index: int
    """Its place in the batch, from 0."""
    report_id: UUID | UnsetType = UNSET
    """Absent where none could be read."""
    status: int
    report: ReportView | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class BatchResults(View, frozen=True, kw_only=True):
    """One result for each report, in the order of the batch."""

    results: tuple[BatchResult, ...]


class ReportPage(View, frozen=True, kw_only=True):
    """My reports, newest first."""

    reports: tuple[ReportView, ...]
    next_cursor: str | UnsetType = UNSET

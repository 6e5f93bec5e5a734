"""The plan of a year, as the app shows it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Body, Instant, View
from domain.answers import NO_NUL

OccasionStateName = Literal["upcoming", "open", "done", "missed", "cancelled"]
OccasionKindName = Literal["visit", "check-in"]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_NUL)]


class NamedText(View, frozen=True, kw_only=True):
    """Something of the protocol: its id, and its name in the reader's language."""

    id: str
    text: str


class OccasionView(View, frozen=True, kw_only=True):
    """A visit or a weekly check-in. Dates are days of the site's time zone; both ends of the window count."""

    kind: OccasionKindName
    week: int
    target_date: date
    opens_on: date
    closes_on: date
    state: OccasionStateName
    done_on: date | UnsetType = UNSET
    is_late: bool
    """Done after its window."""
    assessments: tuple[NamedText, ...]
    preparation: tuple[NamedText, ...]


class ScheduleView(View, frozen=True, kw_only=True):
    """All visits and check-ins of the 52 weeks; empty before the first administration."""

    version: int
    """Moves with every re-plan."""
    time_zone: str
    administration_dates: tuple[date, ...]
    """The days of the administrations, each day 0 of what is counted from it; nothing of what was given."""
    occasions: tuple[OccasionView, ...]


class VisitCompletion(Body, frozen=True, kw_only=True, tag="complete", tag_field="action"):
    """The visit took place on this day of the site."""

    completed_on: date
    reason: Annotated[str, Meta(max_length=500, pattern=NO_NUL)] = ""


class VisitRescheduling(Body, frozen=True, kw_only=True, tag="reschedule", tag_field="action"):
    """The visit gets another day, today or within 366 days; its reminders follow. It may lie outside the window."""

    target_date: date
    reason: Reason


class VisitMiss(Body, frozen=True, kw_only=True, tag="miss", tag_field="action"):
    """The visit will not take place; no reminder of it goes out any more."""

    reason: Reason


class VisitReopening(Body, frozen=True, kw_only=True, tag="reopen", tag_field="action"):
    """The visit was recorded as done by mistake."""

    reason: Reason


VisitChange = VisitCompletion | VisitRescheduling | VisitMiss | VisitReopening


class RecordedOccasion(View, frozen=True, kw_only=True):
    """A visit or check-in with all that is recorded of it. `plannedDate` is the target before anybody changed it."""

    kind: OccasionKindName
    week: int
    planned_date: date
    target_date: date
    opens_on: date
    closes_on: date
    state: OccasionStateName
    done_on: date | UnsetType = UNSET
    is_late: bool
    missed_at: Instant | UnsetType = UNSET
    """Kept when it was done late."""
    silent_at: Instant | UnsetType = UNSET
    """When the site was told that the check-in has not come."""
    recorded_by: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    on_holiday: bool
    """The site is closed on the target date."""


class ReachView(View, frozen=True, kw_only=True):
    """Whether the participant or the caregiver can be reminded."""

    role: Literal["participant", "caregiver"]
    sms: bool
    """A consent in force, and a number on file that works."""
    phones: int
    """Phones that are signed in."""
    plan_version_held: int | UnsetType = UNSET
    """The newest version of the plan that one of them says it holds."""


class ParticipantSchedule(View, frozen=True, kw_only=True):
    """A participant's plan as her site sees it; `version` 0 before the first administration."""

    participant_id: UUID
    version: int
    anchor: date | UnsetType = UNSET
    time_zone: str
    occasions: tuple[RecordedOccasion, ...]
    reach: tuple[ReachView, ...]


class DueOccasion(View, frozen=True, kw_only=True):
    """What a site should look at, and why."""

    participant_id: UUID
    subject_number: str
    kind: OccasionKindName
    week: int
    target_date: date
    opens_on: date
    closes_on: date
    state: OccasionStateName
    why: tuple[Literal["due", "overdue", "closing", "missed"], ...]
    """`due`: planned within these days. `overdue`: its day has passed, its window has not. `closing`: its window ends
    within three days. `missed`: its window has ended within these days."""
    on_holiday: bool


class SiteSchedule(View, frozen=True, kw_only=True):
    """What is due at a site, by the day its window closes."""

    occasions: tuple[DueOccasion, ...]
    next_cursor: str | UnsetType = UNSET

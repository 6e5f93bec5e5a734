"""What a human must look at that is no alert, and the sites of whoever asks."""

from datetime import date
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from api.shapes.base import Instant, TimeZoneName, View

TaskKindName = Literal[
    "routine-report",
    "untriaged-report",
    "coverage",
    "missed-check-in",
    "missed-visit",
    "plan-review",
    "dead-number",
    "quarantined-report",
    "free-text",
    "report-flood",
    "drill-failed",
    "sign-in-failures",
    "token-reuse",
]


class TaskView(View, frozen=True, kw_only=True):
    """One thing to look at.

    `aboutId` is the report, alert, plan, occasion, account, phone, drill or member of staff it is about. A `coverage`
    task is about an alert, about the rota of a site, or about a member of staff whose number is dead.
    """

    task_id: UUID
    site_id: UUID
    participant_id: UUID | UnsetType = UNSET
    kind: TaskKindName
    about_id: UUID
    created_at: Instant
    due_at: Instant
    resolved_at: Instant | UnsetType = UNSET
    overdue: bool
    """Open still, and its time has passed."""
    told_at: Instant | UnsetType = UNSET
    """When others were first told by mail that it is overdue; absent while nobody was."""


class TaskPage(View, frozen=True, kw_only=True):
    """Open tasks of my sites, first due first."""

    tasks: tuple[TaskView, ...]
    next_cursor: str | UnsetType = UNSET


class DigestLine(View, frozen=True, kw_only=True):
    """The open tasks of one kind: all of them, what falls due later today, and what is overdue."""

    kind: TaskKindName
    open: int
    due_today: int
    overdue: int


class SiteDigest(View, frozen=True, kw_only=True):
    """What is open at a site now, as the daily digest counts it. `day` is the day at the site."""

    site_id: UUID
    day: date
    open: int
    due_today: int
    overdue: int
    kinds: tuple[DigestLine, ...]
    next_at: Instant
    """When the next digest goes out by mail, if anything is open then and a mail server is set up."""


class SiteView(View, frozen=True, kw_only=True):
    """One of my sites, and what I am there. Without `liveSince` it takes no participants yet.

    After a drill that failed a site is not safe to rely on, until another one is passed.
    """

    site_id: UUID
    name: str
    time_zone: TimeZoneName
    role: Literal["coordinator", "investigator", "monitor", "data-manager", "administrator"]
    live_since: Instant | UnsetType = UNSET
    safe_to_rely_on: bool
    unsafe_since: Instant | UnsetType = UNSET


class SiteList(View, frozen=True, kw_only=True):
    """My sites."""

    sites: tuple[SiteView, ...]

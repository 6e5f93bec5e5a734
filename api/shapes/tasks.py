"""What a human must look at that is no alert, and the sites of whoever asks."""

from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from api.shapes.base import Instant, TimeZoneName, View


class TaskView(View, frozen=True, kw_only=True):
    """One thing to look at. `aboutId` is the report, alert, plan, occasion, account, phone or person it is about."""

    task_id: UUID
    site_id: UUID
    participant_id: UUID | UnsetType = UNSET
    kind: Literal[
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
    ]
    about_id: UUID
    created_at: Instant
    due_at: Instant
    resolved_at: Instant | UnsetType = UNSET


class TaskPage(View, frozen=True, kw_only=True):
    """Open tasks of my sites, first due first."""

    tasks: tuple[TaskView, ...]
    next_cursor: str | UnsetType = UNSET


class SiteView(View, frozen=True, kw_only=True):
    """One of my sites, and what I am there. Without `liveSince` it takes no participants yet."""

    site_id: UUID
    name: str
    time_zone: TimeZoneName
    role: Literal["coordinator", "investigator", "monitor", "data-manager", "administrator"]
    live_since: Instant | UnsetType = UNSET


class SiteList(View, frozen=True, kw_only=True):
    """My sites."""

    sites: tuple[SiteView, ...]

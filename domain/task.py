"""Everything a human must look at that is no alert (contract.md, `GET /v1/tasks`)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import IllegalEvent


class TaskKind(StrEnum):
    """Why a human must look."""

    ROUTINE_REPORT = "routine-report"
    UNTRIAGED_REPORT = "untriaged-report"
    COVERAGE = "coverage"
    MISSED_CHECK_IN = "missed-check-in"
    MISSED_VISIT = "missed-visit"
    PLAN_REVIEW = "plan-review"
    DEAD_NUMBER = "dead-number"
    QUARANTINED_REPORT = "quarantined-report"
    FREE_TEXT = "free-text"
    REPORT_FLOOD = "report-flood"
    DRILL_FAILED = "drill-failed"
    SIGN_IN_FAILURES = "sign-in-failures"
    TOKEN_REUSE = "token-reuse"  # noqa: S105 - a kind of task, no secret


class Task(Struct, frozen=True, kw_only=True):
    """One thing to look at, due at `due_at` (trial time); open until `resolved_at`."""

    id: UUID
    site_id: UUID
    participant_id: UUID | None
    kind: TaskKind
    about_id: UUID
    """The report, alert, plan, occasion, account, session, site, drill or member of staff that it is about."""
    created_at: datetime
    due_at: datetime
    resolved_at: datetime | None = None
    resolved_by: UUID | None = None
    look_at: datetime | None = None
    """When it is told to others that it is overdue (domain/overdue.py); a new task is looked at when it is due."""
    told: int = 0
    """How far that has gone: 1 the team's turn has come, 2 the principal investigator's. See `notices`."""
    notices: tuple[UUID, ...] = ()
    """What was written to whom. Without any, nobody was told: there was no mail server, or nobody with an address."""


def resolve(task: Task, staff_id: UUID, now: datetime) -> Task:
    """Close a task that somebody has looked at; raise IllegalEvent when it is closed already."""
    if task.resolved_at is not None:
        raise IllegalEvent("This task is closed already.")
    return replace(task, resolved_at=now, resolved_by=staff_id, look_at=None)


def is_overdue(task: Task, now: datetime) -> bool:
    """Say whether it is open still at its time."""
    return task.resolved_at is None and task.due_at <= now

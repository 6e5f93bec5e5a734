"""A drill: an alert about nobody, rung on the real path, and the one way such an alert ends (contract.md).

It is passed when a page has surely arrived and one of those it rang has taken it in time, by whichever way she
answers; otherwise it has failed, and its site is not safe to rely on until another one is passed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.acts import AlertAct, Via
from domain.delivery import Message, MessageState
from domain.errors import IllegalEvent
from domain.escalation import Alert, AlertState
from domain.rota import Span

WITHIN = timedelta(minutes=15)
"""How long those whom a drill rings have to take it; ours: an EMERGENCY has ten minutes, and nobody is waiting here."""

AHEAD = timedelta(hours=24)
"""How far ahead the next shift is looked for: a hole should be found before the shift, not in it; ours."""


class DrillState(StrEnum):
    """How a drill stands."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


class Why(StrEnum):
    """Why a drill has failed."""

    NOBODY_ON_CALL = "nobody-on-call"
    NO_WAY_LEFT = "no-way-left"
    """Nobody of the shift had a usable number, or a text left of those that are not kept for emergencies."""
    NOT_DELIVERED = "not-delivered"
    NOT_ACKNOWLEDGED = "not-acknowledged"


class Drill(Struct, frozen=True, kw_only=True):
    """One drill, and what came of it; kept for good."""

    id: UUID
    site_id: UUID
    alert_id: UUID
    asked_by: UUID | None
    """None: by schedule, or from the command line."""
    shift: tuple[UUID, ...]
    """Whom it rings: members of staff."""
    started_at: datetime
    ends_by: datetime
    state: DrillState = DrillState.RUNNING
    why: Why | None = None
    first_accepted_at: datetime | None = None
    first_delivered_at: datetime | None = None
    acknowledged_by: UUID | None = None
    acknowledged_at: datetime | None = None
    ended_at: datetime | None = None


class Heard(Struct, frozen=True, kw_only=True):
    """What is known of a drill: its alert, all of its pages, and what people did about it."""

    alert: Alert
    messages: Sequence[Message]
    acts: Sequence[AlertAct]


def next_shift(first_tier: Sequence[Span], now: datetime) -> tuple[UUID, ...]:
    """Return who comes on call next within a day, overrides and all; where nobody does, who is on call now."""
    on_call = next((each.staff_ids for each in first_tier if each.starts_at <= now < each.ends_at), ())
    for span in sorted(first_tier, key=lambda each: each.starts_at):
        comes = tuple(each for each in span.staff_ids if each not in on_call)
        if now < span.starts_at <= now + AHEAD and comes:
            return comes
    return on_call


def end(alert: Alert, now: datetime) -> Alert:
    """Put the alert of a drill away; raise IllegalEvent for any other, and for one that has ended.

    What rings for a patient knows no such way out (domain/escalation.py).
    """
    if not alert.is_drill or alert.state is AlertState.RESOLVED:
        raise IllegalEvent(inside=f"alert {alert.state} is no drill that runs")
    return replace(alert, state=AlertState.RESOLVED, due_at=None, resolved_at=now)


def is_passed(drill: Drill, heard: Heard) -> bool:
    """Say whether somebody has taken it in time, and a page has surely arrived."""
    at = heard.alert.acknowledged_at
    return at is not None and at <= drill.ends_by and _has_arrived(heard)


def failure(drill: Drill, heard: Heard, now: datetime) -> Why | None:
    """Say why a drill has failed by `now`; None while it may still be passed."""
    if not drill.shift:
        return Why.NOBODY_ON_CALL
    # A page that has failed without a call was the last of a number's texts, spent meanwhile.
    tried = [each for each in heard.messages if each.attempts or each.state is not MessageState.FAILED]
    if not tried:
        return Why.NO_WAY_LEFT
    nobody_can = {each.staff_id for each in tried} <= set(heard.alert.declined_by)
    if now < drill.ends_by and not nobody_can:
        return None
    return Why.NOT_ACKNOWLEDGED if _has_arrived(heard) else Why.NOT_DELIVERED


def _has_arrived(heard: Heard) -> bool:
    """Say whether a page arrived: by the provider's word, or because somebody has answered the page itself.

    Whoever looks at the work list may have heard nothing.
    """
    answered = any(each.via is not Via.WORK_LIST for each in heard.acts)
    return answered or any(each.state is MessageState.DELIVERED for each in heard.messages)

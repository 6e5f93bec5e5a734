"""A possible adverse event that an alert leaves behind: the day, the safety window, the signals (trial.md §1).

Symptoms are collected in both windows; whether it was an event, which one, and what it came from is the
investigator's to say. So nothing here judges.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.entropy import Entropy
from domain.escalation import Alert
from domain.local_time import local_date
from domain.protocol.schema import Level, SafetyWindow, Signal


class EventCandidate(Struct, frozen=True, kw_only=True):
    """What an investigator must judge.

    `day` counts from the last administration before the alert opened; None before any.
    `safety_window` is the id of the window of `calendar.toml` that the day lies in; None outside of all.
    """

    id: UUID
    site_id: UUID
    participant_id: UUID
    alert_id: UUID
    day: int | None
    safety_window: str | None
    signals: tuple[Signal, ...]
    level: Level
    opened_at: datetime
    made_at: datetime
    made_by: UUID


def candidate(
    alert: Alert,
    given_on: Sequence[date],
    windows: Sequence[SafetyWindow],
    zone: ZoneInfo,
    staff_id: UUID,
    now: datetime,
) -> EventCandidate | None:
    """Return the candidate of an alert; None for a drill. `given_on` are the site's days of the administrations."""
    if alert.participant_id is None:
        return None
    opened_on = local_date(alert.opened_at, zone)
    days = [(opened_on - each).days for each in given_on if each <= opened_on]
    day = min(days, default=None)
    return EventCandidate(
        id=Entropy(alert.id.bytes).uuid("event-candidate"),
        site_id=alert.site_id,
        participant_id=alert.participant_id,
        alert_id=alert.id,
        day=day,
        safety_window=None if day is None else _window(day, windows),
        signals=alert.signals,
        level=alert.level,
        opened_at=alert.opened_at,
        made_at=now,
        made_by=staff_id,
    )


def _window(day: int, windows: Sequence[SafetyWindow]) -> str | None:
    return next((each.id for each in windows if each.first_day <= day <= each.last_day), None)

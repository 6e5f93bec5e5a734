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
from domain.triage import Triage


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
    judged: Sequence[Triage],
    given_on: Sequence[date],
    windows: Sequence[SafetyWindow],
    zone: ZoneInfo,
    staff_id: UUID,
    now: datetime,
) -> EventCandidate | None:
    """Return the candidate of an alert; None for a drill.

    `judged` are its reports: after a contact an alert has level and signals of its newest round alone, and what was
    said before must not be lost to the investigator. `given_on` are the site's days of the administrations.
    """
    if alert.participant_id is None:
        return None
    found = {*alert.signals, *(signal for each in judged for signal in each.signals)}
    levels = (alert.level, *(each.level for each in judged))
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
        signals=tuple(signal for signal in Signal if signal in found),
        level=max(levels, key=lambda each: each.rank),
        opened_at=alert.opened_at,
        made_at=now,
        made_by=staff_id,
    )


def _window(day: int, windows: Sequence[SafetyWindow]) -> str | None:
    return next((each.id for each in windows if each.first_day <= day <= each.last_day), None)

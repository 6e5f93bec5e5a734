"""How many rounds reports may begin, and what becomes of one that may begin none (contract.md, limits on submissions).

A frightened family can send a report a minute. Three rounds an hour are heard; more would only spend the few texts
that a number may get in a day. Whatever is worse, or new, is heard at once.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from domain import escalation
from domain.climb import Climb
from domain.escalation import Alert, AlertEvent, AlertState
from domain.triage import Triage

MOST_ROUNDS = 3
ROUNDS_WITHIN = timedelta(hours=1)
"""So many rounds may reports begin for one participant in this time, unless level or signal rises (contract.md)."""


def is_held(alert: Alert, triage: Triage, now: datetime) -> bool:
    """Say whether reports have begun so many rounds in the last hour that this one may begin none (contract.md)."""
    return not escalation.is_louder(alert, triage) and len(_recent(alert, now)) >= MOST_ROUNDS


def begin(alert: Alert, triage: Triage, climb: Climb, now: datetime) -> Alert:
    """Begin a round at `now`, and remember it."""
    rung = escalation.ring(alert, triage, climb, now)
    return replace(rung, rang_at=(*_recent(alert, now), now))


def defer(alert: Alert, triage: Triage, climb: Climb, now: datetime) -> Alert:
    """Begin a round later, as soon as the limit of rounds allows: whoever was contacted has no other bell running."""
    state = escalation.move(alert, AlertEvent.DEFER)
    fresh = replace(alert, level=triage.level, signals=triage.signals, climb=climb)
    begun = escalation.new_round(fresh, state, 0, now)
    return replace(begun, due_at=_recent(alert, now)[-MOST_ROUNDS] + ROUNDS_WITHIN)


def keep_pace(rung: Alert, before: Alert | None) -> Alert:
    """Let a report that rings an unanswered alert put no later step off: the clock that ran runs on."""
    if before is None or before.state is not AlertState.OPEN or before.due_at is None or rung.due_at is None:
        return rung
    return replace(rung, due_at=min(rung.due_at, before.due_at))


def _recent(alert: Alert, now: datetime) -> tuple[datetime, ...]:
    return tuple(each for each in alert.rang_at if now - each < ROUNDS_WITHIN)

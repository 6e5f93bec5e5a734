"""Alerts, and how they climb until a named person has taken them (design.md, rule 6; trial.md §3).

An alert is one bell for one participant. While it is `open` somebody must still answer, and its `due_at` is when the
next step rings. It ends only through a named acknowledgement followed by a contact; without a contact it lapses back
to open. When every step was rung it is `exhausted`: everyone is rung, again and again. A lapse, and a report that must
be heard, begin a new round. TRANSITIONS is the whole machine; an event it does not list changes nothing and raises.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.climb import Climb
from domain.contact import ContactOutcome, Disposition
from domain.errors import IllegalEvent
from domain.protocol.routes import Channel
from domain.protocol.schema import Level, Signal
from domain.roster import Responder, Roster
from domain.triage import Triage


class AlertState(StrEnum):
    """Where an alert is. All but `resolved` are live."""

    OPEN = "open"
    EXHAUSTED = "exhausted"
    ACKNOWLEDGED = "acknowledged"
    CONTACTED = "contacted"
    RESOLVED = "resolved"


class AlertEvent(StrEnum):
    """What can happen to an alert."""

    STEP = "step"
    EXHAUST = "exhaust"
    RING = "ring"
    JOIN = "join"
    DEFER = "defer"
    HURRY = "hurry"
    ACKNOWLEDGE = "acknowledge"
    DECLINE = "decline"
    LAPSE = "lapse"
    CONTACT = "contact"
    RESOLVE = "resolve"


_S, _E = AlertState, AlertEvent

TRANSITIONS: Mapping[AlertState, Mapping[AlertEvent, AlertState]] = {
    _S.OPEN: {
        _E.STEP: _S.OPEN,
        _E.EXHAUST: _S.EXHAUSTED,
        _E.RING: _S.OPEN,
        _E.JOIN: _S.OPEN,
        _E.HURRY: _S.OPEN,
        _E.DECLINE: _S.OPEN,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
    },
    _S.EXHAUSTED: {
        _E.EXHAUST: _S.EXHAUSTED,
        _E.HURRY: _S.EXHAUSTED,
        _E.RING: _S.EXHAUSTED,
        _E.JOIN: _S.EXHAUSTED,
        _E.DECLINE: _S.EXHAUSTED,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
    },
    _S.ACKNOWLEDGED: {
        _E.LAPSE: _S.OPEN,
        _E.RING: _S.OPEN,
        _E.JOIN: _S.ACKNOWLEDGED,
        _E.DECLINE: _S.OPEN,
        _E.CONTACT: _S.CONTACTED,
    },
    _S.CONTACTED: {_E.RING: _S.OPEN, _E.DEFER: _S.OPEN, _E.RESOLVE: _S.RESOLVED},
    _S.RESOLVED: {},
}


EXHAUSTED_RETRY = timedelta(seconds=60)
"""Everyone was rung and no page got out: how soon to try again; ours."""


class Alert(Struct, frozen=True, kw_only=True):
    """One bell for one participant; a participant has at most one live alert (held by an index).

    A drill is an alert about nobody: one at a time at a site.
    """

    id: UUID
    site_id: UUID
    participant_id: UUID | None
    """None for a drill."""
    level: Level
    signals: tuple[Signal, ...]
    state: AlertState
    opened_at: datetime
    climb: Climb
    round: int
    round_started_at: datetime
    step: int
    """Index of the step to ring next; the number of steps when all were rung."""
    due_at: datetime | None
    """When the next step rings or the acknowledgement lapses (trial time); None once contacted."""
    acknowledged_by: UUID | None = None
    acknowledged_at: datetime | None = None
    contacted_at: datetime | None = None
    contact_outcome: ContactOutcome | None = None
    last_contacted_at: datetime | None = None
    """The contact of an earlier round: reports received before it were answered."""
    rang_at: tuple[datetime, ...] = ()
    """When reports began rounds within the last hour, oldest first."""
    is_drill: bool = False
    declined_by: tuple[UUID, ...] = ()
    """Who has said in this round that she cannot: later steps pass her by, until everyone is rung."""
    resolved_by: UUID | None = None
    resolved_at: datetime | None = None
    disposition: Disposition | None = None


class Ringing(Struct, frozen=True):
    """An alert after a step, whom to page for it and how, and the steps passed because nobody was reachable."""

    alert: Alert
    calls: tuple[tuple[Responder, Channel], ...]
    step: int
    passed: tuple[int, ...] = ()


def move(alert: Alert, event: AlertEvent) -> AlertState:
    """Return the state after `event`; raise IllegalEvent, changing nothing, if the table has none."""
    try:
        return TRANSITIONS[alert.state][event]
    except KeyError:
        raise IllegalEvent(inside=f"alert {alert.state} has no {event}") from None


def is_paging(level: Level) -> bool:
    """Say whether a report of this level pages staff: URGENT and EMERGENCY do (trial.md §2)."""
    return level.rank >= Level.URGENT.rank


def rings_again(alert: Alert, triage: Triage, now: datetime) -> bool:
    """Say whether a new report on a live alert starts a new round (design.md, rule 6).

    A new signal or a higher level always rings. After an acknowledgement every EMERGENCY rings; after a contact
    every paging report does. While a round is unanswered, a repeat of known signals joins it for `join_for`.
    """
    if is_louder(alert, triage) or not triage.triaged:
        # What nobody could judge may be anything.
        return True
    match alert.state:
        case AlertState.OPEN | AlertState.EXHAUSTED:
            return now - alert.round_started_at >= alert.climb.at(now).join_for
        case AlertState.ACKNOWLEDGED:
            return triage.level is Level.EMERGENCY
        case _:
            return True


def is_louder(alert: Alert, triage: Triage) -> bool:
    """Say whether a report brings a higher level or a signal that the alert does not have."""
    return triage.level.rank > alert.level.rank or bool(set(triage.signals) - set(alert.signals))


def join(alert: Alert) -> Alert:
    """Add a repeat silently to the round that is running."""
    return replace(alert, state=move(alert, AlertEvent.JOIN))


def ring(alert: Alert, triage: Triage, climb: Climb, now: datetime) -> Alert:
    """Start a new round at `now` for a report that must be heard.

    Unanswered, the climb goes on from where it is: who was rung last is rung again, and nobody is reached later
    than without the report. Acknowledged, it starts again from the first step. After a contact that matter was
    answered, so level, signals and climb are the new report's own.
    """
    state = move(alert, AlertEvent.RING)
    if alert.state is AlertState.CONTACTED:
        fresh = replace(alert, level=triage.level, signals=triage.signals, climb=climb)
        return new_round(fresh, state, 0, now)
    risen = triage.level.rank > alert.level.rank
    louder = replace(
        alert,
        level=triage.level if risen else alert.level,
        signals=tuple(signal for signal in Signal if signal in {*alert.signals, *triage.signals}),
        climb=climb if risen else alert.climb,
    )
    if alert.state is AlertState.ACKNOWLEDGED:
        return new_round(louder, state, 0, now)
    return new_round(louder, state, max(alert.step - 1, 0), now)


def lapse(alert: Alert, now: datetime) -> Alert:
    """Take an acknowledgement back that brought no contact: the climb resumes with the next step (trial.md §3)."""
    return new_round(alert, move(alert, AlertEvent.LAPSE), alert.step, now)


def step(alert: Alert, roster: Roster, now: datetime) -> Ringing:
    """Ring the next step that has somebody reachable, passing the others at once; else ring everyone."""
    steps = () if alert.state is AlertState.EXHAUSTED else alert.climb.at(now).steps
    passed: list[int] = []
    for index in range(alert.step, len(steps)):
        people = roster.by_target.get(steps[index].target, ())
        calls = whom(alert, people, steps[index].channels)
        if calls:
            due_at = now + alert.climb.wait(index, now)
            rung = replace(alert, state=move(alert, AlertEvent.STEP), step=index + 1, due_at=due_at)
            return Ringing(rung, calls, index, tuple(passed))
        if not any(each.channels(alert.level) for each in people):
            passed.append(index)
    return _exhaust(alert, roster, now, tuple(passed))


def hurry(
    alert: Alert, *, round_number: int, step_index: int, all_failed: bool, now: datetime
) -> Alert | None:
    """Move on when a page of the step now waiting has failed; None if the alert is past it or is due anyway.

    A step is left at once. When everyone is rung already, and all of those pages failed, everyone is rung again
    within a minute: a provider that comes back must not find ten minutes of silence.
    """
    if alert.round != round_number or alert.step != step_index + 1 or alert.due_at is None:
        return None
    sooner = {AlertState.OPEN: now, AlertState.EXHAUSTED: now + EXHAUSTED_RETRY if all_failed else None}
    due_at = sooner.get(alert.state)
    if due_at is None or alert.due_at <= due_at:
        return None
    return replace(alert, state=move(alert, AlertEvent.HURRY), due_at=due_at)


def new_round(alert: Alert, state: AlertState, step_index: int, now: datetime) -> Alert:
    """Return the alert at the start of another round, in this state, with this step to ring next, at `now`."""
    return replace(
        alert,
        state=state,
        round=alert.round + 1,
        round_started_at=now,
        step=step_index,
        due_at=now,
        acknowledged_by=None,
        acknowledged_at=None,
        contacted_at=None,
        contact_outcome=None,
        declined_by=(),
        last_contacted_at=alert.contacted_at or alert.last_contacted_at,
    )


def whom(
    alert: Alert, people: tuple[Responder, ...], channels: tuple[Channel, ...]
) -> tuple[tuple[Responder, Channel], ...]:
    """Return who of them is rung, and how; where none of the step's channels is left, by what there is."""
    asked = tuple(each for each in people if each.staff_id not in alert.declined_by)
    return tuple(
        (each, channel) for each in asked for channel in _wanted(each.channels(alert.level), channels)
    )


def _exhaust(alert: Alert, roster: Roster, now: datetime, passed: tuple[int, ...]) -> Ringing:
    course = alert.climb.at(now)
    exhausted = replace(
        alert,
        state=move(alert, AlertEvent.EXHAUST),
        step=max(alert.step, len(course.steps)) + 1,
        due_at=now + course.exhausted_repeat,
    )
    is_repeat = alert.state is AlertState.EXHAUSTED
    everyone = tuple(
        (each, channel)
        for each in roster.everyone
        for channel in each.channels(alert.level)
        if not is_repeat or channel in each.repeat
    )
    return Ringing(exhausted, everyone, exhausted.step - 1, passed)


def _wanted(left: tuple[Channel, ...], channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    return tuple(each for each in left if each in channels) or left

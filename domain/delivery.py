"""The sending ledger: what a message and its attempts may become (design.md, rules 1, 2 and 5).

A message is the wish to tell one person one thing; an attempt is one call to a provider, committed before the call.
TRANSITIONS is the whole machine: a message only ever moves along it, an event it does not list changes nothing and
raises. `delivered` is the provider's final word and wins over what arrives late; `unknown` means the answer of the
provider was lost, and is looked up before anything is sent again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.attempt import Attempt, Way
from domain.errors import IllegalEvent
from domain.protocol.routes import Channel
from domain.protocol.schema import Level


class MessageState(StrEnum):
    """Where a message is."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    STALE = "stale"


class MessageEvent(StrEnum):
    """What can happen to a message."""

    ATTEMPT = "attempt"
    ACCEPT = "accept"
    RETRY = "retry"
    REROUTE = "reroute"
    GIVE_UP = "give-up"
    LOSE = "lose"
    DELIVER = "deliver"
    FAIL = "fail"
    SILENCE = "silence"
    POLL = "poll"
    OVERTAKE = "overtake"
    POSTPONE = "postpone"


_S, _E = MessageState, MessageEvent

TRANSITIONS: Mapping[MessageState, Mapping[MessageEvent, MessageState]] = {
    _S.PENDING: {
        _E.ATTEMPT: _S.SENDING,
        _E.OVERTAKE: _S.STALE,
        _E.POSTPONE: _S.PENDING,
        _E.GIVE_UP: _S.FAILED,
        # The provider refused the last attempt and now says that it has it after all: nothing is sent twice.
        _E.ACCEPT: _S.ACCEPTED,
        _E.DELIVER: _S.DELIVERED,
        _E.FAIL: _S.PENDING,
    },
    _S.SENDING: {
        _E.ACCEPT: _S.ACCEPTED,
        _E.RETRY: _S.PENDING,
        _E.REROUTE: _S.PENDING,
        _E.GIVE_UP: _S.FAILED,
        _E.LOSE: _S.UNKNOWN,
        _E.DELIVER: _S.DELIVERED,
        _E.FAIL: _S.FAILED,
    },
    _S.UNKNOWN: {
        _E.ACCEPT: _S.ACCEPTED,
        _E.ATTEMPT: _S.SENDING,
        _E.GIVE_UP: _S.FAILED,
        _E.OVERTAKE: _S.STALE,
        _E.LOSE: _S.UNKNOWN,
        _E.DELIVER: _S.DELIVERED,
        _E.FAIL: _S.FAILED,
    },
    _S.ACCEPTED: {
        _E.ACCEPT: _S.ACCEPTED,
        # An earlier attempt got through after all: what became of a later one changes nothing, here and below.
        _E.RETRY: _S.ACCEPTED,
        _E.REROUTE: _S.ACCEPTED,
        _E.GIVE_UP: _S.ACCEPTED,
        _E.LOSE: _S.ACCEPTED,
        _E.DELIVER: _S.DELIVERED,
        _E.FAIL: _S.FAILED,
        _E.SILENCE: _S.FAILED,
        _E.POLL: _S.ACCEPTED,
        _E.OVERTAKE: _S.ACCEPTED,
    },
    _S.DELIVERED: {
        _E.ACCEPT: _S.DELIVERED,
        _E.RETRY: _S.DELIVERED,
        _E.REROUTE: _S.DELIVERED,
        _E.GIVE_UP: _S.DELIVERED,
        _E.LOSE: _S.DELIVERED,
        _E.DELIVER: _S.DELIVERED,
        _E.FAIL: _S.DELIVERED,
    },
    _S.FAILED: {
        _E.ACCEPT: _S.FAILED,
        _E.RETRY: _S.FAILED,
        _E.REROUTE: _S.FAILED,
        _E.GIVE_UP: _S.FAILED,
        _E.LOSE: _S.FAILED,
        _E.DELIVER: _S.DELIVERED,
        _E.FAIL: _S.FAILED,
    },
    _S.STALE: {_E.ACCEPT: _S.STALE, _E.DELIVER: _S.DELIVERED, _E.FAIL: _S.STALE},
}

RETRY_DELAYS = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15))
"""Waits between attempts after a transient refusal; ours, well inside the 90 s of cases.md 1."""

REMINDER_RETRY_DELAYS = (*RETRY_DELAYS, timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""Waits for a reminder, the last one again and again while it holds: a refusal is no send, and there is time; ours."""

RECONCILE_DELAY = timedelta(seconds=1)
"""A lost answer is looked up after this, so that a slow provider has the message listed; ours."""


class Text(Struct, frozen=True, kw_only=True):
    """What every message is: `template` and `parameters` say what it says, to one person.

    `due_at` is when the worker must look at it next (trial time); None when nothing is left to do.
    """

    id: UUID
    site_id: UUID
    template: str
    language: str
    parameters: dict[str, str]
    state: MessageState
    attempts: int
    created_at: datetime
    due_at: datetime | None
    receipt_within: timedelta
    accepted_at: datetime | None = None
    delivered_at: datetime | None = None
    channel: Channel = Channel.SMS
    poll_after: timedelta | None = None
    """An accepted text of which nothing was heard is asked for after this; None: it is not asked for."""


class Message(Text, frozen=True, kw_only=True):
    """A page: one text or call to one member of staff for one step of one round of an alert.

    `code` is bound to this message and never used again.
    """

    participant_id: UUID | None
    """None for a drill."""
    alert_id: UUID
    staff_id: UUID
    round: int
    step: int
    level: Level
    codes: tuple[str, ...]
    """Candidates; the first that was never used is stored."""

    @property
    def code(self) -> str:
        """The code in the text; one candidate is left once the row is stored."""
        return self.codes[0]


class ReminderText(Text, frozen=True, kw_only=True):
    """One text to a participant or a caregiver, for all that she is reminded of at one time.

    It is good before `valid_until`, and never repeated: a reminder whose outcome is unknown may have arrived.
    """

    participant_id: UUID
    account_id: UUID
    reminder_id: UUID
    """The id by which her phone knows the same reminder."""
    valid_until: datetime


class Notice(Text, frozen=True, kw_only=True):
    """What a member of staff is told that is no alert: the digest of a day, a hole in the rota, a drill that failed.

    It is good before `valid_until`, names nobody, and is never repeated.
    """

    staff_id: UUID
    valid_until: datetime


AnyText = TypeVar("AnyText", Message, ReminderText, Notice)


def sending(message: AnyText, way: Way, now: datetime) -> AnyText:
    """Return a message about to be sent by a route, one attempt on."""
    return replace(
        settle(message, MessageEvent.ATTEMPT, now),
        attempts=message.attempts + 1,
        receipt_within=way.receipt_within if isinstance(message, Message) else message.receipt_within,
        poll_after=way.poll_after,
    )


def next_attempt(sending: AnyText, attempt_id: UUID, way: Way, now: datetime) -> Attempt:
    """Return the row of the call that a message, now `sending`, is about to make."""
    return Attempt(
        id=attempt_id,
        site_id=sending.site_id,
        participant_id=None if isinstance(sending, Notice) else sending.participant_id,
        message_id=sending.id,
        number=sending.attempts,
        started_at=now,
        provider=way.provider,
        channel=sending.channel,
        number_index=way.number_index,
    )


def move(message: Text, event: MessageEvent) -> MessageState:
    """Return the state after `event`; raise IllegalEvent, changing nothing, if the table has none."""
    try:
        return TRANSITIONS[message.state][event]
    except KeyError:
        raise IllegalEvent(inside=f"message {message.state} has no {event}") from None


def settle(message: AnyText, event: MessageEvent, now: datetime) -> AnyText:
    """Return the message after `event` at `now`, with the next instant the worker must look at it."""
    state = move(message, event)
    if state is message.state and state is not MessageState.UNKNOWN and event is not MessageEvent.POLL:
        return message
    is_new = state is MessageState.ACCEPTED and event is not MessageEvent.POLL
    return replace(
        message,
        state=state,
        due_at=_next_look(message, event, state, now),
        accepted_at=now if is_new else message.accepted_at,
        delivered_at=now if state is MessageState.DELIVERED else message.delivered_at,
    )


def postpone(message: AnyText, until: datetime) -> AnyText:
    """Return the message to be looked at again at `until`: it may not be sent before."""
    return replace(message, state=move(message, MessageEvent.POSTPONE), due_at=until)


def _next_look(message: Text, event: MessageEvent, state: MessageState, now: datetime) -> datetime | None:
    match state:
        case MessageState.PENDING:
            delays = RETRY_DELAYS if isinstance(message, Message) else REMINDER_RETRY_DELAYS
            wait = delays[min(message.attempts, len(delays)) - 1]
            return now if event is MessageEvent.REROUTE else now + wait
        case MessageState.UNKNOWN:
            return now + RECONCILE_DELAY
        case MessageState.SENDING:
            return now
        case MessageState.ACCEPTED:
            return _receipt_look(message, event, now)
        case _:
            return None


def _receipt_look(message: Text, event: MessageEvent, now: datetime) -> datetime:
    """Return when an accepted message is asked for, or, once it was, when its silence is a failure."""
    if event is MessageEvent.POLL:
        return (message.accepted_at or now) + message.receipt_within
    return now + min(message.poll_after or message.receipt_within, message.receipt_within)

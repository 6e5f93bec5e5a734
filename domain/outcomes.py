"""What the outcome of a call means for a message: try again, give up, ask another provider (design.md, rule 5)."""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.attempt import Attempt
from domain.delivery import RETRY_DELAYS, Message, MessageEvent, Text
from domain.protocol.schema import Level

DEAD_NUMBER = frozenset({"number", "consent"})
"""Failures after which no text to the number can arrive (trial.md §4); named as the provider's side does."""

_NOT_ELSEWHERE = frozenset({*DEAD_NUMBER, "budget"})
"""Failures that lie with the number, so that no other provider would do better."""


ELSEWHERE_AFTER = timedelta(seconds=10)
"""An emergency whose outcome nobody can tell is sent by another provider after this; ours, well inside 90 s."""


def may_go_elsewhere(failure: str) -> bool:
    """Say whether another provider may do better after a refusal of this class (trial.md §4)."""
    return failure not in _NOT_ELSEWHERE


def after_refusal(message: Text, *, transient: bool) -> MessageEvent:
    """Decide what a refusal means where no other provider is left: again while transient and tries are left.

    A page gives up soon, so that somebody else is rung.
    """
    again = transient and message.attempts <= len(RETRY_DELAYS)
    return MessageEvent.RETRY if again else MessageEvent.GIVE_UP


def after_reminders_refusal(failure: str) -> MessageEvent:
    """Decide what the refusal of a reminder means, or of a notice: try again while it holds, for a refusal is no send.

    Only a number that no text can reach is given up, and a text that the provider will not have: `failure` is the
    class of the refusal (trial.md §4).
    """
    return MessageEvent.GIVE_UP if failure in {*DEAD_NUMBER, "content"} else MessageEvent.RETRY


class Room(Struct, frozen=True):
    """What is left for a text: whether it may go out once more, and whether another provider may be asked."""

    may_repeat: bool
    elsewhere: bool


def after_search(
    message: Text, attempt: Attempt, room: Room, *, found: bool | None, now: datetime
) -> MessageEvent:
    """Decide after looking for a text whose answer was lost; `found` is None when the provider could not be asked.

    A page is sent again with the same code when the provider has none, if the country lets the same text out once more;
    nothing else is sent again (trial.md §4). When the provider cannot be asked, an emergency goes to another one soon:
    two texts with one code are better than none. Without another one, or for anything else, the route has failed when
    it could not be asked for longer than a receipt may take, and the alert moves on.
    """
    if found:
        return MessageEvent.ACCEPT
    if found is None:
        waited = now - attempt.started_at
        if room.may_repeat and room.elsewhere and _is_emergency(message) and waited >= ELSEWHERE_AFTER:
            return MessageEvent.ATTEMPT
        return MessageEvent.GIVE_UP if waited >= message.receipt_within else MessageEvent.LOSE
    again = isinstance(message, Message) and room.may_repeat and message.attempts <= len(RETRY_DELAYS)
    return MessageEvent.ATTEMPT if again else MessageEvent.GIVE_UP


def _is_emergency(message: Text) -> bool:
    return isinstance(message, Message) and message.level is Level.EMERGENCY

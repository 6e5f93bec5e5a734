"""An answer by the phone that was paged: a key pressed in a call, or a text sent back.

It is the recipient's own answer to one page: what proves her is the number on file that the page went to. It counts
for the round that the page rang for and for no other, so an old code or call never meets what rings now (cases.md 12).
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain import answering
from domain.acts import ActKind, AlertAct, Via
from domain.answering import answer_of
from domain.decision import Context, Decision
from domain.delivery import Message
from domain.errors import AlreadyAcknowledged, IllegalEvent, NotEntitled
from domain.escalation import Alert
from domain.people import Staff


class Choice(StrEnum):
    """What she says."""

    TAKE = "take"
    DECLINE = "decline"


class Said(StrEnum):
    """What she is told; the last part of the key of the sentence."""

    TAKEN = "taken"
    HELD = "held"
    DECLINED = "declined"
    TOO_LATE = "too-late"


class Paged(Struct, frozen=True, kw_only=True):
    """A page that is answered, loaded under its alert's lock: the recipient, and all that went on about the alert."""

    message: Message
    alert: Alert
    staff: Staff | None
    messages: Sequence[Message]
    acts: Sequence[AlertAct]


class Response(Struct, frozen=True, kw_only=True):
    """What she is told, and what changes; `holder` is who was first, where somebody was."""

    said: Said
    decision: Decision | None = None
    holder: UUID | None = None


_TOO_LATE = Response(said=Said.TOO_LATE)


def respond(paged: Paged, choice: Choice, via: Via, context: Context) -> Response:
    """Take the alert or pass it on, as the recipient of a page; the same answer twice is answered alike."""
    staff = paged.staff
    if staff is None or staff.disabled_at is not None:
        return _TOO_LATE
    if paged.message.round != paged.alert.round:
        return (
            Response(said=Said.DECLINED) if choice is Choice.DECLINE and _has_declined(paged) else _TOO_LATE
        )
    try:
        return _act(paged, staff, choice, via, context)
    except AlreadyAcknowledged as refusal:
        return Response(said=Said.HELD, holder=refusal.holder)
    except (NotEntitled, IllegalEvent):
        return _TOO_LATE


def _act(paged: Paged, staff: Staff, choice: Choice, via: Via, context: Context) -> Response:
    alert = paged.alert
    answer = answer_of(staff, alert, paged.messages, via)
    if choice is Choice.TAKE:
        kind, said = ActKind.ACKNOWLEDGE, Said.TAKEN
        after = answering.acknowledge(alert, answer, context.now)
    else:
        kind, said = ActKind.DECLINE, Said.DECLINED
        after = answering.decline(alert, answer, context.now)
    return Response(said=said, decision=answering.decided(kind, after, alert, answer, context))


def _has_declined(paged: Paged) -> bool:
    """Say whether she has passed on this very round: giving an alert back begins another one."""
    message = paged.message
    return any(
        (act.kind, act.staff_id, act.round) == (ActKind.DECLINE, message.staff_id, message.round)
        for act in paged.acts
    )

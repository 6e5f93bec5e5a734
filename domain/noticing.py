"""What staff are told that is no alert: sent while it is good, and never twice (trial.md §4)."""

from domain import delivery, paging
from domain.attempt import Attempt, Way
from domain.decision import Change, Context, Decision
from domain.delivery import MessageEvent, Notice


def attempt(
    notice: Notice, way: Way | None, context: Context, *, is_wanted: bool = True
) -> tuple[Decision, Attempt | None]:
    """Decide just before the call: an attempt to commit first, or a notice that is too late or has no way to go.

    One is not wanted when all that it tells of was done meanwhile.
    """
    is_late = context.now >= notice.valid_until or not is_wanted
    if is_late or way is None:
        event = MessageEvent.OVERTAKE if is_late else MessageEvent.GIVE_UP
        ended = delivery.settle(notice, event, context.now)
        return _about(notice, f"message.{event}", (Change(ended, notice),), context), None
    sending = delivery.sending(notice, way, context.now)
    row = delivery.next_attempt(sending, paging.attempt_id(sending, context), way, context.now)
    return _about(notice, "message.attempt", (Change(sending, notice), Change(row)), context), row


def settle(
    notice: Notice, event: MessageEvent, attempt_change: Change | None, context: Context
) -> Decision | None:
    """Move a notice on; None if nothing changes."""
    _, changes = paging.settle_text(notice, event, attempt_change, context)
    return _about(notice, f"message.{event}", tuple(changes), context) if changes else None


def _about(notice: Notice, action: str, changes: tuple[Change, ...], context: Context) -> Decision:
    return context.decide(action, changes, site_id=notice.site_id)

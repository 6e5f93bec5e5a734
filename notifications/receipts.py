"""What a provider says later of a text it took: reported by itself, or asked for when nothing was heard.

Receipts come late, twice, out of order, before the commit of the answer, or never (trial.md §4). A lighter one takes no
heavier one back, as in `delivery.TRANSITIONS`; what never comes is asked for once, and then it is a failure.
"""

from uuid import UUID

import structlog
from msgspec import Struct
from msgspec.structs import replace

from domain.attempt import Attempt
from domain.decision import PROVIDER, Change
from domain.delivery import MessageEvent, MessageState
from domain.protocol.routes import Channel
from domain.records import attempts
from domain.records.rows import reading, transaction
from notifications import holding
from notifications.gateway import LookupFailedError, OutboundSms, Receipt, receipt_event
from notifications.holding import message_of
from notifications.trial import Trial

_RECEIPTS = {
    "accepted": MessageEvent.ACCEPT,
    "delivered": MessageEvent.DELIVER,
    "failed": MessageEvent.FAIL,
}

_WEIGHT = {None: 0, "accepted": 1, "failed": 2, "delivered": 3}

log = structlog.get_logger("nightbell.sender")


class Teller(Struct, frozen=True):
    """Who reports, and of what: nobody is believed about a call that somebody else was asked to make."""

    provider: str
    channel: Channel = Channel.SMS

    def may_tell(self, attempt: Attempt, receipt: Receipt) -> bool:
        """Say whether a receipt is about what this provider was asked, by its own name of it where that is known."""
        is_known = bool(attempt.provider_id and receipt.provider_id)
        fits = not is_known or attempt.provider_id == receipt.provider_id
        return fits and (attempt.provider, attempt.channel) == (self.provider, self.channel)


async def take_receipt(trial: Trial, receipt: Receipt, teller: Teller) -> bool:
    """Write down what a provider reports of an attempt; False if it never made such a one."""
    async with reading(trial.pool) as connection:
        attempt = await attempts.find(connection, receipt.attempt_id)
    if attempt is None or not teller.may_tell(attempt, receipt):
        return False
    event = _RECEIPTS.get(receipt.event or "")
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, attempt.message_id)
        before = await attempts.find(connection, receipt.attempt_id)
        if held is None or before is None or event is None:
            return held is not None
        change = Change(_noted(before, receipt), before)
        await holding.settle(trial, connection, held, event, change, PROVIDER)
    log.info("message.receipt", attempt_id=str(receipt.attempt_id), status=receipt.status, code=receipt.code)
    return True


async def chase(trial: Trial, message_id: UUID) -> None:
    """Ask once for a receipt that has not come; when its time has passed, the route has failed."""
    accepted = await _accepted(trial, message_id)
    if accepted is None:
        return
    attempt, sms, is_overdue = accepted
    if not is_overdue:
        receipt = await _ask(trial, attempt, sms)
        log.info("message.poll", message_id=str(message_id), status=receipt.status if receipt else "")
        if receipt is not None:
            await take_receipt(trial, receipt, Teller(attempt.provider, attempt.channel))
    await _wait_on(trial, message_id, MessageEvent.SILENCE if is_overdue else MessageEvent.POLL)


async def _accepted(trial: Trial, message_id: UUID) -> tuple[Attempt, OutboundSms | None, bool] | None:
    """Return the attempt that was accepted, the text it carried, and whether its receipt is overdue."""
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, message_id)
        if held is None or message_of(held).state is not MessageState.ACCEPTED:
            return None
        message = message_of(held)
        made = await attempts.of_message(connection, message_id)
        attempt = next((each for each in reversed(made) if each.outcome == "accepted"), made[-1])
        contact = await holding.number_of(connection, held)
    since = message.accepted_at or message.created_at
    overdue = trial.now() >= since + message.receipt_within
    return attempt, holding.compose(trial, held, attempt, contact), overdue


async def _ask(trial: Trial, attempt: Attempt, sms: OutboundSms | None) -> Receipt | None:
    gateway = trial.gateways.get(attempt.provider)
    if gateway is None or sms is None:
        return None
    try:
        return await gateway.status(sms, attempt.provider_id)
    except LookupFailedError:
        return None


async def _wait_on(trial: Trial, message_id: UUID, event: MessageEvent) -> None:
    """Go on waiting, or give up, unless the receipt has come meanwhile."""
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, message_id)
        if held is None or message_of(held).state is not MessageState.ACCEPTED:
            return
        await holding.settle(trial, connection, held, event, None)


def _noted(attempt: Attempt, receipt: Receipt) -> Attempt:
    known = replace(attempt, provider_id=receipt.provider_id or attempt.provider_id)
    if _WEIGHT[receipt.event] < _WEIGHT[receipt_event(attempt.receipt)]:
        return known
    return replace(
        known,
        receipt=receipt.status,
        code=receipt.code or attempt.code,
        failure=attempt.failure if receipt.failure is None else receipt.failure.value,
        reason=receipt.reason or attempt.reason,
    )

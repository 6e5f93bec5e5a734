"""One message from lease to settled: look again, commit the attempt, call, settle (design.md, rules 1 and 5).

No transaction is open while the provider is called. What a crash leaves behind is found again by the lease: a
message still `sending` has an attempt whose answer is unknown, and is looked up before anything is sent again.
"""

from uuid import UUID

import structlog
from msgspec import Struct
from msgspec.structs import replace

from domain import delivery
from domain.decision import PROVIDER, SYSTEM, Change
from domain.delivery import Attempt, Message, MessageEvent, MessageState, ReminderText
from domain.paging import Page
from domain.records import attempts, messages
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from notifications import holding
from notifications.gateway import (
    Accepted,
    FailureClass,
    LookupFailedError,
    OutboundSms,
    Receipt,
    Refused,
    SendOutcome,
    Unknown,
    classify,
)
from notifications.holding import Held
from notifications.trial import Trial
from notifications.twilio import receipt_event

_RECEIPTS = {
    "accepted": MessageEvent.ACCEPT,
    "delivered": MessageEvent.DELIVER,
    "failed": MessageEvent.FAIL,
}

_WEIGHT = {None: 0, "accepted": 1, "failed": 2, "delivered": 3}
"""Receipts come late and out of order: a lighter one takes no heavier one back, as in `delivery.TRANSITIONS`."""

log = structlog.get_logger("nightbell.sender")


async def handle(trial: Trial, message_id: UUID) -> None:
    """Do what a leased message is due for, by the state it is in."""
    async with reading(trial.pool) as connection:
        known = await messages.known(connection, message_id)
    match None if known is None else known.state:
        case MessageState.PENDING:
            await _send(trial, message_id)
        case MessageState.SENDING | MessageState.UNKNOWN:
            await _reconcile(trial, message_id)
        case MessageState.ACCEPTED:
            await _settle(trial, message_id, MessageEvent.SILENCE, None)
        case state:
            log.warning("message.overtaken", message_id=str(message_id), state=state)


async def take_receipt(trial: Trial, receipt: Receipt) -> bool:
    """Write down what a provider reports of an attempt; False if no such attempt was ever made."""
    async with reading(trial.pool) as connection:
        attempt = await attempts.find(connection, receipt.attempt_id)
    if attempt is None:
        return False
    event = _RECEIPTS.get(receipt_event(receipt.status) or "")
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, attempt.message_id)
        before = await attempts.find(connection, receipt.attempt_id)
        if held is None or before is None or event is None:
            return held is not None
        change = Change(_noted(before, receipt), before)
        await write(connection, holding.settled(held, event, change, trial.context(PROVIDER)))
    log.info("message.receipt", attempt_id=str(receipt.attempt_id), status=receipt.status, code=receipt.code)
    return True


def _noted(attempt: Attempt, receipt: Receipt) -> Attempt:
    counts = _WEIGHT[receipt_event(receipt.status)] >= _WEIGHT[receipt_event(attempt.receipt)]
    status = receipt.status if counts else attempt.receipt
    code = receipt.code or attempt.code
    failure = classify(receipt.code).value if receipt.code else attempt.failure
    return replace(attempt, receipt=status, provider_id=receipt.provider_id, code=code, failure=failure)


async def _send(trial: Trial, message_id: UUID) -> None:
    prepared = await _commit_attempt(trial, message_id)
    if prepared is None:
        return
    attempt, sms = prepared
    # A text that cannot be written is a failure of the route like any other: the alert must move on.
    outcome = Refused(FailureClass.CONFIGURATION, 0) if sms is None else await trial.gateway.send(sms)
    event, after = _read(attempt, outcome)
    trial.meters.called("twilio", after.outcome)
    log.info(
        "message.attempt",
        message_id=str(message_id),
        number=attempt.number,
        outcome=after.outcome,
        code=after.code,
    )
    await _settle(trial, message_id, event, after)


async def _commit_attempt(trial: Trial, message_id: UUID) -> tuple[Attempt, OutboundSms | None] | None:
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, message_id)
        if held is None or held.message.state not in _may_be_sent(held):
            return None
        decision, attempt = holding.attempt(trial, held)
        await write(connection, decision)
        if attempt is None:
            return None
        contact = await holding.contact_of(connection, held.message)
    return attempt, holding.compose(trial, held, attempt, contact)


def _may_be_sent(held: Held) -> frozenset[MessageState]:
    """Let a page whose answer was lost be sent again after a search, and a reminder never."""
    again = {MessageState.UNKNOWN} if isinstance(held, Page) else set()
    return frozenset({MessageState.PENDING, *again})


def _read(attempt: Attempt, outcome: SendOutcome) -> tuple[MessageEvent | None, Attempt]:
    match outcome:
        case Accepted(provider_id):
            return MessageEvent.ACCEPT, replace(attempt, outcome="accepted", provider_id=provider_id)
        case Refused(failure, code):
            return None, replace(attempt, outcome="refused", failure=failure, code=code)
        case Unknown():
            return MessageEvent.LOSE, replace(attempt, outcome="unknown")


async def _settle(
    trial: Trial, message_id: UUID, event: MessageEvent | None, attempt: Attempt | None
) -> None:
    """Move a message on by `event`; None means the attempt was refused, and the message says what follows."""
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, message_id)
        if held is None:
            return
        happened = event or _after_refusal(held.message, attempt)
        change = None if attempt is None else await _merge(connection, attempt)
        await write(connection, holding.settled(held, happened, change, trial.context(SYSTEM)))


async def _reconcile(trial: Trial, message_id: UUID) -> None:
    """Find out what became of an attempt whose answer was lost, and only then go on."""
    lost = await _lost_attempt(trial, message_id)
    if lost is None:
        return
    search = await _search(trial, *lost)
    happened = await _settle_search(trial, message_id, search)
    log.info("message.reconcile", message_id=str(message_id), found=search.found, happened=happened)
    if happened is MessageEvent.ATTEMPT:
        await _send(trial, message_id)


async def _lost_attempt(trial: Trial, message_id: UUID) -> tuple[Attempt, OutboundSms | None] | None:
    """Mark a message that was left `sending` as lost, and return its last attempt with the text it carried."""
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, message_id)
        if held is None or held.message.state not in {MessageState.SENDING, MessageState.UNKNOWN}:
            return None
        attempt = (await attempts.of_message(connection, message_id))[-1]
        lost = replace(attempt, outcome="unknown")
        if held.message.state is MessageState.SENDING:
            change = Change(lost, attempt)
            await write(connection, holding.settled(held, MessageEvent.LOSE, change, trial.context(SYSTEM)))
        contact = await holding.contact_of(connection, held.message)
    return lost, holding.compose(trial, held, lost, contact)


class _Search(Struct, frozen=True):
    """What the provider knows of a lost attempt: yes, no, or None when it could not be asked."""

    found: bool | None
    attempt: Attempt


async def _search(trial: Trial, attempt: Attempt, sms: OutboundSms | None) -> _Search:
    if sms is None:
        return _Search(found=False, attempt=attempt)
    try:
        found = await trial.gateway.find(sms, attempt.started_at)
    except LookupFailedError:
        return _Search(found=None, attempt=attempt)
    if found is None:
        return _Search(found=False, attempt=attempt)
    accepted = replace(attempt, outcome="accepted", provider_id=found.provider_id)
    return _Search(found=True, attempt=accepted)


async def _settle_search(trial: Trial, message_id: UUID, search: _Search) -> MessageEvent | None:
    """Write down what the search brought, unless a new attempt follows; None if a receipt came first."""
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, message_id)
        if held is None or held.message.state is not MessageState.UNKNOWN:
            return None
        context = trial.context(SYSTEM)
        event = delivery.after_search(held.message, search.attempt, found=search.found, now=context.now)
        if event is not MessageEvent.ATTEMPT:
            change = await _merge(connection, search.attempt)
            await write(connection, holding.settled(held, event, change, context))
        return event


async def _merge(connection: Connection, attempt: Attempt) -> Change:
    """Keep a receipt that arrived before the answer of the call it belongs to."""
    before = await attempts.find(connection, attempt.id)
    if before is None:
        return Change(attempt)
    kept = replace(
        attempt,
        receipt=before.receipt,
        code=attempt.code or before.code,
        failure=attempt.failure or before.failure,
    )
    return Change(kept, before)


def _after_refusal(message: Message | ReminderText, attempt: Attempt | None) -> MessageEvent:
    failure = "" if attempt is None else attempt.failure
    if isinstance(message, ReminderText):
        return delivery.after_reminders_refusal(failure)
    return delivery.after_refusal(message, transient=failure == FailureClass.TRANSIENT)

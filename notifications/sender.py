"""One message from lease to settled: look again, commit the attempt, call, settle (design.md, rules 1 and 5).

No transaction is open while the provider is called. What a crash leaves behind is found again by the lease: a
message still `sending` has an attempt whose answer is unknown, and is looked up before anything is sent again.
"""

from uuid import UUID

import structlog
from msgspec import Struct
from msgspec.structs import replace

from domain import outcomes
from domain.attempt import Attempt
from domain.decision import Change
from domain.delivery import Message, MessageEvent, MessageState
from domain.outcomes import Room
from domain.paging import Page
from domain.protocol.routes import Channel
from domain.records import attempts, messages
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.route import Tried
from notifications import holding, receipts, routing
from notifications.gateway import (
    Accepted,
    FailureClass,
    LookupFailedError,
    OutboundSms,
    Refused,
    SendOutcome,
    Unknown,
)
from notifications.holding import Held, message_of
from notifications.trial import Trial

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
            await receipts.chase(trial, message_id)
        case state:
            log.warning("message.overtaken", message_id=str(message_id), state=state)


async def _send(trial: Trial, message_id: UUID) -> None:
    prepared = await _commit_attempt(trial, message_id)
    if prepared is None:
        return
    attempt, sms = prepared
    event, after = _read(attempt, await _call(trial, attempt, sms))
    trial.meters.called(attempt.provider, after.outcome)
    log.info(
        "message.attempt",
        message_id=str(message_id),
        number=attempt.number,
        provider=attempt.provider,
        outcome=after.outcome,
        code=after.code,
        reason=after.reason,
    )
    await _settle(trial, message_id, event, after)


async def _call(trial: Trial, attempt: Attempt, sms: OutboundSms | None) -> SendOutcome:
    if sms is None:
        # A text that cannot be written is a failure of the route like any other: the alert must move on.
        return Refused(FailureClass.CONFIGURATION, 0)
    return await trial.gateways[attempt.provider].send(sms)


async def _commit_attempt(trial: Trial, message_id: UUID) -> tuple[Attempt, OutboundSms | None] | None:
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, message_id)
        if held is None or message_of(held).state not in _may_be_sent(held):
            return None
        contact = await holding.number_of(connection, held)
        way = await routing.way(trial, connection, message_of(held), contact)
        decision, attempt = holding.attempt(trial, held, way)
        await write(connection, decision)
    return None if attempt is None else (attempt, holding.compose(trial, held, attempt, contact))


def _may_be_sent(held: Held) -> frozenset[MessageState]:
    """Let a page whose answer was lost be sent again after a search, and nothing else."""
    again = {MessageState.UNKNOWN} if isinstance(held, Page) else set()
    return frozenset({MessageState.PENDING, *again})


def _read(attempt: Attempt, outcome: SendOutcome) -> tuple[MessageEvent | None, Attempt]:
    match outcome:
        case Accepted(provider_id):
            # Nothing is ever reported of a mail: the server's word that it has it is the last one.
            is_last = attempt.channel is Channel.EMAIL
            event = MessageEvent.DELIVER if is_last else MessageEvent.ACCEPT
            return event, replace(attempt, outcome="accepted", provider_id=provider_id)
        case Refused(failure, code, reason):
            return None, replace(attempt, outcome="refused", failure=failure, code=code, reason=reason)
        case Unknown():
            return MessageEvent.LOSE, replace(attempt, outcome="unknown")


async def _settle(trial: Trial, message_id: UUID, event: MessageEvent | None, attempt: Attempt) -> None:
    """Move a message on by `event`; None means the attempt was refused, and what follows is decided here."""
    async with transaction(trial.pool) as connection:
        held = await holding.hold(trial, connection, message_id)
        if held is None:
            return
        happened = event or await _after_refusal(trial, connection, held, attempt)
        change = await _merge(connection, attempt)
        await holding.settle(trial, connection, held, happened, change)


async def _after_refusal(trial: Trial, connection: Connection, held: Held, attempt: Attempt) -> MessageEvent:
    """Ask another provider at once where one is left that may do better; else let the message decide."""
    message = message_of(held)
    contact = await holding.number_of(connection, held)
    if contact is not None and outcomes.may_go_elsewhere(attempt.failure):
        standing = await routing.standing(trial, connection, message, contact)
        failed_with = standing.tried.failed_with | {attempt.provider}
        if replace(standing, tried=Tried(failed_with)).has_another:
            return MessageEvent.REROUTE
    if not isinstance(message, Message):
        return outcomes.after_reminders_refusal(attempt.failure)
    return outcomes.after_refusal(message, transient=attempt.failure == FailureClass.TRANSIENT)


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
        if held is None or message_of(held).state not in {MessageState.SENDING, MessageState.UNKNOWN}:
            return None
        attempt = (await attempts.of_message(connection, message_id))[-1]
        lost = replace(attempt, outcome="unknown")
        if message_of(held).state is MessageState.SENDING:
            change = Change(lost, attempt)
            await holding.settle(trial, connection, held, MessageEvent.LOSE, change)
        contact = await holding.number_of(connection, held)
    return lost, holding.compose(trial, held, lost, contact)


class _Search(Struct, frozen=True):
    """What the provider knows of a lost attempt: yes, no, or None when it could not be asked."""

    found: bool | None
    attempt: Attempt


async def _search(trial: Trial, attempt: Attempt, sms: OutboundSms | None) -> _Search:
    if sms is None:
        return _Search(found=False, attempt=attempt)
    gateway = trial.gateways.get(attempt.provider)
    if gateway is None:
        # Its provider is set up no more: nobody can say what became of it.
        return _Search(found=None, attempt=attempt)
    try:
        found = await gateway.find(sms, attempt.started_at)
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
        if held is None or message_of(held).state is not MessageState.UNKNOWN:
            return None
        room = await _room(trial, connection, held)
        event = outcomes.after_search(
            message_of(held), search.attempt, room, found=search.found, now=trial.now()
        )
        if event is not MessageEvent.ATTEMPT:
            change = await _merge(connection, search.attempt)
            await holding.settle(trial, connection, held, event, change)
        return event


async def _room(trial: Trial, connection: Connection, held: Held) -> Room:
    contact = await holding.number_of(connection, held)
    if contact is None:
        return Room(may_repeat=False, elsewhere=False)
    return (await routing.standing(trial, connection, message_of(held), contact)).room


async def _merge(connection: Connection, attempt: Attempt) -> Change:
    """Keep a receipt that arrived before the answer of the call it belongs to."""
    before = await attempts.find(connection, attempt.id)
    if before is None:
        return Change(attempt)
    kept = replace(
        attempt,
        receipt=before.receipt,
        provider_id=attempt.provider_id or before.provider_id,
        code=attempt.code or before.code,
        failure=attempt.failure or before.failure,
        reason=attempt.reason or before.reason,
    )
    return Change(kept, before)

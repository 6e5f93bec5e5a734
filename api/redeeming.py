"""Redeeming a one-time code. What is mistyped is not looked up, and what fails slows where it comes from.

Mistyped, wrong, used, expired and revoked are one and the same answer; the metrics alone tell slips from tries.
"""

import math

import structlog
from msgspec import Struct

from api.shapes.enrolment import Activation
from api.tokens import TokenMint
from domain import activation_code, consents, enrolment, slowing
from domain.decision import SYSTEM
from domain.errors import ActivationRefused, ActivationSlowed
from domain.people import Account, ActivationCode, Participant, Session
from domain.records import accounts, participants, sessions
from domain.records import consents as consent_rows
from domain.records import slowing as places
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.slowing import Tries
from notifications.trial import Trial, machine_now

log = structlog.get_logger("nightbell.api")


class Redeemed(Struct, frozen=True):
    """The session that a code has opened, and whose it is."""

    session: Session
    account: Account


async def redeem(trial: Trial, mint: TokenMint, body: Activation, source: str, request_id: str) -> Redeemed:
    """Open a session by a code, or find it again for the same device; raise ActivationRefused or ActivationSlowed.

    The source is held meanwhile: its tries, on whichever node, are counted one after the other. A source that must
    wait is refused before anything is looked up. No success clears a source: its holder has a code that succeeds.
    """
    plain = activation_code.read(body.code)
    if plain is None:
        trial.meters.noted("activation.mistyped")
        raise ActivationRefused
    place = trial.vault.place("slow-down/activation", source)
    async with reading(trial.pool) as connection:
        # Without a lock, so that a flood does not queue; under the lock it is asked again.
        _require_no_wait(trial, await places.look(connection, (place,)))
    async with transaction(trial.pool) as connection:
        held = await places.hold(connection, place, machine_now())
        _require_no_wait(trial, (held,))
        redeemed = await _redeemed(trial, connection, mint.code_hash(plain), body, request_id)
        if redeemed is None:
            await _count(trial, connection, place, held)
    if redeemed is None:
        trial.meters.noted("activation.refused")
        raise ActivationRefused
    return redeemed


async def _redeemed(
    trial: Trial, connection: Connection, code_hash: bytes, body: Activation, request_id: str
) -> Redeemed | None:
    # She before the code: whoever takes her consent back, or ends her participation, is not overtaken.
    holder = await accounts.participant_of_code(connection, code_hash)
    participant = None if holder is None else await participants.lock(connection, holder)
    code = await accounts.lock_code(connection, code_hash)
    account = await _let_in(connection, participant, code)
    known = None if code is None else code.session_id
    session = None if known is None else await sessions.find(connection, known)
    try:
        opened, decision = enrolment.activate(code, session, account, body.device_id, trial.context(SYSTEM))
    except ActivationRefused:
        return None
    await write(connection, decision, request_id=request_id)
    return None if account is None else Redeemed(opened, account)


async def _let_in(
    connection: Connection, participant: Participant | None, code: ActivationCode | None
) -> Account | None:
    """Return whose code it is; None where what it rests on was taken back."""
    account = None if code is None else await accounts.find(connection, code.account_id)
    if participant is None or account is None:
        return None
    history = await consent_rows.of_participant(connection, participant.id)
    return account if consents.lets_in(participant, account.role, history) else None


async def _count(trial: Trial, connection: Connection, place: int, held: Tries) -> None:
    """Count a failure of the source and of all together, the source first, as everybody does."""
    now, everywhere = machine_now(), trial.vault.place("slow-down/activation", "everywhere")
    tries = slowing.failed(await places.hold(connection, everywhere, now), now)
    await places.keep(connection, everywhere, tries)
    await places.keep(connection, place, slowing.failed(held, now, slowing.pace_of_codes(tries)))
    if tries.failures == slowing.CODES_ATTACKED_AT:
        log.warning("activation-code.guessing", failures=tries.failures)


def _require_no_wait(trial: Trial, tries: tuple[Tries, ...]) -> None:
    now = machine_now()
    seconds = max((slowing.wait(each, now).total_seconds() for each in tries), default=0)
    if seconds > 0:
        trial.meters.noted("activation.slowed")
        raise ActivationSlowed(
            "Too many codes from here were none. Wait, and send it again.", seconds=math.ceil(seconds)
        )

"""Loading what a withdrawal of a consent ends, and taking it back."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import UNSET

from api.shapes.site import ConsentList, ConsentView
from domain import consents, reach
from domain.consents import Held
from domain.decision import Context, Decision
from domain.people import Account, Participant, Role
from domain.records import accounts, messages, plans, reminders, sessions
from domain.records import consents as consent_rows
from domain.records.rows import Connection
from domain.records.write import write
from domain.reminder import Consent, ConsentKind


async def in_force(connection: Connection, participant_id: UUID, kind: ConsentKind) -> Consent | None:
    """Return the participant's consent of a kind that holds now."""
    known = await consent_rows.of_participant(connection, participant_id)
    return next((each for each in known if each.kind is kind and each.withdrawn_at is None), None)


async def withdraw(
    connection: Connection, participant: Participant, kind: ConsentKind, context: Context, request_id: str
) -> None:
    """Take a consent of a locked participant back, and all that rests on it; fine where there is none."""
    holders = [
        each
        for each in await accounts.all_of_participant(connection, participant.id)
        if each.role in consents.of_whom(kind)
    ]
    decision = consents.withdraw(
        participant,
        await in_force(connection, participant.id, kind),
        tuple([await _held(connection, each, context) for each in holders]),
        await messages.unsettled_reminders(connection, participant.id),
        context,
    )
    await _written(connection, participant, decision, context, request_id)


async def withdraw_sms(connection: Connection, account: Account, context: Context, request_id: str) -> None:
    """Take the consent to SMS of one account back."""
    known = await reminders.consent_of(connection, account.id)
    await write(connection, reach.withdraw(account, known, context), request_id=request_id)


async def _written(
    connection: Connection,
    participant: Participant,
    decision: Decision | None,
    context: Context,
    request_id: str,
) -> None:
    await write(connection, decision, request_id=request_id)
    if decision is not None:
        # Somebody is asked no more, or again.
        await plans.look_now(connection, participant.id, context.now)


async def _held(connection: Connection, account: Account, context: Context) -> Held:
    # Codes first, as where a participation ends: one that is redeemed meanwhile is among the sessions then.
    codes = await accounts.unused_codes(connection, account.id, context.machine_now)
    going_on = await sessions.going_on(connection, account.participant_id)
    return Held(
        account=account,
        sms=await reminders.consent_of(connection, account.id),
        feed=await reminders.feed_of(connection, account.id),
        sessions=tuple(each for each in going_on if each.account_id == account.id),
        codes=codes,
    )


def consent_list(known: tuple[Consent, ...], holders: tuple[Account, ...]) -> ConsentList:
    """Show consents; whose number one to SMS is for is said by role."""
    roles = {each.id: each.role for each in holders}
    return ConsentList(consents=tuple(_view(each, roles) for each in known))


def _view(each: Consent, roles: Mapping[UUID, Role]) -> ConsentView:
    role = None if each.account_id is None else roles[each.account_id]
    return ConsentView(
        kind=each.kind.value,
        role=UNSET if role is None else ("caregiver" if role is Role.CAREGIVER else "participant"),
        consented_on=each.given_on,
        version=each.version,
        recorded_at=each.recorded_at,
        recorded_by=each.recorded_by,
        withdrawn_at=UNSET if each.withdrawn_at is None else each.withdrawn_at,
    )

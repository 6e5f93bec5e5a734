"""The numbers at which a participant and her caregiver are called when somebody must reach them."""

from typing import Literal
from uuid import uuid4

import msgspec
from litestar import Response, delete, put
from litestar.params import FromPath

from api.callers import staff_caller
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.people import lock_for_work
from api.planned import site_of
from api.shapes.base import AccountRole
from api.shapes.site import PhoneNumber, PhoneNumberView
from domain import enrolment, reach
from domain.enrolment import Invitation
from domain.errors import NotEntitled, NotFound
from domain.people import Account, ContactKind, Participant, Role
from domain.reach import Filed
from domain.records import accounts, contacts, plans, reminders
from domain.records.rows import Connection, transaction
from domain.records.write import write

PathRole = FromPath[Literal["participant", "caregiver"]]


@put(
    "/v1/participants/{participant_id:uuid}/phone-numbers/{role:str}",
    **contract(
        Operation(
            name="phone-number.record",
            tag="Participants",
            summary="Keep a number to call",
            auth=Auth.STAFF,
            body=PhoneNumber,
            answers={200: PhoneNumberView},
            errors=(NotFound, NotEntitled),
        )
    ),
)
async def record_number(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId, role: PathRole
) -> Response[bytes]:
    """Keep the number at which she, or her caregiver, is called. It needs no consent to SMS, and gives none.

    Another number withdraws a consent that was for the one before. An account that is not there yet is opened.
    """
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, PhoneNumber)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        context = trial.context(caller.actor)
        known = await accounts.of_participant(connection, participant_id, Role(role))
        account = known or enrolment.new_account(
            participant, await _invitation(connection, participant, role, body.language), context
        )
        filed = await _filed(connection, account)
        contact_id = uuid4() if filed.contact is None else filed.contact.id
        contact = trial.vault.contact_of_account(contact_id, account, ContactKind.PHONE, body.phone)
        decision = reach.file_number(account, filed, contact, context, is_new=known is None)
        await write(connection, decision, request_id=request.state.request_id)
        if known is None:
            # Somebody more may be reminded now.
            await plans.look_now(connection, participant_id, context.now)
    consents = filed.consent is not None and decision is None
    return created(PhoneNumberView(role=msgspec.convert(role, AccountRole), sms_consent=consents), 200)


@delete(
    "/v1/participants/{participant_id:uuid}/phone-numbers/{role:str}",
    **contract(
        Operation(
            name="phone-number.remove",
            tag="Participants",
            summary="Forget a number to call",
            auth=Auth.STAFF,
            answers={204: None},
            errors=(NotFound, NotEntitled),
        )
    ),
)
async def remove_number(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId, role: PathRole
) -> None:
    """Forget the number; a consent to SMS that was for it is withdrawn."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        await lock_for_work(connection, caller, participant_id)
        account = await accounts.of_participant(connection, participant_id, Role(role))
        if account is None:
            return
        filed = await _filed(connection, account)
        decision = reach.remove_number(account, filed, trial.context(caller.actor))
        await write(connection, decision, request_id=request.state.request_id)


async def _invitation(
    connection: Connection, participant: Participant, role: str, language: str
) -> Invitation:
    site = await site_of(connection, participant)
    return Invitation(role=Role(role), language=language, time_zone=site.time_zone)


async def _filed(connection: Connection, account: Account) -> Filed:
    return Filed(
        consent=await reminders.consent_of(connection, account.id),
        contact=await contacts.row_of_account(connection, account.id, ContactKind.PHONE),
    )

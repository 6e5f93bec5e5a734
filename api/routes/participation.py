"""What else a site records of a participant: complications, consents to SMS, and the end of the participation."""

from datetime import date
from typing import Literal
from uuid import uuid4

from litestar import Response, delete, post, put
from litestar.params import FromPath
from msgspec import UNSET

from api.callers import staff_caller
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.people import lock_for_work, participant_view
from api.planned import site_of
from api.shapes.site import ComplicationReport, ParticipantView, ParticipationEnd, SmsConsent, SmsConsentView
from domain import complications, ending, local_time, reach
from domain.ending import Ending
from domain.errors import (
    AccountMissing,
    ComplicationExists,
    IllegalEvent,
    NotEntitled,
    NotFound,
    ParticipationEnded,
)
from domain.people import Account, ActivationCode, ContactKind, EndReason, Participant, Role
from domain.protocol.reminders import Complication
from domain.reach import Filed
from domain.records import accounts, contacts, messages, plans, reminders, sessions
from domain.records.rows import Connection, transaction
from domain.records.write import write
from notifications.trial import Trial, machine_now

PathRole = FromPath[Literal["participant", "caregiver"]]


@post(
    "/v1/participants/{participant_id:uuid}/end",
    **contract(
        Operation(
            name="participant.end",
            tag="Participants",
            summary="End a participation",
            auth=Auth.STAFF,
            body=ParticipationEnd,
            answers={200: ParticipantView},
            errors=(NotFound, NotEntitled, IllegalEvent),
        )
    ),
)
async def end(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """From now on nothing goes to participant or caregiver, and their phones are signed out. Open alerts run on."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, ParticipationEnd)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        context = trial.context(caller.actor)
        today = await _today(trial, connection, participant)
        before = await load_ending(connection, participant)
        decision = ending.end(before, EndReason(body.reason), body.ended_on, today, context)
        await write(connection, decision, request_id=request.state.request_id)
        view = await participant_view(connection, participant_id)
    return created(view, 200)


@post(
    "/v1/participants/{participant_id:uuid}/complications",
    **contract(
        Operation(
            name="complication.record",
            tag="Participants",
            summary="Record a complication",
            auth=Auth.STAFF,
            body=ComplicationReport,
            answers={201: ParticipantView},
            errors=(NotFound, NotEntitled, ComplicationExists),
        )
    ),
)
async def record_complication(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """Record a complication. After a hepatic encephalopathy a missed check-in is urgent."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, ComplicationReport)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        today = await _today(trial, connection, participant)
        decision = complications.record(
            participant,
            Complication(body.complication),
            body.occurred_on,
            today,
            caller.staff.id,
            trial.context(caller.actor),
        )
        await write(connection, decision, request_id=request.state.request_id)
        view = await participant_view(connection, participant_id)
    return created(view)


@put(
    "/v1/participants/{participant_id:uuid}/sms-consents/{role:str}",
    **contract(
        Operation(
            name="sms-consent.record",
            tag="Participants",
            summary="Record a consent to SMS",
            auth=Auth.STAFF,
            body=SmsConsent,
            answers={200: SmsConsentView},
            errors=(NotFound, NotEntitled, AccountMissing, ParticipationEnded),
        )
    ),
)
async def record_sms_consent(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId, role: PathRole
) -> Response[bytes]:
    """Record that she, or her caregiver, wants to be reminded by SMS when the app does not reach her."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, SmsConsent)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        account = await _account(connection, participant, role)
        filed = Filed(
            consent=await reminders.consent_of(connection, account.id),
            contact=await contacts.row_of_account(connection, account.id, ContactKind.PHONE),
        )
        contact_id = uuid4() if filed.contact is None else filed.contact.id
        contact = trial.vault.contact_of_account(contact_id, account, ContactKind.PHONE, body.phone)
        today = await _today(trial, connection, participant)
        context = trial.context(caller.actor)
        version = "" if body.version is UNSET else body.version
        decision = reach.consent(
            participant, account, filed, contact, body.consented_on, today, caller.staff.id, context, version
        )
        await write(connection, decision, request_id=request.state.request_id)
    return created(SmsConsentView(role=role, consented_on=body.consented_on, recorded_at=context.now), 200)


@delete(
    "/v1/participants/{participant_id:uuid}/sms-consents/{role:str}",
    **contract(
        Operation(
            name="sms-consent.withdraw",
            tag="Participants",
            summary="Take a consent to SMS back",
            auth=Auth.STAFF,
            answers={204: None},
            errors=(NotFound, NotEntitled, AccountMissing),
        )
    ),
)
async def withdraw_sms_consent(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId, role: PathRole
) -> None:
    """From now on no SMS goes to her, also none that is waiting already."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        account = await _account(connection, participant, role)
        known = await reminders.consent_of(connection, account.id)
        decision = reach.withdraw(account, known, trial.context(caller.actor))
        await write(connection, decision, request_id=request.state.request_id)


async def _account(connection: Connection, participant: Participant, role: str) -> Account:
    account = await accounts.of_participant(connection, participant.id, Role(role))
    if account is None:
        raise AccountMissing("Issue a code for this role first.")
    return account


async def _today(trial: Trial, connection: Connection, participant: Participant) -> date:
    site = await site_of(connection, participant)
    return local_time.local_date(trial.now(), local_time.zone(site.time_zone))


async def load_ending(connection: Connection, participant: Participant) -> Ending:
    """Return what ends with the participation of a locked participant."""
    codes: list[ActivationCode] = []
    for account in await accounts.all_of_participant(connection, participant.id):
        codes += await accounts.unused_codes(connection, account.id, machine_now())
    return Ending(
        participant=participant,
        plan=await plans.newest(connection, participant.id),
        texts=await messages.unsettled_reminders(connection, participant.id),
        sessions=await sessions.going_on(connection, participant.id),
        codes=tuple(codes),
    )

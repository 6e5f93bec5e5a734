"""Routes that only a sandbox has: its clock, its phones, its provider's faults, its cast."""

import secrets
from datetime import date, timedelta
from uuid import uuid4

from litestar import Response, get, post, put
from msgspec import UNSET

from api.cast import seeded_site, staff_keys
from api.codes import issue
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenSandbox
from api.openapi_files import committed_sandbox_contract
from api.operations import Auth, Operation, contract
from api.planned import load_planned
from api.routes import sandbox_keys
from api.routes.docs import below
from api.routes.sandbox_phones import press_keys, read_phone, send_reply
from api.sandbox import Sandbox
from api.shapes.sandbox import (
    ClockMove,
    ClockView,
    SeededParticipant,
    SeedRequest,
    StaffKeys,
)
from api.tokens import TokenMint
from domain import activation_code, administering, consents, enrolment, local_time, reach
from domain.consents import Paper
from domain.decision import SYSTEM
from domain.enrolment import Invitation
from domain.errors import BodyInvalid, Fault, NotFound
from domain.people import ContactKind, Participant, Role
from domain.reach import Filed
from domain.records import accounts, participants
from domain.records.rows import Connection, transaction_of_the_system
from domain.records.write import write
from domain.reminder import ConsentKind
from notifications.emulator.faults import Fault as ProviderFault
from notifications.trial import Trial

_LONGEST_MOVE = timedelta(days=400)

_PATIENCE = timedelta(days=1)
"""Everybody is rung every ten minutes: by then somebody who tries an app has seen it."""


@get(
    "/sandbox/clock",
    **contract(
        Operation(
            name="clock.read",
            tag="Sandbox",
            summary="Read trial time",
            auth=Auth.NONE,
            answers={200: ClockView},
        )
    ),
)
async def read_clock(sandbox: GivenSandbox) -> Response[bytes]:
    """Trial time now."""
    return created(ClockView(now=sandbox.clock()), 200)


@post(
    "/sandbox/clock",
    **contract(
        Operation(
            name="clock.move",
            tag="Sandbox",
            summary="Move trial time ahead",
            auth=Auth.NONE,
            body=ClockMove,
            answers={200: ClockView},
        )
    ),
)
async def move_clock(request: Request, sandbox: GivenSandbox) -> Response[bytes]:
    """Move trial time ahead, stopping at each due instant, and for good where an alert stays unanswered for a day."""
    body = await read_body(request, ClockMove)
    if not timedelta() <= body.advance <= _LONGEST_MOVE:
        fault = Fault("/advance", "must be from PT0S to P400D: a clock never goes back")
        raise BodyInvalid("The clock cannot be moved so.", faults=(fault,))
    unanswered = await sandbox.advance_to(sandbox.clock() + body.advance, _PATIENCE)
    return created(ClockView(now=sandbox.clock(), unanswered_alert_id=unanswered or UNSET), 200)


@put(
    "/sandbox/provider",
    **contract(
        Operation(
            name="provider.script",
            tag="Sandbox",
            summary="Script the provider's faults",
            auth=Auth.NONE,
            body=tuple[ProviderFault, ...],
            answers={204: None},
        )
    ),
)
async def script_provider(request: Request, sandbox: GivenSandbox) -> None:
    """Replace the script of what the provider does wrong; an empty list makes it well again."""
    sandbox.emulator.script(*await read_body(request, tuple[ProviderFault, ...]))


@get(
    "/sandbox/staff",
    **contract(
        Operation(
            name="cast.read",
            tag="Sandbox",
            summary="Read the seeded staff",
            auth=Auth.NONE,
            answers={200: StaffKeys},
        )
    ),
)
async def read_staff(sandbox: GivenSandbox) -> Response[bytes]:
    """The cast, with what signs each of them in now."""
    return created(await staff_keys(sandbox), 200)


@post(
    "/sandbox/participants",
    **contract(
        Operation(
            name="participant.seed",
            tag="Sandbox",
            summary="Seed a participant",
            auth=Auth.NONE,
            body=SeedRequest,
            answers={201: SeededParticipant},
        )
    ),
)
async def seed_participant(request: Request, sandbox: GivenSandbox, mint: GivenMint) -> Response[bytes]:
    """A fresh participant with an administration, a code for her and one for her caregiver, and SMS if you like."""
    body = await read_body(request, SeedRequest)
    return created(await new_participant(sandbox, mint, body))


async def new_participant(sandbox: Sandbox, mint: TokenMint, wanted: SeedRequest) -> SeededParticipant:
    """Register a participant with a random subject number, as the coordinator would."""
    trial, context = sandbox.trial, sandbox.trial.context(SYSTEM)
    subject_number = f"ZN-{secrets.randbelow(10**8):08}"
    async with transaction_of_the_system(trial.pool) as connection:
        site = await seeded_site(connection)
        decision = enrolment.register(site, subject_number, wanted.phase, trial.protocol, context)
        await write(connection, decision)
        participant = await participants.lock(connection, context.entropy.uuid("participant"))
        if participant is None:
            raise NotFound("The participant is gone.")
        today = local_time.local_date(context.now, local_time.zone(site.time_zone))
        given_on = today - timedelta(days=wanted.days_since_administration)
        recorded_by = site.principal_investigator_id or site.id
        before = await load_planned(connection, participant)
        given = administering.administer(before, (), given_on, recorded_by, trial.protocol, context)
        await write(connection, given)
        paper = Paper(version="sandbox", given_on=today)
        for kind in (ConsentKind.DATA, ConsentKind.CAREGIVER_ACCESS):
            signed = consents.record(participant, kind, None, paper, today, recorded_by, context)
            await write(connection, signed)
        codes = {
            role: await issue(
                connection,
                mint,
                participant,
                Invitation(role=role, language="zh-CN", time_zone=site.time_zone),
                trial.context(SYSTEM),
            )
            for role in (Role.PARTICIPANT, Role.CAREGIVER)
        }
        phones = {Role.PARTICIPANT: wanted.participant_phone, Role.CAREGIVER: wanted.caregiver_phone}
        for role, phone in phones.items():
            if phone is not UNSET:
                await _consent(trial, connection, participant, role, phone, today)
    return SeededParticipant(
        participant_id=participant.id,
        subject_number=subject_number,
        participant_code=activation_code.shown(codes[Role.PARTICIPANT].code),
        caregiver_code=activation_code.shown(codes[Role.CAREGIVER].code),
    )


async def _consent(
    trial: Trial, connection: Connection, participant: Participant, role: Role, phone: str, today: date
) -> None:
    account = await accounts.of_participant(connection, participant.id, role)
    if account is not None:
        contact = trial.vault.contact_of_account(uuid4(), account, ContactKind.PHONE, phone)
        filed, context = Filed(consent=None, contact=None), trial.context(SYSTEM)
        site = await seeded_site(connection)
        recorded_by = site.principal_investigator_id or site.id
        decision = reach.consent(participant, account, filed, contact, today, today, recorded_by, context)
        await write(connection, decision)


@get("/sandbox/openapi.json", include_in_schema=False)
async def read_contract(request: Request) -> Response[bytes]:
    """The document of these routes, as it is committed; below a key with the address of that key."""
    document = below(request, committed_sandbox_contract().read_bytes())
    return Response(document, media_type="application/json")


OPERATIONS = (
    read_clock,
    move_clock,
    read_phone,
    send_reply,
    press_keys,
    script_provider,
    read_staff,
    seed_participant,
    *sandbox_keys.OPERATIONS,
)
"""The operations of the sandbox's document."""

HANDLERS = (*OPERATIONS, read_contract)
"""Registered in a sandbox only."""

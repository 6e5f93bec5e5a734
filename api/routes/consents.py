"""Consents: recorded by the site from paper, taken back by the site or by whoever gave them."""

from datetime import date
from typing import Literal

from litestar import Response, delete, get, put
from litestar.params import FromPath

from api import consenting
from api.callers import account_caller, staff_caller
from api.consenting import consent_list, in_force
from api.exchange import Request, created, read_body, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.people import lock_for_work, participant_view
from api.planned import site_of
from api.reading import note_read
from api.shapes.site import ConsentList, ConsentRecord
from domain import consents, local_time
from domain.consents import Paper
from domain.errors import NotEntitled, NotFound, ParticipationEnded
from domain.people import Participant, Role
from domain.records import accounts, participants, plans
from domain.records import consents as consent_rows
from domain.records.rows import Connection, transaction
from domain.records.write import write
from domain.reminder import ConsentKind
from notifications.trial import Trial

PathKind = FromPath[Literal["data", "caregiver-access"]]
OwnKind = FromPath[Literal["sms", "caregiver-access"]]


@get(
    "/v1/participants/{participant_id:uuid}/consents",
    **contract(
        Operation(
            name="consent.list",
            tag="Participants",
            summary="List the consents",
            auth=Auth.STAFF,
            answers={200: ConsentList},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def list_consents(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """Every consent there ever was, of her and of her caregiver; what was taken back stays."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        site_id = (await participant_view(connection, participant_id)).site_id
        caller.require_site(site_id)
        shown = await _list(connection, participant_id)
        await note_read(request, trial, connection, caller, site_id=site_id, participant_id=participant_id)
    return tagged(request, shown)


@put(
    "/v1/participants/{participant_id:uuid}/consents/{kind:str}",
    **contract(
        Operation(
            name="consent.record",
            tag="Participants",
            summary="Record a consent",
            auth=Auth.STAFF,
            body=ConsentRecord,
            answers={200: ConsentList},
            errors=(NotFound, NotEntitled, ParticipationEnded),
        )
    ),
)
async def record_consent(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId, kind: PathKind
) -> Response[bytes]:
    """Record what she has signed, by the version of its paper. Another version closes the one before."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, ConsentRecord)
    wanted = ConsentKind(kind)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        known = await in_force(connection, participant_id, wanted)
        paper = Paper(version=body.version, given_on=body.consented_on)
        context, today = trial.context(caller.actor), await _today(trial, connection, participant)
        decision = consents.record(participant, wanted, known, paper, today, caller.staff.id, context)
        await write(connection, decision, request_id=request.state.request_id)
        # Somebody may be asked again.
        await plans.look_now(connection, participant_id, context.now)
        shown = await _list(connection, participant_id)
    return created(shown, 200)


@delete(
    "/v1/participants/{participant_id:uuid}/consents/{kind:str}",
    **contract(
        Operation(
            name="consent.withdraw",
            tag="Participants",
            summary="Take a consent back",
            auth=Auth.STAFF,
            answers={204: None},
            errors=(NotFound, NotEntitled),
        )
    ),
)
async def withdraw_consent(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId, kind: PathKind
) -> None:
    """From now on: a caregiver is signed out and told nothing more; without one to data nobody is asked anything.

    Records stay, alerts run on, and what is still on a phone can be handed in for 30 days: it rings, in the quarantine.
    """
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        context = trial.context(caller.actor)
        await consenting.withdraw(
            connection, participant, ConsentKind(kind), context, request.state.request_id
        )


@delete(
    "/v1/me/consents/{kind:str}",
    **contract(
        Operation(
            name="own-consent.withdraw",
            tag="Me",
            summary="Take my consent back",
            auth=Auth.ACCOUNT,
            answers={204: None},
            errors=(NotFound, NotEntitled),
        )
    ),
)
async def withdraw_own_consent(request: Request, trial: GivenTrial, mint: GivenMint, kind: OwnKind) -> None:
    """No more texts to my number; or, the participant's alone, no more access for a caregiver. Of data: at the site."""
    caller = await account_caller(request, trial, mint)
    context, request_id = trial.context(caller.actor), request.state.request_id
    async with transaction(trial.pool) as connection:
        participant = await participants.lock(connection, caller.account.participant_id)
        if participant is None:
            raise NotFound("There is no such participant.")
        if kind == "sms":
            await consenting.withdraw_sms(connection, caller.account, context, request_id)
            return
        if caller.account.role is not Role.PARTICIPANT:
            raise NotEntitled("Only the participant takes this back.")
        await consenting.withdraw(connection, participant, ConsentKind(kind), context, request_id)


async def _list(connection: Connection, participant_id: PathId) -> ConsentList:
    return consent_list(
        await consent_rows.of_participant(connection, participant_id),
        await accounts.all_of_participant(connection, participant_id),
    )


async def _today(trial: Trial, connection: Connection, participant: Participant) -> date:
    site = await site_of(connection, participant)
    return local_time.local_date(trial.now(), local_time.zone(site.time_zone))

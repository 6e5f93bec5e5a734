"""The days of administrations: recorded, corrected; the plan of 52 weeks follows from them."""

from litestar import Response, patch, post

from api.callers import staff_caller
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenTrial, PathId, PathNumber
from api.operations import Auth, Operation, contract
from api.people import lock_for_work, participant_view
from api.planned import load_planned
from api.shapes.site import AdministrationCorrection, AdministrationRecord, ParticipantView
from domain import administering
from domain.administering import Correction
from domain.errors import AdministrationExists, NotEntitled, NotFound, ParticipationEnded
from domain.records import participants
from domain.records.rows import transaction
from domain.records.write import write


@post(
    "/v1/participants/{participant_id:uuid}/administrations",
    **contract(
        Operation(
            name="administration.record",
            tag="Participants",
            summary="Record an administration",
            auth=Auth.STAFF,
            body=AdministrationRecord,
            answers={201: ParticipantView},
            errors=(NotFound, NotEntitled, AdministrationExists, ParticipationEnded),
        )
    ),
)
async def administer(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """Record the day of an administration: a new version of the plan. What was done stays done."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, AdministrationRecord)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        given = await participants.administrations(connection, participant_id)
        before = await load_planned(connection, participant)
        context = trial.context(caller.actor)
        decision = administering.administer(
            before, given, body.given_on, caller.staff.id, trial.protocol, context
        )
        await write(connection, decision, request_id=request.state.request_id)
        view = await participant_view(connection, participant_id)
    return created(view)


@patch(
    "/v1/participants/{participant_id:uuid}/administrations/{administration:int}",
    **contract(
        Operation(
            name="administration.correct",
            tag="Participants",
            summary="Correct the day of an administration",
            auth=Auth.STAFF,
            body=AdministrationCorrection,
            answers={200: ParticipantView},
            errors=(NotFound, NotEntitled, AdministrationExists, ParticipationEnded),
        )
    ),
)
async def correct(
    request: Request,
    trial: GivenTrial,
    mint: GivenMint,
    participant_id: PathId,
    administration: PathNumber,
) -> Response[bytes]:
    """Correct the day: a new version of the plan. Reminders of the old one are taken back, its history stays."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, AdministrationCorrection)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        given = await participants.administrations(connection, participant_id)
        before = await load_planned(connection, participant)
        correction = Correction(
            number=administration, given_on=body.given_on, staff_id=caller.staff.id, reason=body.reason
        )
        context = trial.context(caller.actor)
        decision = administering.correct(before, given, correction, trial.protocol, context)
        await write(connection, decision, request_id=request.state.request_id)
        view = await participant_view(connection, participant_id)
    return created(view, 200)

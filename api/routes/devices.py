"""A participant's phones at the desk of her site: which there are, and taking one out of use."""

from litestar import Response, delete, get

from api.callers import staff_caller
from api.exchange import Request, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.people import lock_for_work
from api.reading import note_read
from api.shapes.site import DeviceList, DeviceView
from domain import devices
from domain.enrolment import ends_at
from domain.errors import NotEntitled, NotFound
from domain.people import Account, Session
from domain.records import accounts, participants, plans, sessions
from domain.records.rows import transaction
from domain.records.write import write
from notifications.trial import machine_now


@get(
    "/v1/participants/{participant_id:uuid}/devices",
    **contract(
        Operation(
            name="device.list",
            tag="Participants",
            summary="List the phones of a participant",
            auth=Auth.STAFF,
            answers={200: DeviceList},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def list_devices(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """Every phone that has redeemed a code of hers or of her caregiver's, the newest first."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        participant = await participants.find(connection, participant_id)
        if participant is None:
            raise NotFound("There is no such thing here.")
        caller.require_site(participant.site_id)
        owners = {each.id: each for each in await accounts.all_of_participant(connection, participant_id)}
        phones = await sessions.of_participant(connection, participant_id)
        await note_read(
            request, trial, connection, caller, site_id=participant.site_id, participant_id=participant_id
        )
    shown = [_view(each, owners[each.account_id]) for each in phones if each.account_id is not None]
    return tagged(request, DeviceList(devices=tuple(shown)))


@delete(
    "/v1/participants/{participant_id:uuid}/devices/{session_id:uuid}",
    **contract(
        Operation(
            name="device.revoke",
            tag="Participants",
            summary="Take a phone out of use",
            auth=Auth.STAFF,
            answers={204: None},
            errors=(NotFound, NotEntitled),
        )
    ),
)
async def revoke_device(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId, session_id: PathId
) -> None:
    """Take a phone out of use that is lost, sold or replaced: with its next request it reads nothing any more.

    What waits on it unsent can be handed in for 30 days, marked as from a phone that nobody vouches for.
    """
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        await lock_for_work(connection, caller, participant_id)
        session = await sessions.lock(connection, session_id)
        if session is None or session.participant_id != participant_id:
            raise NotFound("She has no such phone.")
        context = trial.context(caller.actor)
        await write(connection, devices.replaced(session, context), request_id=request.state.request_id)
        # What this phone would have shown may have to go another way now.
        await plans.look_now(connection, participant_id, context.now)


def _view(session: Session, account: Account) -> DeviceView:
    return DeviceView(
        session_id=session.id,
        role="caregiver" if account.role == "caregiver" else "participant",
        state=devices.state_of(session, machine_now()).value,
        activated_at=session.created_at,
        last_rotated_at=session.rotated_at,
        ends_at=ends_at(session),
    )

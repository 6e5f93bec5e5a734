"""Where a member of staff is signed in, and how she or an administrator of her site ends that."""

from uuid import UUID

from litestar import Response, delete, get

from api.administering import colleague_at
from api.callers import StaffCaller, staff_caller
from api.exchange import Request, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.shapes.staff_sessions import StaffSessionList, StaffSessionView
from domain import staff_sessions
from domain.decision import Context
from domain.errors import NotEntitled, NotFound
from domain.people import Revocation, Session
from domain.records import sessions
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from notifications.trial import machine_now


@get(
    "/v1/staff/me/sessions",
    **contract(
        Operation(
            name="staff-session.list",
            tag="Staff",
            summary="List where I am signed in",
            auth=Auth.STAFF,
            answers={200: StaffSessionList},
            etag=True,
        )
    ),
)
async def list_sessions(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Every device on which I am signed in, this one too."""
    caller = await staff_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        found = await sessions.of_staff(connection, caller.staff.id)
    now = machine_now()
    going_on = (each for each in found if now < staff_sessions.ends_at(each) or each.id == caller.session.id)
    return tagged(request, StaffSessionList(sessions=tuple(_view(each, caller) for each in going_on)))


@delete(
    "/v1/staff/me/sessions/{session_id:uuid}",
    **contract(
        Operation(
            name="staff-session.end",
            tag="Staff",
            summary="Sign one of my devices out",
            auth=Auth.STAFF,
            answers={204: None},
            errors=(NotFound,),
        )
    ),
)
async def end_session(request: Request, trial: GivenTrial, mint: GivenMint, session_id: PathId) -> None:
    """End one of my sessions, this one too: its next request is refused. Again, it changes nothing."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        session = await sessions.lock(connection, session_id)
        if session is None or session.staff_id != caller.staff.id:
            raise NotFound("There is no such thing here.")
        if session.revoked_at is None:
            decision = staff_sessions.end(session, Revocation.SIGNED_OUT, trial.context(caller.actor))
            await write(connection, decision, request_id=request.state.request_id)


@delete(
    "/v1/sites/{site_id:uuid}/staff/{staff_id:uuid}/sessions",
    **contract(
        Operation(
            name="colleague-session.end",
            tag="Staff",
            summary="Sign a colleague out everywhere",
            auth=Auth.STAFF,
            answers={204: None},
            errors=(NotFound, NotEntitled),
        )
    ),
)
async def end_colleagues_sessions(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId, staff_id: PathId
) -> None:
    """End every session of somebody who works at a site of mine: her phone is lost. She signs in again at once.

    For administrators.
    """
    caller = await staff_caller(request, trial, mint)
    caller.require_administration(site_id)
    async with transaction(trial.pool) as connection:
        await colleague_at(connection, site_id, staff_id)
        context = trial.context(caller.actor)
        await _end_all(connection, staff_id, site_id, context, request.state.request_id)


async def _end_all(
    connection: Connection, staff_id: UUID, site_id: UUID, context: Context, request_id: str
) -> None:
    for session in await sessions.hold_of_staff(connection, staff_id):
        decision = staff_sessions.end(session, Revocation.ADMINISTRATOR, context, site_id)
        await write(connection, decision, request_id=request_id)


def _view(session: Session, caller: StaffCaller) -> StaffSessionView:
    return StaffSessionView(
        session_id=session.id,
        device_id=session.device_id,
        signed_in_at=session.created_at,
        last_seen_at=session.rotated_at,
        ends_at=staff_sessions.ends_at(session),
        is_this_one=session.id == caller.session.id,
    )

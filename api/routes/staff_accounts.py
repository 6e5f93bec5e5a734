"""What an administrator does with the accounts of her colleagues."""

from litestar import post

from api.administering import colleague_at, require_all_sites
from api.callers import staff_caller
from api.exchange import Request, read_body
from api.given import GivenMint, GivenProxies, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.reauthentication import PROOF_ERRORS, require_proof
from api.shapes.staff_accounts import AccountClosing
from domain import staff_accounts
from domain.errors import IllegalEvent, NotEntitled, NotFound
from domain.records import rota, sessions, staff
from domain.records.rows import transaction_of_the_system
from domain.records.write import write


@post(
    "/v1/sites/{site_id:uuid}/staff/{staff_id:uuid}/closing",
    **contract(
        Operation(
            name="staff.close",
            tag="Staff",
            summary="Close a colleague's account",
            auth=Auth.STAFF,
            body=AccountClosing,
            answers={204: None},
            errors=(NotFound, NotEntitled, IllegalEvent, *PROOF_ERRORS),
        )
    ),
)
async def close_account(
    request: Request,
    trial: GivenTrial,
    mint: GivenMint,
    proxies: GivenProxies,
    site_id: PathId,
    staff_id: PathId,
) -> None:
    """Close the account of somebody who has left: she is signed out, rung no more, and her hours on the rota are gaps.

    For administrators of every site she works at. A second time it changes nothing.
    """
    caller = await staff_caller(request, trial, mint)
    caller.require_administration(site_id)
    body = await read_body(request, AccountClosing)
    await require_proof(request, trial, proxies, caller, body.proof)
    # Of every site she works at, also those that the caller does not know of.
    async with transaction_of_the_system(trial.pool) as connection:
        await staff.lock(connection, staff_id)
        person = await colleague_at(connection, site_id, staff_id)
        require_all_sites(caller, person)
        going_on = await sessions.hold_of_staff(connection, staff_id)
        context = trial.context(caller.actor)
        decision = staff_accounts.close(person, going_on, site_id, body.reason, context)
        await write(connection, decision, request_id=request.state.request_id)
        # Whose night is hers now?
        await rota.look_at_sites_of(connection, staff_id, context.now)

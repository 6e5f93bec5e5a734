"""Activation and tokens of participants and caregivers, sign-in of staff."""

from uuid import UUID

import structlog
from litestar import Response, delete, post

from api.addresses import source_of
from api.callers import account_caller
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenProxies, GivenTrial
from api.operations import Auth, Operation, contract
from api.quotas import hold_to
from api.redeeming import redeem
from api.shapes.enrolment import Activation, DeviceTokens, Rotation, StaffSignIn, Tokens
from api.staff_sign_in import sign_in
from api.tokens import TokenMint, tokens_of
from domain import devices, enrolment, staff_sessions
from domain.decision import Actor, Context, Decision
from domain.enrolment import Rotation as Verdict
from domain.errors import (
    ActivationRefused,
    ActivationSlowed,
    SignInBusy,
    SignInRefused,
    SignInSlowed,
    TokenRefused,
    TooManyRequests,
)
from domain.people import Account, Session
from domain.quota import ROTATIONS
from domain.records import accounts, alerts, sessions
from domain.records.rows import Connection, transaction
from domain.records.write import write
from notifications.trial import Trial

log = structlog.get_logger("nightbell.api")


@post(
    "/v1/activations",
    **contract(
        Operation(
            name="device.activate",
            tag="Activation",
            summary="Redeem a one-time code",
            auth=Auth.NONE,
            body=Activation,
            answers={201: DeviceTokens},
            errors=(ActivationRefused, ActivationSlowed),
        )
    ),
)
async def activate(
    request: Request, trial: GivenTrial, mint: GivenMint, proxies: GivenProxies
) -> Response[bytes]:
    """Redeem a code. The same device gets the same answer again for ten minutes; all refusals are one error.

    Thirty codes that are none cost an address nothing, then it waits, 1 second, 2, 4 … up to 60. A slip does not count.
    """
    body = await read_body(request, Activation)
    redeemed = await redeem(trial, mint, body, source_of(request, proxies), request.state.request_id)
    return created(device_tokens(mint, redeemed.session, redeemed.account))


@post(
    "/v1/tokens",
    **contract(
        Operation(
            name="token.rotate",
            tag="Activation",
            summary="Rotate the tokens of a device",
            auth=Auth.NONE,
            body=Rotation,
            answers={201: DeviceTokens},
            errors=(TokenRefused, TooManyRequests),
        )
    ),
)
async def rotate(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Exchange a refresh token. A lost answer is given again for 60 s; a later reuse ends the session."""
    session, account = await _rotated(request, trial, mint, of_staff=False)
    if account is None:
        raise TokenRefused("This account is closed.")
    return created(device_tokens(mint, session, account))


@post(
    "/v1/staff/tokens",
    **contract(
        Operation(
            name="staff-token.rotate",
            tag="Staff",
            summary="Rotate the tokens of a member of staff",
            auth=Auth.NONE,
            body=Rotation,
            answers={201: Tokens},
            errors=(TokenRefused, TooManyRequests),
        )
    ),
)
async def rotate_staff(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """As for participants: same grace, same end at a reuse."""
    session, _ = await _rotated(request, trial, mint, of_staff=True)
    return created(tokens_of(mint, session, "staff"))


@delete(
    "/v1/tokens/current",
    **contract(
        Operation(
            name="token.revoke",
            tag="Activation",
            summary="Sign this device out",
            auth=Auth.ACCOUNT,
            answers={204: None},
        )
    ),
)
async def sign_out(request: Request, trial: GivenTrial, mint: GivenMint) -> None:
    """End the session. Reports that are still unsent can be handed in with the submission token."""
    caller = await account_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        session = await sessions.lock(connection, caller.session.id)
        if session is None or session.revoked_at is not None:
            return
        decision = enrolment.sign_out(session, trial.context(caller.actor))
        await write(connection, decision, request_id=request.state.request_id)


@post(
    "/v1/staff/sessions",
    **contract(
        Operation(
            name="staff.sign-in",
            tag="Staff",
            summary="Sign in as site staff",
            auth=Auth.NONE,
            body=StaffSignIn,
            answers={201: Tokens},
            errors=(SignInRefused, SignInSlowed, SignInBusy),
        )
    ),
)
async def sign_in_staff(
    request: Request, trial: GivenTrial, mint: GivenMint, proxies: GivenProxies
) -> Response[bytes]:
    """Sign in with e-mail, password and the six digits of the authenticator. Failures slow where they come from.

    The device that signed in gets the same answer again for 60 s, by the same digits or code, until it rotates.
    """
    body = await read_body(request, StaffSignIn)
    session = await sign_in(trial, body, source_of(request, proxies), request.state.request_id)
    return created(tokens_of(mint, session, "staff"))


async def _rotated(
    request: Request, trial: Trial, mint: TokenMint, *, of_staff: bool
) -> tuple[Session, Account | None]:
    body = await read_body(request, Rotation)
    claim = mint.read_refresh(body.refresh_token)
    async with transaction(trial.pool) as connection:
        session = await sessions.lock(connection, claim.session_id)
        if session is None or (session.staff_id is not None) is not of_staff:
            raise TokenRefused("The session has ended; sign in again.")
        context = trial.context(_holder(session))
        is_needed = await _is_needed(connection, session, context)
        verdict = enrolment.rotation(session, claim.generation, body.device_id, context, is_needed=is_needed)
        if verdict is not Verdict.REUSE:
            # A stolen token ends its session however often it comes.
            await hold_to(trial, connection, ROTATIONS, str(session.id), request)
        rotated, decision = _outcome(session, verdict, context)
        await write(connection, decision, request_id=request.state.request_id)
        account = await _account(connection, session.account_id)
    if verdict is Verdict.REUSE:
        log.warning("token.reuse", session_id=str(session.id))
        trial.meters.noted(f"{enrolment.token_noun(session)}.reuse")
        raise TokenRefused("This token was used before; the session has been ended. Sign in again.")
    return rotated, account


def _outcome(session: Session, verdict: Verdict, context: Context) -> tuple[Session, Decision | None]:
    if verdict is Verdict.REUSE:
        return session, devices.reused(session, context)
    return enrolment.rotate(session, verdict, context)


async def _is_needed(connection: Connection, session: Session, context: Context) -> bool:
    """Say whether a session whose time is over is of somebody in the middle of an alert; others are not asked for."""
    if session.staff_id is None or context.machine_now < staff_sessions.ends_at(session):
        return False
    return await alerts.needs(connection, session.staff_id, context.now)


async def _account(connection: Connection, account_id: UUID | None) -> Account | None:
    return None if account_id is None else await accounts.find(connection, account_id)


def _holder(session: Session) -> Actor:
    role = "staff" if session.account_id is None else "account"
    return Actor(role=role, id=session.staff_id or session.account_id, device_id=session.device_id)


def device_tokens(mint: TokenMint, session: Session, account: Account) -> DeviceTokens:
    """Return what a phone holds of its session."""
    pair = tokens_of(mint, session, account.role)
    return DeviceTokens(
        access_token=pair.access_token,
        access_expires_at=pair.access_expires_at,
        refresh_token=pair.refresh_token,
        submission_token=mint.submission(session),
        role="caregiver" if account.role == "caregiver" else "participant",
    )

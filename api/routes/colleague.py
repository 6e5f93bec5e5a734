"""A member of staff about herself: who she is here, and the PIN by which she answers links and codes."""

import asyncio
from typing import Any

from litestar import Response, get, post, put

from api import recovery
from api.callers import StaffCaller, staff_caller
from api.exchange import Request, created, read_body, tagged
from api.given import GivenMint, GivenProxies, GivenTrial
from api.operations import Auth, Operation, contract
from api.pins import hash_pin, pin_fits
from api.proving import SIGN_INS
from api.reauthentication import PROOF_ERRORS, require_proof
from api.shapes.enrolment import PinChoice, StaffMe, StaffRoleView
from api.shapes.invitations import RecoveryCodes, RecoveryCodesDraw
from api.shapes.staff_accounts import PasswordChoice
from api.staff_sign_in import by_id, hash_password
from domain import passwords, pins, staff_accounts
from domain import recovery as drawing
from domain.errors import PasswordWeak, PinTrivial, TokenRefused
from domain.people import Contact, ContactKind, Credential, StaffRole
from domain.records import contacts, sessions, staff, staff_access
from domain.records.rows import reading, transaction
from domain.records.write import write
from notifications.trial import Trial


@get(
    "/v1/staff/me",
    **contract(
        Operation(
            name="staff.read",
            tag="Staff",
            summary="Read who is signed in as staff",
            auth=Auth.STAFF,
            answers={200: StaffMe},
            etag=True,
        )
    ),
)
async def read_me(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Who I am here, what I am at which site, and whether I can be rung and can answer by PIN."""
    caller = await staff_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        credential = await staff.credential(connection, caller.staff.id)
        phone = await contacts.of_staff(connection, caller.staff.id, ContactKind.PHONE)
        left = await staff_access.codes_left(connection, caller.staff.id)
    return tagged(request, _me(caller, credential, phone, left))


@put(
    "/v1/staff/me/pin",
    **contract(
        Operation(
            name="pin.set",
            tag="Staff",
            summary="Choose my PIN",
            auth=Auth.STAFF,
            body=PinChoice,
            answers={204: None},
            errors=(PinTrivial, *PROOF_ERRORS),
        )
    ),
)
async def set_pin(request: Request, trial: GivenTrial, mint: GivenMint, proxies: GivenProxies) -> None:
    """Choose the PIN by which I answer the link or the code of a text. The same one again changes nothing."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, PinChoice)
    pins.require_fit(body.pin)
    await require_proof(request, trial, proxies, caller, body.proof)
    if not await _is_set(trial, caller, body.pin):
        await _set(trial, caller, body.pin, request.state.request_id)


@put(
    "/v1/staff/me/password",
    **contract(
        Operation(
            name="password.set",
            tag="Staff",
            summary="Choose another password",
            auth=Auth.STAFF,
            body=PasswordChoice,
            answers={204: None},
            errors=(PasswordWeak, *PROOF_ERRORS),
        )
    ),
)
async def set_password(request: Request, trial: GivenTrial, mint: GivenMint, proxies: GivenProxies) -> None:
    """Choose another password, proven by the one I have. My other devices are signed out."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, PasswordChoice)
    await require_proof(request, trial, proxies, caller, body.proof)
    passwords.require_fit(body.password, caller.staff.name.split())
    password_hash = await hash_password(body.password)
    async with transaction(trial.pool) as connection:
        credential = await staff.lock_credential(connection, caller.staff.id)
        if credential is None:
            raise TokenRefused("This account is closed.")
        mine = await sessions.hold_of_staff(connection, caller.staff.id)
        others = tuple(each for each in mine if each.id != caller.session.id)
        decision = staff_accounts.set_password(credential, password_hash, others, trial.context(caller.actor))
        await write(connection, decision, request_id=request.state.request_id)


@post(
    "/v1/staff/me/recovery-codes",
    **contract(
        Operation(
            name="recovery-code.draw",
            tag="Staff",
            summary="Draw new recovery codes",
            auth=Auth.STAFF,
            body=RecoveryCodesDraw,
            answers={201: RecoveryCodes},
            errors=PROOF_ERRORS,
        )
    ),
)
async def draw_recovery_codes(
    request: Request, trial: GivenTrial, mint: GivenMint, proxies: GivenProxies
) -> Response[bytes]:
    """Ten new codes for the day my authenticator is lost; those before are dead. They are shown this once."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, RecoveryCodesDraw)
    await require_proof(request, trial, proxies, caller, body.proof)
    codes, own = recovery.draw(), caller.staff.id
    hashes = tuple(recovery.hash_code(trial.vault, own, each) for each in codes)
    async with transaction(trial.pool) as connection:
        await staff.lock(connection, own)
        old = await staff_access.good_codes(connection, own)
        decision = drawing.draw(own, old, hashes, trial.context(caller.actor))
        await write(connection, decision, request_id=request.state.request_id)
    return created(RecoveryCodes(codes=codes))


async def _is_set(trial: Trial, caller: StaffCaller, pin: str) -> bool:
    async with reading(trial.pool) as connection:
        known = await by_id(connection, caller.staff.id)
    async with SIGN_INS.one():
        return await asyncio.to_thread(pin_fits, trial.vault, known, pin)


async def _set(trial: Trial, caller: StaffCaller, pin: str, request_id: str) -> None:
    pin_hash = await hash_pin(trial.vault, caller.staff.id, pin)
    async with transaction(trial.pool) as connection:
        credential = await staff.lock_credential(connection, caller.staff.id)
        if credential is None:
            raise TokenRefused("This account is closed.")
        decision = pins.set_pin(credential, pin_hash, trial.context(caller.actor))
        await write(connection, decision, request_id=request_id)


def _me(
    caller: StaffCaller, credential: Credential | None, phone: Contact | None, recovery_codes_left: int
) -> StaffMe:
    return StaffMe(
        staff_id=caller.staff.id,
        name=caller.staff.name,
        language="en" if caller.staff.language == "en" else "zh-CN",
        roles=tuple(map(_role, caller.staff.roles)),
        has_pin=credential is not None and credential.pin_hash is not None,
        has_phone=phone is not None and phone.unusable_since is None,
        recovery_codes_left=recovery_codes_left,
    )


def _role(bound: StaffRole) -> StaffRoleView:
    role: Any = bound.role.value
    return StaffRoleView(site_id=bound.site_id, role=role)

"""Accounts of staff by invitation: an administrator invites, whoever is invited accepts."""

from uuid import UUID

import pyotp
from litestar import Response, post
from msgspec import UNSET

from api import recovery
from api.addresses import source_of
from api.administering import colleague_at, require_all_sites
from api.callers import staff_caller
from api.exchange import Request, created, read_body
from api.given import GivenMint, GivenProxies, GivenTrial, PathId
from api.inviting import Invited, held, known, make, sealed_phone, send
from api.operations import Auth, Operation, contract
from api.reauthentication import PROOF_ERRORS, require_proof
from api.shapes.invitations import (
    InvitationAcceptance,
    InvitationCode,
    InvitationView,
    RecoveryCodes,
    StaffInvitationView,
    StaffInvite,
    StaffReinvite,
)
from api.site_rota import known_site
from api.staff_sign_in import hash_password, step_of
from domain import inviting, passwords
from domain.decision import Actor
from domain.errors import (
    ActivationRefused,
    IllegalEvent,
    NotEntitled,
    NotFound,
    PasswordWeak,
    ProofRefused,
    SignInBusy,
    SignInSlowed,
    StaffExists,
)
from domain.people import ContactKind, Role, Staff, StaffRole
from domain.records import rota, staff, staff_access
from domain.records.rows import reading, transaction, transaction_of_the_system
from domain.records.write import write
from domain.staff_access import StaffInvitation
from notifications.account_mail import invitation_code
from notifications.trial import Trial, machine_now


@post(
    "/v1/sites/{site_id:uuid}/staff-invitations",
    **contract(
        Operation(
            name="staff.invite",
            tag="Staff",
            summary="Invite somebody new",
            auth=Auth.STAFF,
            body=StaffInvite,
            answers={201: StaffInvitationView},
            errors=(NotFound, NotEntitled, StaffExists, *PROOF_ERRORS),
        )
    ),
)
async def invite(
    request: Request, trial: GivenTrial, mint: GivenMint, proxies: GivenProxies, site_id: PathId
) -> Response[bytes]:
    """Invite somebody to a site by e-mail. The code is good once and for 72 hours.

    For administrators. She chooses password, authenticator and phone herself.
    """
    caller = await staff_caller(request, trial, mint)
    caller.require_administration(site_id)
    body = await read_body(request, StaffInvite)
    await require_proof(request, trial, proxies, caller, body.proof)
    context = trial.context(caller.actor)
    person = Staff(
        id=context.entropy.uuid("staff"),
        name=body.name,
        language=body.language,
        roles=(StaffRole(site_id=site_id, role=Role(body.role)),),
        created_at=context.now,
    )
    email = trial.vault.contact_of_staff(
        context.entropy.uuid("email"), person.id, ContactKind.EMAIL, body.email.strip()
    )
    made = make(trial.vault, person, site_id, context)
    # A row of hers is there before her role at the site is, and her e-mail may be known at another site.
    async with transaction_of_the_system(trial.pool) as connection:
        decision = inviting.invite(made, (person, email), context)
        mailed = await send(trial, connection, made, decision, person, context, request.state.request_id)
    return created(_view(trial, made, is_mailed=mailed))


@post(
    "/v1/sites/{site_id:uuid}/staff/{staff_id:uuid}/invitations",
    **contract(
        Operation(
            name="colleague.invite",
            tag="Staff",
            summary="Invite a colleague anew",
            auth=Auth.STAFF,
            body=StaffReinvite,
            answers={201: StaffInvitationView},
            errors=(NotFound, NotEntitled, IllegalEvent, *PROOF_ERRORS),
        )
    ),
)
async def invite_again(
    request: Request,
    trial: GivenTrial,
    mint: GivenMint,
    proxies: GivenProxies,
    site_id: PathId,
    staff_id: PathId,
) -> Response[bytes]:
    """Invite somebody whose code has expired, or who has lost password and authenticator: see that it is she.

    For administrators of every site she works at. The code before is dead; what she has is good until she accepts.
    """
    caller = await staff_caller(request, trial, mint)
    caller.require_administration(site_id)
    body = await read_body(request, StaffReinvite)
    await require_proof(request, trial, proxies, caller, body.proof)
    context = trial.context(caller.actor)
    # Of every site she works at, also those that the caller does not know of.
    async with transaction_of_the_system(trial.pool) as connection:
        await staff.lock(connection, staff_id)
        person = await colleague_at(connection, site_id, staff_id)
        require_all_sites(caller, person)
        made = make(trial.vault, person, site_id, context)
        unused = await staff_access.unused(connection, staff_id)
        decision = inviting.invite_again(made, unused, context)
        mailed = await send(trial, connection, made, decision, person, context, request.state.request_id)
    return created(_view(trial, made, is_mailed=mailed))


@post(
    "/v1/staff/invitations",
    **contract(
        Operation(
            name="staff-invitation.read",
            tag="Staff",
            summary="Read what a code of mine invites me to",
            auth=Auth.NONE,
            body=InvitationCode,
            answers={200: InvitationView},
            errors=(ActivationRefused, SignInSlowed, SignInBusy),
        )
    ),
)
async def read_invitation(request: Request, trial: GivenTrial, proxies: GivenProxies) -> Response[bytes]:
    """Who is invited, and what the authenticator needs. The code stays good; all refusals are one error."""
    body = await read_body(request, InvitationCode)
    invited = await known(trial, body.code, source_of(request, proxies), request.state.request_id)
    async with reading(trial.pool) as connection:
        site = await known_site(connection, invited.invitation.site_id)
    totp = pyotp.TOTP(invited.totp_secret)
    return created(
        InvitationView(
            name=invited.person.name,
            email=invited.email,
            language="en" if invited.person.language == "en" else "zh-CN",
            site_name=site.name,
            expires_at=invited.invitation.expires_at,
            authenticator=totp.provisioning_uri(name=invited.email, issuer_name="Nightbell"),
            totp_secret=invited.totp_secret,
        ),
        200,
    )


@post(
    "/v1/staff/accounts",
    **contract(
        Operation(
            name="staff-invitation.accept",
            tag="Staff",
            summary="Accept an invitation",
            auth=Auth.NONE,
            body=InvitationAcceptance,
            answers={201: RecoveryCodes},
            errors=(ActivationRefused, ProofRefused, PasswordWeak, SignInSlowed, SignInBusy),
        )
    ),
)
async def accept(request: Request, trial: GivenTrial, proxies: GivenProxies) -> Response[bytes]:
    """Choose the password, show that the authenticator is set up, and sign in from now on. The code is used up.

    Where the answer is lost, sign in and draw new recovery codes.
    """
    body = await read_body(request, InvitationAcceptance)
    invited = await known(trial, body.code, source_of(request, proxies), request.state.request_id)
    passwords.require_fit(body.password, (*invited.person.name.split(), invited.email.partition("@")[0]))
    step = step_of(invited.totp_secret, body.totp, machine_now())
    if step is None:
        raise ProofRefused("These are not the digits of the authenticator that belongs to this code.")
    password_hash, codes = await hash_password(body.password), recovery.draw()
    phone = None if body.phone is UNSET else body.phone
    await _accept(trial, invited, (password_hash, codes, phone, step), request.state.request_id)
    return created(RecoveryCodes(codes=codes))


async def _accept(
    trial: Trial, invited: Invited, chosen: tuple[bytes, tuple[str, ...], str | None, int], request_id: str
) -> None:
    password_hash, codes, phone, step = chosen
    staff_id: UUID = invited.person.id
    context = trial.context(Actor(role="staff", id=staff_id))
    async with transaction(trial.pool) as connection:
        await staff.lock(connection, staff_id)
        made = await staff_access.lock(connection, invited.invitation.id)
        person = await staff.find(connection, staff_id)
        before = await held(connection, staff_id)
        brought = inviting.Chosen(
            password_hash=password_hash,
            code_hashes=tuple(recovery.hash_code(trial.vault, staff_id, each) for each in codes),
            phone=None if phone is None else sealed_phone(trial.vault, before.phone, staff_id, phone),
        )
        decision = inviting.accept(inviting.require_open(made, person, context), before, brought, context)
        await write(connection, decision, request_id=request_id)
        await staff.spend_step(connection, staff_id, step)
        await rota.look_at_sites_of(connection, staff_id, context.now)


def _view(trial: Trial, made: StaffInvitation, *, is_mailed: bool) -> StaffInvitationView:
    return StaffInvitationView(
        invitation_id=made.id,
        staff_id=made.staff_id,
        expires_at=made.expires_at,
        is_mailed=is_mailed,
        code=UNSET if is_mailed else invitation_code(trial.vault, made.id),
    )

"""Who calls: a bearer token, its session as the database has it now, and the person behind it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from api.exchange import Request
from api.tokens import Audience, Claims, TokenMint
from domain import enrolment
from domain.decision import Actor
from domain.errors import NotEntitled, NotFound, TokenRefused
from domain.freshness import Mark
from domain.people import Account, Revocation, Role, Session, Staff
from domain.records import callers
from domain.records.callers import Caller
from domain.records.identity import act_as, of_account, of_staff
from domain.records.rows import Connection, reading
from domain.report import Proof, Sender
from notifications.trial import Trial, machine_now

C = TypeVar("C", bound=Caller)

_WORKING = frozenset({Role.COORDINATOR, Role.INVESTIGATOR})
"""Who registers participants and records what happened at the site."""

_KEEPING_ROTAS = _WORKING | {Role.ADMINISTRATOR}
"""Who says who is on call."""


class AccountCaller(Struct, frozen=True, kw_only=True):
    """A participant or caregiver on a signed-in device."""

    session: Session
    account: Account

    @property
    def actor(self) -> Actor:
        """As the audit trail names her."""
        return Actor(role=self.account.role, id=self.account.id, device_id=self.session.device_id)


class ReportingCaller(AccountCaller, frozen=True, kw_only=True):
    """A participant or caregiver who hands reports in, on a phone whose session may have ended."""

    sender: Sender


class StaffCaller(Struct, frozen=True, kw_only=True):
    """A member of site staff, bound to sites."""

    session: Session
    staff: Staff

    @property
    def actor(self) -> Actor:
        """As the audit trail names her."""
        return Actor(role="staff", id=self.staff.id, device_id=self.session.device_id)

    @property
    def site_ids(self) -> tuple[UUID, ...]:
        """The sites whose records she may know of."""
        return tuple(bound.site_id for bound in self.staff.roles)

    def require_site(self, site_id: UUID) -> Role:
        """Return her role at a site; raise NotFound, for of another site nothing is known to her."""
        role = self.staff.role_at(site_id)
        if role is None:
            raise NotFound("There is no such thing here.")
        return role

    def require_work(self, site_id: UUID) -> None:
        """Raise NotFound or NotEntitled unless she may change records of a site."""
        if self.require_site(site_id) not in _WORKING:
            raise NotEntitled("Your role at this site does not include this.")

    def require_rota(self, site_id: UUID) -> None:
        """Raise NotFound or NotEntitled unless she may change the rota of a site."""
        if self.require_site(site_id) not in _KEEPING_ROTAS:
            raise NotEntitled("Your role at this site does not include this.")

    def require_administration(self, site_id: UUID) -> None:
        """Raise NotFound or NotEntitled unless she may say who works at a site, and sign them out."""
        if self.require_site(site_id) is not Role.ADMINISTRATOR:
            raise NotEntitled("Your role at this site does not include this.")


async def account_caller(request: Request, trial: Trial, mint: TokenMint) -> AccountCaller:
    """Return the signed-in participant or caregiver, and act as her from now on; raise TokenRefused for others."""
    return _as_account(await _signed_in(request, trial, mint, callers.find))


async def marked_caller(request: Request, trial: Trial, mint: TokenMint) -> tuple[AccountCaller, Mark]:
    """As `account_caller`, with the mark of her schedule: one statement, outside a transaction."""
    caller = await _signed_in(request, trial, mint, callers.find_with_mark)
    known = _as_account(caller)
    if caller.mark is None:
        raise NotFound("There is no such site.")
    return known, caller.mark


def _as_account(caller: Caller) -> AccountCaller:
    if caller.account is None:
        raise TokenRefused("This needs the token of a participant or caregiver.")
    act_as(of_account(caller.account.participant_id, caller.account.site_id))
    return AccountCaller(session=caller.session, account=caller.account)


def reporting_claims(request: Request, mint: TokenMint) -> Claims:
    """Return what the token of a report says: nobody is refused for its age (contract.md)."""
    return mint.read(_bearer(request), even_expired=True)


def reporting_caller(claims: Claims, session: Session, account: Account) -> ReportingCaller:
    """Return who reports; raise TokenRefused 30 days after her session."""
    ended, now = enrolment.ends_at(session), machine_now()
    if now >= ended + enrolment.SUBMISSION_LIFE:
        raise TokenRefused("The session has ended; sign in again.")
    goes_on = claims.audience is Audience.ACCESS and now < ended
    sender = Sender(
        session_id=session.id,
        proof=Proof.SESSION if goes_on else Proof.DEVICE,
        is_verified=session.is_vouched_for,
        is_consented=session.revoked_because is not Revocation.CONSENT_WITHDRAWN,
    )
    return ReportingCaller(session=session, account=account, sender=sender)


async def staff_caller(request: Request, trial: Trial, mint: TokenMint) -> StaffCaller:
    """Return the signed-in member of staff, and act as her from now on; raise TokenRefused for others."""
    known = await _signed_in(request, trial, mint, callers.find)
    if known.staff is None:
        raise TokenRefused("This needs the access token of a member of staff.")
    if known.staff.disabled_at is not None:
        raise TokenRefused("This account is closed.")
    caller = StaffCaller(session=known.session, staff=known.staff)
    act_as(of_staff(known.staff.id, caller.site_ids))
    return caller


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused("Send an access token: Authorization: Bearer …")
    return token.strip()


async def _signed_in(
    request: Request,
    trial: Trial,
    mint: TokenMint,
    find: Callable[[Connection, UUID], Awaitable[C | None]],
) -> C:
    claims = mint.read(_bearer(request))
    async with reading(trial.pool) as connection:
        caller = await find(connection, claims.session_id)
    if caller is None or claims.audience is not Audience.ACCESS or caller.session.revoked_at is not None:
        raise TokenRefused("The session has ended; sign in again.")
    return caller

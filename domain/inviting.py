"""Accounts by invitation: an administrator invites, and only who is invited ever knows password and authenticator.

The same way leads back in whoever has lost both: her identity is checked by people who know her.
"""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import recovery, staff_sessions
from domain.decision import Change, Context, Decision
from domain.errors import ActivationRefused, IllegalEvent
from domain.people import Contact, Credential, Revocation, Session, Staff
from domain.staff_access import RecoveryCode, StaffInvitation

CODE_LIFE = timedelta(hours=72)
"""As the code of a participant."""

CODE_LENGTH = 16
"""74 bits."""


class Held(Struct, frozen=True, kw_only=True):
    """What somebody has before she accepts: nothing of it where she is new."""

    credential: Credential | None = None
    phone: Contact | None = None
    codes: tuple[RecoveryCode, ...] = ()
    sessions: tuple[Session, ...] = ()


class Chosen(Struct, frozen=True, kw_only=True):
    """What she brings: hashes of her password and of new recovery codes, and a sealed phone if she gives one."""

    password_hash: bytes
    code_hashes: tuple[bytes, ...]
    phone: Contact | None = None


def invitation(
    invitation_id: UUID,
    person: Staff,
    site_id: UUID,
    code_hash: bytes,
    totp: tuple[str, bytes],
    context: Context,
) -> StaffInvitation:
    """Return a new invitation; `totp` is a key's name and the secret sealed under it.

    Raise IllegalEvent for a closed account.
    """
    if person.disabled_at is not None:
        raise IllegalEvent("This account is closed.")
    return StaffInvitation(
        id=invitation_id,
        site_id=site_id,
        staff_id=person.id,
        code_hash=code_hash,
        totp_key_id=totp[0],
        totp_sealed=totp[1],
        issued_at=context.machine_now,
        issued_by=context.actor.id,
        expires_at=context.machine_now + CODE_LIFE,
    )


def invite(made: StaffInvitation, newcomer: tuple[Staff, Contact], context: Context) -> Decision:
    """Invite somebody new, known by her e-mail; she is on no rota and has no phone yet."""
    person, email = newcomer
    return context.decide("staff.invite", (Change(person), Change(email), Change(made)), site_id=made.site_id)


def invite_again(made: StaffInvitation, unused: tuple[StaffInvitation, ...], context: Context) -> Decision:
    """Invite somebody who is known: the code before is good no more. What she signs in with stays until she accepts."""
    killed = (Change(replace(old, revoked_at=context.machine_now), old) for old in unused)
    return context.decide("staff.invite", (*killed, Change(made)), site_id=made.site_id)


def require_open(made: StaffInvitation | None, person: Staff | None, context: Context) -> StaffInvitation:
    """Return an invitation that is good; raise the one ActivationRefused for wrong, used, expired, revoked, closed."""
    if made is None or person is None or person.disabled_at is not None:
        raise ActivationRefused
    if made.revoked_at or made.redeemed_at or context.machine_now >= made.expires_at:
        raise ActivationRefused
    return made


def accept(made: StaffInvitation, held: Held, chosen: Chosen, context: Context) -> Decision:
    """Take an invitation up: password and authenticator are hers, and whatever was signed in before is out.

    Her PIN stays: it is known to her alone.
    """
    credential = Credential(
        staff_id=made.staff_id,
        password_hash=chosen.password_hash,
        totp_key_id=made.totp_key_id,
        totp_sealed=made.totp_sealed,
        pin_hash=held.credential.pin_hash if held.credential else None,
    )
    changes = (
        Change(credential, held.credential),
        Change(replace(made, redeemed_at=context.machine_now), made),
        *([Change(chosen.phone, held.phone)] if chosen.phone else []),
        *recovery.renewed(made.staff_id, held.codes, chosen.code_hashes, context),
        *(Change(staff_sessions.ended(each, Revocation.PASSWORD, context), each) for each in held.sessions),
    )
    return context.decide("staff-invitation.accept", changes, site_id=made.site_id)

"""From a subject number to a signed-in phone: register, issue a code, activate, rotate.

Token lives are machine time, trial dates are trial time. A lost answer costs nobody a code or a sign-in: the same
device asking again soon gets the same answer (contract.md, activations and tokens).
"""

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import staff_sessions
from domain.decision import Actor, Change, Context, Decision
from domain.errors import (
    ActivationRefused,
    Fault,
    ParticipationEnded,
    SiteNotLive,
    TokenRefused,
    UnknownPhase,
)
from domain.governance import unsigned
from domain.people import (
    Account,
    ActivationCode,
    Participant,
    ParticipantState,
    Revocation,
    Role,
    Session,
    Site,
)
from domain.protocol.schema import Protocol

CODE_LIFE = timedelta(hours=72)
"""An activation code; the enrolment part of the plan."""

ACTIVATION_GRACE = timedelta(minutes=10)
"""The device that redeemed a code gets the same answer again for this long (contract.md)."""

ROTATION_GRACE = timedelta(seconds=60)
"""The device that rotated gets the same successor again for this long (contract.md)."""

REFRESH_LIFE = timedelta(days=90)
"""A family that nobody rotates for this long ends; ours."""

SUBMISSION_LIFE = timedelta(days=30)
"""How long the submission token outlives its session (contract.md)."""

DEFAULT_REMINDER_HOUR = 9


def going_live(protocol: Protocol, mode: str, *, is_approved: bool) -> tuple[Fault, ...]:
    """Return why no site may go live on this protocol: everything unconfirmed, unsigned or not approved (trial.md §1).

    The sandbox runs with it and says so.
    """
    if mode != "production":
        return ()
    faults = [*unsigned(protocol)]
    if not is_approved:
        faults.append(
            Fault(
                "protocol",
                "Not signed: `nightbell protocol approve`, `nightbell rules release`.",
            )
        )
    return tuple(faults)


def register(site: Site, subject_number: str, phase: str, protocol: Protocol, context: Context) -> Decision:
    """Register a participant by subject number; raise SiteNotLive or UnknownPhase."""
    if site.live_since is None:
        raise SiteNotLive("This site is not live: it cannot take participants yet.")
    if phase not in protocol.calendar.phases:
        raise UnknownPhase(
            "The protocol has no such phase.", faults=(Fault("/phase", "There is no such phase."),)
        )
    participant = Participant(
        id=context.entropy.uuid("participant"),
        site_id=site.id,
        subject_number=subject_number,
        phase=phase,
        state=ParticipantState.ENROLLED,
        registered_at=context.now,
    )
    return _about(participant, "participant.register", (Change(participant),), context)


class Invitation(Struct, frozen=True, kw_only=True):
    """Whom a code is for, and how the account starts."""

    role: Role
    language: str
    time_zone: str


def issue_code(
    participant: Participant,
    account: Account | None,
    unused: tuple[ActivationCode, ...],
    lost: tuple[Session, ...],
    invitation: Invitation,
    code_hash: bytes,
    context: Context,
) -> Decision:
    """Issue a one-time code for the participant or the caregiver; a new one kills the old ones.

    `lost` are the phones that are signed out with it: one that is lost must neither read nor confirm anything.
    """
    if participant.state is ParticipantState.ENDED:
        raise ParticipationEnded("This participation has ended.")
    owner = account or new_account(participant, invitation, context)
    code = ActivationCode(
        id=context.entropy.uuid("activation-code"),
        site_id=participant.site_id,
        participant_id=participant.id,
        account_id=owner.id,
        code_hash=code_hash,
        issued_at=context.machine_now,
        expires_at=context.machine_now + CODE_LIFE,
    )
    killed = [Change(replace(old, revoked_at=context.machine_now), old) for old in unused]
    opened = [] if account else [Change(owner)]
    ended = [Change(revoke(each, Revocation.REPLACED, context.machine_now), each) for each in lost]
    return _about(participant, "activation-code.issue", (*opened, *killed, *ended, Change(code)), context)


def activate(
    code: ActivationCode | None,
    session: Session | None,
    account: Account | None,
    device_id: UUID,
    context: Context,
) -> tuple[Session, Decision | None]:
    """Redeem a code on a device; the same device within ten minutes gets its session again, without a change.

    Wrong, used, expired and revoked raise the same ActivationRefused.
    """
    now = context.machine_now
    if code is None or account is None or code.revoked_at is not None:
        raise ActivationRefused
    if code.redeemed_at is not None:
        return _same_device(code, session, device_id, context), None
    if now >= code.expires_at:
        raise ActivationRefused
    opened = Session(
        id=context.entropy.uuid("session"),
        device_id=device_id,
        created_at=now,
        generation=1,
        rotated_at=now,
        account_id=account.id,
        site_id=account.site_id,
        participant_id=account.participant_id,
    )
    redeemed = replace(code, redeemed_at=now, session_id=opened.id)
    decision = Decision(
        action="device.activate",
        actor=Actor(role=account.role, id=account.id, device_id=device_id),
        at=context.now,
        site_id=account.site_id,
        participant_id=account.participant_id,
        changes=(Change(opened), Change(redeemed, code)),
    )
    return opened, decision


class Rotation(Enum):
    """What presenting a refresh token means."""

    NEXT = "next"
    AGAIN = "again"
    REUSE = "reuse"


def rotation(
    session: Session, generation: int, device_id: UUID, context: Context, *, is_needed: bool = False
) -> Rotation:
    """Judge a genuine refresh token of this family; raise TokenRefused if the family has ended.

    `is_needed`: a member of staff is in the middle of an alert, and no clock signs her out.

    The newest token rotates; the one before it, from the same device within 60 s, gets the same successor again;
    anything else is a reuse.
    """
    now = context.machine_now
    if not _goes_on(session, now, is_needed=is_needed):
        raise TokenRefused("The session has ended; sign in again.")
    if device_id != session.device_id:
        return Rotation.REUSE
    if generation == session.generation:
        return Rotation.NEXT
    again = generation == session.generation - 1 and now < session.rotated_at + ROTATION_GRACE
    return Rotation.AGAIN if again else Rotation.REUSE


def rotate(session: Session, verdict: Rotation, context: Context) -> tuple[Session, Decision | None]:
    """Return the session after a rotation, and no change for an answer that is given again.

    What follows from a reuse says `domain.devices.reused`.
    """
    now = context.machine_now
    if verdict is Rotation.AGAIN:
        return session, None
    after = replace(session, generation=session.generation + 1, rotated_at=now)
    return after, _on_session(f"{token_noun(session)}.rotate", session, after, context)


def _goes_on(session: Session, now: datetime, *, is_needed: bool) -> bool:
    if session.staff_id is not None:
        return staff_sessions.goes_on(session, now, is_needed=is_needed)
    return now < ends_at(session)


def ends_at(session: Session) -> datetime:
    """Return when a session ended, or will if nobody rotates its tokens."""
    return session.revoked_at or session.rotated_at + REFRESH_LIFE


def sign_out(session: Session, context: Context) -> Decision:
    """End a session; its submission token lives on for 30 days."""
    ended = revoke(session, Revocation.SIGNED_OUT, context.machine_now)
    return _on_session("token.revoke", session, ended, context)


def revoke(session: Session, because: Revocation, machine_now: datetime) -> Session:
    """Return the session after somebody has ended it."""
    return replace(session, revoked_at=machine_now, revoked_because=because)


def _same_device(code: ActivationCode, session: Session | None, device_id: UUID, context: Context) -> Session:
    redeemed_at = code.redeemed_at
    if session is None or redeemed_at is None or session.device_id != device_id:
        raise ActivationRefused
    fresh = context.machine_now < redeemed_at + ACTIVATION_GRACE
    if not fresh or session.revoked_at is not None or session.generation != 1:
        raise ActivationRefused
    return session


def new_account(participant: Participant, invitation: Invitation, context: Context) -> Account:
    """Return the account of a participant or caregiver as it starts."""
    return Account(
        id=context.entropy.uuid(f"account/{invitation.role}"),
        site_id=participant.site_id,
        participant_id=participant.id,
        role=invitation.role,
        language=invitation.language,
        time_zone=invitation.time_zone,
        reminder_hour=DEFAULT_REMINDER_HOUR,
        created_at=context.now,
    )


def token_noun(session: Session) -> str:
    """Name a session's tokens as the audit trail does: a participant's, or a member of staff's."""
    return "token" if session.staff_id is None else "staff-token"


def _on_session(action: str, before: Session, after: Session, context: Context) -> Decision:
    return context.decide(
        action, (Change(after, before),), site_id=before.site_id, participant_id=before.participant_id
    )


def _about(participant: Participant, action: str, changes: tuple[Change, ...], context: Context) -> Decision:
    return context.decide(action, changes, site_id=participant.site_id, participant_id=participant.id)

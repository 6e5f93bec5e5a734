"""What becomes of the account of a member of staff: another password, and its end."""

from uuid import UUID

from msgspec.structs import replace

from domain import staff_sessions
from domain.decision import Change, Context, Decision
from domain.errors import IllegalEvent
from domain.people import Credential, Revocation, Session, Staff


def set_password(
    credential: Credential, password_hash: bytes, others: tuple[Session, ...], context: Context
) -> Decision:
    """Give her another password; `others` are her other sessions, which end: whoever knew the old one is out."""
    changed = replace(credential, password_hash=password_hash)
    ended = (Change(staff_sessions.ended(each, Revocation.PASSWORD, context), each) for each in others)
    return context.decide("password.set", (Change(changed, credential), *ended), site_id=None)


def close(
    person: Staff, sessions: tuple[Session, ...], site_id: UUID | None, reason: str, context: Context
) -> Decision | None:
    """Close an account: nobody signs in by it, nobody is rung by it any more. None if it is closed already.

    Raises IllegalEvent for one's own: a mistake would leave nobody to mend it.
    """
    if person.id == context.actor.id:
        raise IllegalEvent("Your own account is closed by another administrator.")
    if person.disabled_at is not None:
        return None
    closed = Change(replace(person, disabled_at=context.now), person)
    ended = (Change(staff_sessions.ended(each, Revocation.ADMINISTRATOR, context), each) for each in sessions)
    return context.decide("staff.close", (closed, *ended), site_id=site_id, reason=reason)

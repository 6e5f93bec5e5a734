"""How long a member of staff stays signed in, and who else may end it. All instants are machine time.

A session ends by its age only when its tokens are rotated, and not while its holder is needed for an alert: whoever is
in the middle of one is never thrown out by a clock.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.people import Revocation, Session

IDLE_LIFE = timedelta(hours=72)
"""Nobody has rotated for this long: a weekend in a drawer. Ours."""

LIFE = timedelta(days=14)
"""From the sign-in on, however busy; ours. NIST SP 800-63B wants less, and ours asks again before what matters."""

SIGN_IN_GRACE = timedelta(seconds=60)
"""The device that signed in gets its session again for this long, by the same digits; as a rotation does. Ours."""

NEEDED_LONGER = timedelta(hours=24)
"""How long a session may outlive its end while its holder is needed; ours."""


def ends_at(session: Session) -> datetime:
    """Return when a session that nobody ends will end, if its tokens are not rotated before."""
    return min(session.rotated_at + IDLE_LIFE, session.created_at + LIFE)


def signed_in(staff_id: UUID, device_id: UUID, context: Context) -> Session:
    """Return the session that a sign-in opens on a device."""
    return Session(
        id=context.entropy.uuid("session"),
        device_id=device_id,
        created_at=context.machine_now,
        generation=1,
        rotated_at=context.machine_now,
        staff_id=staff_id,
    )


def is_given_again(session: Session, device_id: UUID, now: datetime) -> bool:
    """Say whether an answer may have been lost: the same device asks again soon, and nobody has used the session."""
    fresh = now < session.created_at + SIGN_IN_GRACE
    untouched = session.revoked_at is None and session.generation == 1
    return fresh and untouched and session.device_id == device_id


def goes_on(session: Session, now: datetime, *, is_needed: bool) -> bool:
    """Say whether its tokens may be rotated; `is_needed`: its holder is in the middle of an alert."""
    if session.revoked_at is not None:
        return False
    return now < ends_at(session) + (NEEDED_LONGER if is_needed else timedelta())


def end(session: Session, because: Revocation, context: Context, site_id: UUID | None = None) -> Decision:
    """End a session that goes on, by its holder or by an administrator of `site_id`."""
    return context.decide(
        "staff-session.end", (Change(ended(session, because, context), session),), site_id=site_id
    )


def ended(session: Session, because: Revocation, context: Context) -> Session:
    """Return a session as somebody has just ended it."""
    return replace(session, revoked_at=context.machine_now, revoked_because=because)

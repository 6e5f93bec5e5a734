"""A participant's phones as her site sees them. Replacing one is the site's act (contract.md).

A phone that the site has replaced reads and confirms nothing any more. What waits on it unsent can still be handed in
for 30 days: it is kept apart, rings once in six hours, and counts for nothing else (cases.md 21).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.enrolment import ends_at, revoke, token_noun
from domain.people import Revocation, Session
from domain.task import Task, TaskKind

REUSE_TASK_DUE = timedelta(hours=1)
"""A token was stolen, or her own phone lost an answer: until she has a new code it rings once in six hours. Ours."""


class DeviceState(StrEnum):
    """What a phone is now: signed in, or why it is not."""

    SIGNED_IN = "signed-in"
    EXPIRED = "expired"
    SIGNED_OUT = "signed-out"
    REPLACED = "replaced"
    REUSED = "reused"
    ENDED = "ended"
    CONSENT_WITHDRAWN = "consent-withdrawn"


def state_of(session: Session, machine_now: datetime) -> DeviceState:
    """Say what a phone is at `machine_now`."""
    if session.revoked_at is None:
        return DeviceState.SIGNED_IN if machine_now < ends_at(session) else DeviceState.EXPIRED
    # Rows from before the reason was kept were signed out.
    return DeviceState(session.revoked_because or Revocation.SIGNED_OUT)


def replaced(session: Session, context: Context) -> Decision | None:
    """Take a phone out of use; None if nobody vouches for it already.

    One that was signed out, or whose participation has ended, could still hand in as hers: no longer.
    """
    if not session.is_vouched_for:
        return None
    after = revoke(session, Revocation.REPLACED, context.machine_now)
    if session.revoked_at is not None:
        after = replace(after, revoked_at=session.revoked_at)
    return context.decide(
        "device.revoke",
        (Change(after, session),),
        site_id=session.site_id,
        participant_id=session.participant_id,
    )


def reused(session: Session, context: Context) -> Decision:
    """End a family of tokens of which a used one was presented: a security event of its own name.

    Somebody else may hold a token of hers. A participant's site is told, for she is signed out: she needs a new code.
    """
    ended = Change(revoke(session, Revocation.REUSED, context.machine_now), session)
    return context.decide(
        f"{token_noun(session)}.reuse",
        (ended, *_told(session, context)),
        site_id=session.site_id,
        participant_id=session.participant_id,
    )


def _told(session: Session, context: Context) -> tuple[Change, ...]:
    if session.site_id is None:
        return ()
    task = Task(
        id=context.entropy.uuid("task/token-reuse"),
        site_id=session.site_id,
        participant_id=session.participant_id,
        kind=TaskKind.TOKEN_REUSE,
        about_id=session.id,
        created_at=context.now,
        due_at=context.now + REUSE_TASK_DUE,
    )
    return (Change(task),)

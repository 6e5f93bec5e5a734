"""Consents one by one: data, SMS, a caregiver's access; each can be taken back, and it counts from the commit on.

What follows from a withdrawal is a proposal that the trial must confirm (docs/privacy.md): records stay, nothing more
is asked of anybody, and whoever rings all the same is still heard. Consents to SMS are recorded in `domain.reach`,
with the number they are for.
"""

from datetime import date
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import enrolment, reminding
from domain.decision import Change, Context, Decision
from domain.delivery import ReminderText
from domain.errors import BodyInvalid, ConsentMissing, Fault, ParticipationEnded
from domain.people import (
    Account,
    ActivationCode,
    CalendarFeed,
    Participant,
    ParticipantState,
    Revocation,
    Role,
    Session,
)
from domain.reminder import Consent, ConsentKind


class Paper(Struct, frozen=True, kw_only=True):
    """What was signed: the version of the paper, and the day by the site's calendar."""

    version: str
    given_on: date


class Held(Struct, frozen=True, kw_only=True):
    """What an account has that a withdrawal may end, loaded under the participant's lock."""

    account: Account
    sms: Consent | None
    feed: CalendarFeed | None
    sessions: tuple[Session, ...]
    """Those that go on."""
    codes: tuple[ActivationCode, ...]
    """Those that could still be redeemed."""


def record(
    participant: Participant,
    kind: ConsentKind,
    known: Consent | None,
    paper: Paper,
    today: date,
    staff_id: UUID,
    context: Context,
) -> Decision | None:
    """Record a consent on paper; one on another paper closes it, and stays. None if it is on record so.

    Raises ParticipationEnded, and BodyInvalid for a day that lies ahead.
    """
    if participant.state is ParticipantState.ENDED:
        raise ParticipationEnded("This participation has ended.")
    if paper.given_on > today:
        fault = Fault("/consentedOn", "must not be in the future")
        raise BodyInvalid("What has not happened cannot be recorded.", faults=(fault,))
    if known is not None and (known.version, known.given_on) == (paper.version, paper.given_on):
        return None
    given = Consent(
        id=context.entropy.uuid(f"consent/{kind}"),
        site_id=participant.site_id,
        participant_id=participant.id,
        account_id=None,
        given_on=paper.given_on,
        recorded_at=context.now,
        recorded_by=staff_id,
        kind=kind,
        version=paper.version,
    )
    closed = () if known is None else (_withdrawn(known, context),)
    return _about(participant, "consent.record", (*closed, Change(given)), context)


def withdraw(
    participant: Participant,
    known: Consent | None,
    holdings: tuple[Held, ...],
    texts: tuple[ReminderText, ...],
    context: Context,
) -> Decision | None:
    """Take a consent back, and with it everything that rests on it; None if there is none in force.

    `holdings` are those of the accounts that it was for, `texts` what waits to be sent to any of them.
    """
    if known is None:
        return None
    lost = [change for held in holdings for change in _lost(held, context)]
    whose = {held.account.id for held in holdings}
    waiting = tuple(each for each in texts if each.account_id in whose)
    taken_back = reminding.cancel(waiting, context.now)
    changes = (_withdrawn(known, context), *lost, *taken_back)
    return _about(participant, "consent.withdraw", changes, context)


def of_whom(kind: ConsentKind) -> frozenset[Role]:
    """Return whose accounts rest on a consent."""
    return frozenset(
        {Role.CAREGIVER} if kind is ConsentKind.CAREGIVER_ACCESS else {Role.PARTICIPANT, Role.CAREGIVER}
    )


def require_for_code(role: Role, history: tuple[Consent, ...]) -> None:
    """Raise ConsentMissing where nobody may be let in: a caregiver without consent, anybody once data is withdrawn."""
    if role is Role.CAREGIVER and not _is_in_force(ConsentKind.CAREGIVER_ACCESS, history):
        raise ConsentMissing("Record first that she consents to a caregiver's access.")
    if is_withdrawn(ConsentKind.DATA, history):
        raise ConsentMissing("The consent to the processing of her data is withdrawn.")


def lets_in(participant: Participant, role: Role, history: tuple[Consent, ...]) -> bool:
    """Say whether a code that is good still opens anything, looked at under the participant's lock."""
    if participant.state is ParticipantState.ENDED:
        return False
    try:
        require_for_code(role, history)
    except ConsentMissing:
        return False
    return True


def is_withdrawn(kind: ConsentKind, history: tuple[Consent, ...]) -> bool:
    """Whether a consent was given and taken back, and not given again."""
    return any(each.kind is kind for each in history) and not _is_in_force(kind, history)


def _is_in_force(kind: ConsentKind, history: tuple[Consent, ...]) -> bool:
    return any(each.kind is kind and each.withdrawn_at is None for each in history)


def _lost(held: Held, context: Context) -> list[Change]:
    now = context.machine_now
    sms = [] if held.sms is None else [_withdrawn(held.sms, context)]
    feed = [] if held.feed is None else [Change(replace(held.feed, revoked_at=context.now), held.feed)]
    sessions = [
        Change(enrolment.revoke(each, Revocation.CONSENT_WITHDRAWN, now), each) for each in held.sessions
    ]
    codes = [Change(replace(each, revoked_at=now), each) for each in held.codes]
    return [*sms, *feed, *sessions, *codes]


def _withdrawn(known: Consent, context: Context) -> Change:
    return Change(replace(known, withdrawn_at=context.now), known)


def _about(participant: Participant, action: str, changes: tuple[Change, ...], context: Context) -> Decision:
    return context.decide(action, changes, site_id=participant.site_id, participant_id=participant.id)

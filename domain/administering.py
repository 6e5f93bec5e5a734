"""The days on which a participant was given the medicine: recorded, and corrected. The plan follows from them.

Nothing is said here, or anywhere, about what was given.
"""

from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import planning
from domain.decision import Change, Context, Decision
from domain.errors import AdministrationExists, BodyInvalid, Fault, NotFound, ParticipationEnded
from domain.people import Administration, Participant, ParticipantState
from domain.plan import PlanCause
from domain.planning import Planned
from domain.protocol.schema import Protocol

_FARTHEST_AHEAD = timedelta(hours=14)
"""No zone is farther ahead of UTC."""


def administer(
    before: Planned,
    given: tuple[Administration, ...],
    on: date,
    staff_id: UUID,
    protocol: Protocol,
    context: Context,
) -> Decision:
    """Record an administration date, which sets or moves the anchor: a new version of the plan follows.

    Raises ParticipationEnded, AdministrationExists, and BodyInvalid for a date that has begun nowhere on Earth yet.
    """
    participant = before.participant
    _require_possible(participant, given, on, context)
    administration = Administration(
        id=context.entropy.uuid("administration"),
        site_id=participant.site_id,
        participant_id=participant.id,
        number=len(given) + 1,
        given_on=on,
        recorded_at=context.now,
        recorded_by=staff_id,
    )
    plan = planning.replan(before, (*given, administration), PlanCause.ADMINISTRATION, protocol, context)
    return context.decide(
        "administration.record",
        (Change(administration), *plan),
        site_id=participant.site_id,
        participant_id=participant.id,
    )


class Correction(Struct, frozen=True, kw_only=True):
    """The right day of an administration, who says so, and why the wrong one stood there."""

    number: int
    given_on: date
    staff_id: UUID
    reason: str


def correct(
    before: Planned,
    given: tuple[Administration, ...],
    correction: Correction,
    protocol: Protocol,
    context: Context,
) -> Decision | None:
    """Correct the day of an administration: a new version of the plan follows. None if it has that day already.

    Raises NotFound for a number that was never given, and what `administer` raises.
    """
    known = next((each for each in given if each.number == correction.number), None)
    if known is None:
        raise NotFound("There is no administration of this number.")
    if known.given_on == correction.given_on:
        return None
    others = tuple(each for each in given if each is not known)
    _require_possible(before.participant, others, correction.given_on, context)
    right = replace(
        known,
        given_on=correction.given_on,
        recorded_at=context.now,
        recorded_by=correction.staff_id,
    )
    plan = planning.replan(before, (*others, right), PlanCause.CORRECTION, protocol, context)
    return context.decide(
        "administration.correct",
        (Change(right, known), *plan),
        site_id=right.site_id,
        participant_id=right.participant_id,
        reason=correction.reason,
    )


def _require_possible(
    participant: Participant, others: tuple[Administration, ...], on: date, context: Context
) -> None:
    if participant.state is ParticipantState.ENDED:
        raise ParticipationEnded("This participation has ended.")
    if on > (context.now + _FARTHEST_AHEAD).date():
        fault = Fault("/givenOn", "must not be in the future")
        raise BodyInvalid("What has not happened cannot be recorded.", faults=(fault,))
    if any(each.given_on == on for each in others):
        raise AdministrationExists("An administration on this date is recorded already.")

"""The end of a participation (contract.md, `POST …/{id}/end`).

From the commit on nothing goes to participant or caregiver: the plan is closed, texts that are not sent are taken back
and looked at again just before any send, sessions end, unused codes die. Open alerts run on: somebody is being looked
for. Submission tokens live 30 days longer, so that what is still on a phone can be handed in.
"""

from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain import enrolment, planning
from domain.decision import Change, Context, Decision
from domain.delivery import ReminderText
from domain.errors import BodyInvalid, Fault, IllegalEvent
from domain.people import ActivationCode, EndReason, Participant, ParticipantState, Revocation, Session
from domain.plan import PlanVersion

FEED_LIFE = timedelta(days=30)
"""So long other calendars may read that everything is cancelled; ours, as the submission token's life."""


class Ending(Struct, frozen=True, kw_only=True):
    """What ends with the participation, loaded under the participant's lock."""

    participant: Participant
    plan: PlanVersion | None
    texts: tuple[ReminderText, ...]
    sessions: tuple[Session, ...]
    """Those that go on, of participant and caregiver."""
    codes: tuple[ActivationCode, ...]
    """Those that could still be redeemed."""


def end(before: Ending, reason: EndReason, ended_on: date, today: date, context: Context) -> Decision | None:
    """End a participation; None if it has ended so already. Raises IllegalEvent for another end, BodyInvalid."""
    known = before.participant
    if known.state is ParticipantState.ENDED:
        if (known.end_reason, known.ended_on) == (reason, ended_on):
            return None
        raise IllegalEvent("This participation has ended already, in another way.")
    if ended_on > today:
        fault = Fault("/endedOn", "must not be in the future")
        raise BodyInvalid("What has not happened cannot be recorded.", faults=(fault,))
    ended = replace(
        known, state=ParticipantState.ENDED, end_reason=reason, ended_on=ended_on, ended_at=context.now
    )
    now = context.machine_now
    return context.decide(
        "participant.end",
        (
            Change(ended, known),
            *planning.close(before.plan, before.texts, context),
            *(Change(enrolment.revoke(each, Revocation.ENDED, now), each) for each in before.sessions),
            *(Change(replace(each, revoked_at=now), each) for each in before.codes),
        ),
        site_id=known.site_id,
        participant_id=known.id,
    )


def is_forgotten(participant: Participant, now: datetime) -> bool:
    """Say whether the participation ended so long ago that not even a calendar is answered any more."""
    return participant.ended_at is not None and now >= participant.ended_at + FEED_LIFE

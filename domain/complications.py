"""A complication that a site records: a fact of the site's, never concluded from reports (trial.md §1)."""

from datetime import date
from uuid import UUID

from domain.decision import Change, Context, Decision
from domain.errors import BodyInvalid, Fault
from domain.people import ComplicationRecord, Participant
from domain.protocol.reminders import Complication


def record(
    participant: Participant,
    kind: Complication,
    occurred_on: date,
    today: date,
    staff_id: UUID,
    context: Context,
) -> Decision:
    """Record one of the four complications on a day of the site, today at the latest; raises BodyInvalid."""
    if occurred_on > today:
        fault = Fault("/occurredOn", "must not be in the future")
        raise BodyInvalid("What has not happened cannot be recorded.", faults=(fault,))
    complication = ComplicationRecord(
        id=context.entropy.uuid("complication"),
        site_id=participant.site_id,
        participant_id=participant.id,
        kind=kind,
        occurred_on=occurred_on,
        recorded_at=context.now,
        recorded_by=staff_id,
    )
    return context.decide(
        "complication.record",
        (Change(complication),),
        site_id=participant.site_id,
        participant_id=participant.id,
    )

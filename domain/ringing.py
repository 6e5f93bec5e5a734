"""From what must be heard to an alert that rings: a new one, another round of the live one, or a silent repeat."""

from uuid import UUID

from msgspec import Struct

from domain import escalation, paging
from domain.climb import climb_for
from domain.decision import Change, Context
from domain.escalation import Alert, AlertState, Roster
from domain.protocol.schema import Protocol
from domain.triage import Triage


class Bell(Struct, frozen=True, kw_only=True):
    """What ringing for a participant is decided on, loaded under her lock."""

    site_id: UUID
    participant_id: UUID
    time_zone: str
    """The site's."""
    live: Alert | None
    roster: Roster


def ring(
    bell: Bell, triage: Triage, protocol: Protocol, context: Context
) -> tuple[Alert | None, list[Change]]:
    """Ring for what was judged, if its level pages; return the alert it belongs to, and all that changes."""
    if not escalation.is_paging(triage.level):
        return None, []
    before = bell.live
    if before is not None and not escalation.rings_again(before, triage, context.now):
        joined = escalation.join(before)
        return joined, [] if joined == before else [Change(joined, before)]
    alert = _opened(bell, triage, protocol, context)
    rung, changes = paging.ring(alert, bell.roster, protocol.escalation, context)
    rung = escalation.keep_pace(rung, before)
    return rung, [Change(rung, before), *changes]


def _opened(bell: Bell, triage: Triage, protocol: Protocol, context: Context) -> Alert:
    climb = climb_for(protocol.escalation, triage.level, bell.time_zone)
    if bell.live is not None:
        return escalation.ring(bell.live, triage, climb, context.now)
    return Alert(
        id=context.entropy.uuid("alert"),
        site_id=bell.site_id,
        participant_id=bell.participant_id,
        level=triage.level,
        signals=triage.signals,
        state=AlertState.OPEN,
        opened_at=context.now,
        climb=climb,
        round=1,
        round_started_at=context.now,
        step=0,
        due_at=context.now,
    )

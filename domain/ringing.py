"""From what must be heard to an alert that rings: a new one, another round of the live one, or a silent repeat."""

from uuid import UUID

from msgspec import Struct

from domain import escalation, paging, rounds
from domain.climb import Climb, climb_for
from domain.decision import Change, Context
from domain.escalation import Alert, AlertState
from domain.protocol.schema import Protocol
from domain.roster import Roster
from domain.site_policy import SitePolicy
from domain.triage import Triage


class Bell(Struct, frozen=True, kw_only=True):
    """What ringing for a participant is decided on, loaded under her lock."""

    site_id: UUID
    participant_id: UUID
    time_zone: str
    """The site's."""
    live: Alert | None
    roster: Roster
    policy: SitePolicy | None = None
    """The site's own, where it has one."""


class Rung(Struct, frozen=True):
    """What came of it: the alert it belongs to, whether a round began with it now, and all that changes."""

    alert: Alert | None
    began: bool = False
    changes: tuple[Change, ...] = ()


def ring(bell: Bell, triage: Triage, protocol: Protocol, context: Context) -> Rung:
    """Ring for what was judged, if its level pages."""
    if not escalation.is_paging(triage.level):
        return Rung(None)
    before = bell.live
    if before is None:
        return _begun(_first(bell, triage, protocol, context), bell, protocol, context)
    if not escalation.rings_again(before, triage, context.now):
        return join(bell, triage)
    if rounds.is_held(before, triage, context.now):
        return _held(bell, before, triage, protocol, context)
    louder = rounds.begin(before, triage, _climb(bell, triage, protocol), context.now)
    return _begun(louder, bell, protocol, context)


def join(bell: Bell, triage: Triage) -> Rung:
    """Add to the alert that is running, without a sound; to none where none runs or it was answered."""
    before = bell.live
    if not escalation.is_paging(triage.level) or before is None or before.state is AlertState.CONTACTED:
        return Rung(None)
    joined = escalation.join(before)
    return Rung(joined, changes=() if joined == before else (Change(joined, before),))


def _held(bell: Bell, before: Alert, triage: Triage, protocol: Protocol, context: Context) -> Rung:
    """Join what still rings; what was answered rings later, since nobody would hear of this otherwise."""
    if before.state is not AlertState.CONTACTED:
        return join(bell, triage)
    deferred = rounds.defer(before, triage, _climb(bell, triage, protocol), context.now)
    return Rung(deferred, changes=(Change(deferred, before),))


def _begun(alert: Alert, bell: Bell, protocol: Protocol, context: Context) -> Rung:
    rung, changes = paging.ring(alert, bell.roster, protocol.escalation, context)
    rung = rounds.keep_pace(rung, bell.live)
    return Rung(rung, began=True, changes=(Change(rung, bell.live), *changes))


def _first(bell: Bell, triage: Triage, protocol: Protocol, context: Context) -> Alert:
    return Alert(
        id=context.entropy.uuid("alert"),
        site_id=bell.site_id,
        participant_id=bell.participant_id,
        level=triage.level,
        signals=triage.signals,
        state=AlertState.OPEN,
        opened_at=context.now,
        climb=_climb(bell, triage, protocol),
        round=1,
        round_started_at=context.now,
        step=0,
        due_at=context.now,
        rang_at=(context.now,),
    )


def _climb(bell: Bell, triage: Triage, protocol: Protocol) -> Climb:
    return climb_for(protocol.escalation, triage.level, bell.time_zone, bell.policy)

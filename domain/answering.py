"""What people do about an alert: take it, pass it on, reach the patient, put it away (contract.md, Site staff).

Whoever does it is a named person entitled to it, by whichever way she answers: an investigator of the site, or somebody
whom this alert has paged. One of two wins, and the other is told who was first.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.acts import ActKind, AlertAct, Via
from domain.candidate import EventCandidate
from domain.contact import ContactOutcome, Disposition
from domain.decision import Change, Context, Decision
from domain.delivery import Message
from domain.errors import AlreadyAcknowledged, IllegalEvent, NotEntitled
from domain.escalation import Alert, AlertEvent, AlertState, move, new_round
from domain.people import Role, Staff
from domain.signature import Signature

_TREATING = frozenset({Role.COORDINATOR, Role.INVESTIGATOR})
"""Who can come to hold an alert."""


class Answer(Struct, frozen=True, kw_only=True):
    """Who answers, how, and whom the alert has paged so far."""

    staff: Staff
    via: Via = Via.WORK_LIST
    paged: frozenset[UUID] = frozenset()
    ringing: frozenset[UUID] = frozenset()
    """Whom the step now waiting has rung."""


def answer_of(staff: Staff, alert: Alert, messages: Sequence[Message], via: Via = Via.WORK_LIST) -> Answer:
    """Return who answers an alert, given all of its messages."""
    waiting = (alert.round, alert.step - 1)
    return Answer(
        staff=staff,
        via=via,
        paged=frozenset(each.staff_id for each in messages),
        ringing=frozenset(each.staff_id for each in messages if (each.round, each.step) == waiting),
    )


def may_take(alert: Alert, answer: Answer) -> bool:
    """Say who may answer: an investigator of the site, or whoever this alert has paged (contract.md).

    A drill is answered by those it rings alone: it shows that they can be reached, and nobody else.
    """
    staff = answer.staff
    role = staff.role_at(alert.site_id)
    if alert.is_drill:
        return role is not None and staff.id in answer.paged
    return role is Role.INVESTIGATOR or (role is not None and staff.id in answer.paged)


def acknowledge(alert: Alert, answer: Answer, now: datetime) -> Alert | None:
    """Take the alert. None if this person holds it already; raise NotEntitled or AlreadyAcknowledged."""
    _require_entitled(alert, answer)
    if alert.state in {AlertState.ACKNOWLEDGED, AlertState.CONTACTED}:
        if alert.acknowledged_by != answer.staff.id:
            _refuse(alert)
        return None
    return replace(
        alert,
        state=move(alert, AlertEvent.ACKNOWLEDGE),
        # She could not, and can after all.
        declined_by=tuple(each for each in alert.declined_by if each != answer.staff.id),
        acknowledged_by=answer.staff.id,
        acknowledged_at=now,
        # Nobody is to be reached after a drill: it ends at once (domain/drilling.py).
        due_at=now if alert.is_drill else now + alert.climb.at(now).contact_within,
    )


def decline(alert: Alert, answer: Answer, now: datetime) -> Alert | None:
    """Say that she cannot: the next step rings at once. None if she has said so; raise as `acknowledge`.

    Whoever holds the alert gives it back so, and whoever had declined before is still not asked again. Where
    everyone is being rung already, it is only noted.
    """
    _require_entitled(alert, answer)
    staff_id = answer.staff.id
    if staff_id in alert.declined_by and alert.acknowledged_by != staff_id:
        return None
    if alert.state is AlertState.ACKNOWLEDGED:
        if alert.acknowledged_by != staff_id:
            _refuse(alert)
        given_back = new_round(alert, move(alert, AlertEvent.DECLINE), alert.step, now)
        return replace(given_back, declined_by=tuple(dict.fromkeys((*alert.declined_by, staff_id))))
    state = move(alert, AlertEvent.DECLINE)
    waits_for_her = state is AlertState.OPEN and staff_id in answer.ringing
    return replace(
        alert,
        state=state,
        declined_by=(*alert.declined_by, staff_id),
        due_at=now if waits_for_her else alert.due_at,
    )


def contact(alert: Alert, staff: Staff, outcome: ContactOutcome, now: datetime) -> Alert | None:
    """Record that the patient was reached; only whoever holds the alert may (trial.md §3).

    None if this person has recorded this outcome already: a lost answer is asked for again. Raise NotEntitled,
    AlreadyAcknowledged, or IllegalEvent before an acknowledgement, and for a drill, which is about nobody.
    """
    if alert.is_drill:
        raise IllegalEvent("A drill is about nobody: there is no contact to record.")
    _require_part(alert, staff)
    if (alert.acknowledged_by, alert.contact_outcome) == (staff.id, outcome):
        return None
    state = move(alert, AlertEvent.CONTACT)
    if alert.acknowledged_by != staff.id:
        _refuse(alert)
    return replace(alert, state=state, contacted_at=now, contact_outcome=outcome, due_at=None)


def require_holder(alert: Alert, staff: Staff) -> None:
    """Raise NotEntitled, AlreadyAcknowledged or IllegalEvent unless she holds the alert now."""
    _require_part(alert, staff)
    if alert.state not in {AlertState.ACKNOWLEDGED, AlertState.CONTACTED}:
        raise IllegalEvent("This is for whoever holds the alert: take it first.")
    if alert.acknowledged_by != staff.id:
        _refuse(alert)


def reveal(alert: Alert, answer: Answer, context: Context) -> Decision:
    """Record that she asks for the numbers to call: only whoever holds the alert may (contract.md).

    What is shown is shown after this is stored. Raises as `require_holder`.
    """
    require_holder(alert, answer.staff)
    return about("alert.reveal", (Change(act(alert, ActKind.REVEAL, answer, context)),), alert, context)


def tried(alert: Alert, answer: Answer, context: Context) -> Decision:
    """Record that nobody answered: no contact, so the acknowledgement lapses all the same (trial.md §3).

    Raises as `require_holder`.
    """
    require_holder(alert, answer.staff)
    return about("alert.try", (Change(act(alert, ActKind.TRY, answer, context)),), alert, context)


def resolve(alert: Alert, staff: Staff, disposition: Disposition, now: datetime) -> Alert | None:
    """Put an alert away after the contact: whoever holds it, or an investigator of the site.

    None if this person has said so already; raise NotEntitled, or IllegalEvent before a contact.
    """
    if (alert.resolved_by, alert.disposition) == (staff.id, disposition):
        return None
    if alert.acknowledged_by != staff.id and staff.role_at(alert.site_id) is not Role.INVESTIGATOR:
        raise NotEntitled("Only whoever holds this alert, or an investigator of this site, can resolve it.")
    state = move(alert, AlertEvent.RESOLVE)
    return replace(
        alert, state=state, due_at=None, resolved_by=staff.id, resolved_at=now, disposition=disposition
    )


def act(
    alert: Alert, kind: ActKind, answer: Answer, context: Context, said: str = "", note: str = ""
) -> AlertAct:
    """Return the record of what somebody did."""
    return AlertAct(
        id=context.entropy.uuid(f"act/{kind}"),
        site_id=alert.site_id,
        participant_id=alert.participant_id,
        alert_id=alert.id,
        staff_id=answer.staff.id,
        kind=kind,
        via=answer.via,
        round=alert.round,
        at=context.now,
        said=said,
        note=note,
    )


def decided(
    kind: ActKind, after: Alert | None, before: Alert, answer: Answer, context: Context, said: str = ""
) -> Decision | None:
    """Return the decision of an act that moved an alert; None if it moved nothing."""
    if after is None:
        return None
    changes = (Change(after, before), Change(act(before, kind, answer, context, said)))
    return about(f"alert.{kind}", changes, before, context)


def put_away(
    after: Alert,
    before: Alert,
    left: EventCandidate | None,
    answer: Answer,
    note: str,
    signature: Signature,
    context: Context,
) -> Decision:
    """Return the decision of a resolution, with the signature under it and the candidate it leaves behind."""
    said = "" if after.disposition is None else after.disposition.value
    made = act(before, ActKind.RESOLVE, answer, context, said, note)
    candidates = [] if left is None else [Change(left)]
    changes = (Change(after, before), Change(made), Change(signature), *candidates)
    return about("alert.resolve", changes, before, context)


def about(action: str, changes: tuple[Change, ...], alert: Alert, context: Context) -> Decision:
    """Return a decision about an alert."""
    return context.decide(action, changes, site_id=alert.site_id, participant_id=alert.participant_id)


def _require_entitled(alert: Alert, answer: Answer) -> None:
    if not may_take(alert, answer):
        raise NotEntitled("Only an investigator of this site or somebody this alert has paged can take it.")


def _require_part(alert: Alert, staff: Staff) -> None:
    """Tell those who only look that they may not act, before anything about the state of the alert."""
    if alert.acknowledged_by != staff.id and staff.role_at(alert.site_id) not in _TREATING:
        raise NotEntitled("Your role at this site does not include this.")


def _refuse(alert: Alert) -> NoReturn:
    raise AlreadyAcknowledged("Somebody else has taken this alert.", holder=alert.acknowledged_by)

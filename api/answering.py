"""Answering an alert by the page that rang it: by its link or its code, as whoever it was sent to (cases.md 12)."""

from uuid import UUID

from api.answer_page import Rung
from api.work_list import named
from domain import answering
from domain.acts import ActKind, Via
from domain.answering import answer_of
from domain.decision import Actor
from domain.delivery import Message
from domain.errors import AlreadyAcknowledged, IllegalEvent
from domain.escalation import Alert
from domain.paged import Standing, standing
from domain.people import Staff
from domain.records import alerts, messages, sites, staff
from domain.records.rows import Connection, transaction
from domain.records.write import write
from notifications.trial import Trial

WAYS = {ActKind.ACKNOWLEDGE: answering.acknowledge, ActKind.DECLINE: answering.decline}
"""What can be answered by a page."""

_OVER = frozenset({Standing.REPLACED, Standing.ENDED})


async def rung_by(connection: Connection, message: Message) -> Rung | None:
    """Return all that a page shows, as it is now; None where something of it is gone."""
    alert = await alerts.find(connection, message.alert_id)
    site = None if alert is None else await sites.find(connection, alert.site_id)
    recipient = await staff.find(connection, message.staff_id)
    if alert is None or site is None or recipient is None:
        return None
    holder = alert.acknowledged_by and await staff.find(connection, alert.acknowledged_by)
    credential = await staff.credential(connection, recipient.id)
    return Rung(
        message=message,
        alert=alert,
        site=site,
        recipient=recipient,
        holder=holder or None,
        has_pin=credential is not None and credential.pin_hash is not None,
    )


async def answer_by(
    trial: Trial, message: Message, person: Staff, act: ActKind, via: Via, request_id: str
) -> tuple[Alert, bool]:
    """Answer the alert of a page, and return it as it is then, and whether this has changed it.

    Raise AlreadyAcknowledged with the holder's name, IllegalEvent where the page answers nothing any more, NotEntitled.
    """
    async with transaction(trial.pool) as connection:
        alert = await alerts.hold(connection, message.alert_id)
        if alert is None:
            raise IllegalEvent("This alert is gone.")
        _require_answerable(message, alert)
        if act is ActKind.DECLINE and standing(message, alert) is Standing.YOURS:
            # Her page has done its part: what she holds she gives back in the work list.
            return alert, False
        context = trial.context(Actor(role="staff", id=person.id))
        answer = answer_of(person, alert, await messages.of_alert(connection, alert.id), via)
        try:
            after = WAYS[act](alert, answer, context.now)
        except AlreadyAcknowledged as refusal:
            raise await named(connection, refusal) from None
        decision = answering.decided(act, after, alert, answer, context)
        await write(connection, decision, request_id=request_id)
    return after or alert, after is not None


async def live_page_of_code(connection: Connection, code: str, staff_id: UUID) -> Message | None:
    """As `page_of_code`, but None for the code of a round that is over: nothing may be tried out by it any more."""
    message = await page_of_code(connection, code, staff_id)
    alert = None if message is None else await alerts.find(connection, message.alert_id)
    return None if message is None or alert is None or standing(message, alert) in _OVER else message


def _require_answerable(message: Message, alert: Alert) -> None:
    """Let through who holds the alert, to be told so, and who was second, to be told who; nobody of another round."""
    if standing(message, alert) in _OVER:
        raise IllegalEvent("This text is of a round that is over. Look at the work list.")


async def page_of_code(connection: Connection, code: str, staff_id: UUID) -> Message | None:
    """Return the page of this person with this code, however its letters are written."""
    return await messages.by_code(connection, code.strip().upper(), staff_id)

"""Somebody answers with the phone that was paged: load under the lock, decide, write, and say what came of it."""

from uuid import UUID

from msgspec import Struct

from domain.acts import Via
from domain.decision import Actor
from domain.people import ContactKind, Staff
from domain.records import acts, alerts, contacts, messages, staff
from domain.records.rows import Connection, transaction
from domain.records.write import write
from domain.responding import Choice, Paged, Response, Said, respond
from notifications.trial import Trial


class Answered(Struct, frozen=True, kw_only=True):
    """What came of an answer, and in which language to say it; `holder` is the name of whoever was first."""

    said: Said
    language: str
    holder: str = ""


async def answer(
    trial: Trial, message_id: UUID, number_index: bytes, choice: Choice, via: Via, request_id: str
) -> Answered | None:
    """Let whoever a page went to take its alert or pass it on, from the number of this blind index.

    None if there is no such page.
    """
    async with transaction(trial.pool) as connection:
        paged = await _paged(connection, message_id, number_index)
        if paged is None:
            return None
        context = trial.context(Actor(role="staff", id=paged.message.staff_id))
        response = respond(paged, choice, via, context)
        await write(connection, response.decision, request_id=request_id)
        name = await _holder(connection, response)
    return Answered(said=response.said, language=paged.message.language, holder=name)


async def _paged(connection: Connection, message_id: UUID, number_index: bytes) -> Paged | None:
    known = await messages.known(connection, message_id)
    alert = None if known is None or known.alert_id is None else await alerts.hold(connection, known.alert_id)
    message = await messages.find(connection, message_id)
    if alert is None or message is None:
        return None
    return Paged(
        message=message,
        alert=alert,
        staff=await _whose(connection, message.staff_id, number_index),
        messages=await messages.of_alert(connection, alert.id),
        acts=await acts.of_alert(connection, alert.id),
    )


async def _whose(connection: Connection, staff_id: UUID, number_index: bytes) -> Staff | None:
    """Return the recipient, unless the number is no longer hers: the number on file is all that proves her."""
    contact = await contacts.of_staff(connection, staff_id, ContactKind.PHONE)
    if contact is None or contact.blind_index != number_index:
        return None
    return await staff.find(connection, staff_id)


async def _holder(connection: Connection, response: Response) -> str:
    person = None if response.holder is None else await staff.find(connection, response.holder)
    return "" if person is None else person.name

"""A message and what is decided about it: a page with its alert, a reminder with its year, a notice with its tasks.

Both go the same way to the provider (sender.py); here is what differs.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from domain import ladder, noticing, overdue, paging, reminding
from domain.account_mail import INVITED
from domain.attempt import Attempt, Way
from domain.decision import SYSTEM, Actor, Change, Context, Decision
from domain.delivery import Message, MessageEvent, Notice, ReminderText
from domain.paging import Page
from domain.people import Contact, ContactKind
from domain.protocol.routes import Channel, Country
from domain.records import alerts, contacts, messages, notices, participants, tasks
from domain.records import year as years
from domain.records.rows import Connection
from domain.records.write import write
from domain.sms import LONGEST_LINK
from domain.texts import say
from domain.year import Year
from notifications import links
from notifications.account_mail import invitation_code
from notifications.gateway import OutboundSms
from notifications.trial import Trial

log = structlog.get_logger("nightbell.sender")


class Letter(Struct, frozen=True):
    """A text to a participant or caregiver, the year it speaks of and the number, loaded together under her lock."""

    message: ReminderText
    year: Year
    number: Contact | None


class Memo(Struct, frozen=True):
    """A notice to staff, and whether what it tells of is so still."""

    message: Notice
    is_wanted: bool


Held = Page | Letter | Memo
"""A message with what decides about it."""


def message_of(held: Held) -> Message | ReminderText | Notice:
    """Return the message itself."""
    return held.message


async def hold(trial: Trial, connection: Connection, message_id: UUID) -> Held | None:
    """Lock the participant of a message, then load it and what is decided about it as they are now."""
    known = await messages.known(connection, message_id)
    if known is None:
        return None
    if known.alert_id is not None:
        return await _page(connection, message_id, known.alert_id)
    if known.participant_id is None:
        return await _memo(connection, message_id)
    return await _letter(trial, connection, message_id, known.participant_id)


async def _page(connection: Connection, message_id: UUID, alert_id: UUID) -> Page | None:
    alert = await alerts.hold(connection, alert_id)
    seen = await messages.find(connection, message_id)
    if seen is None or alert is None:
        return None
    step = await messages.of_step(connection, seen.alert_id, seen.round, seen.step)
    others = tuple(each for each in step if each.id != message_id)
    return Page(seen, alert, others, await contact_of(connection, seen))


async def _memo(connection: Connection, message_id: UUID) -> Memo | None:
    notice = await notices.find_notice(connection, message_id)
    if notice is None:
        return None
    of_tasks = notice.template in overdue.TEMPLATES.values()
    return Memo(notice, not of_tasks or await tasks.is_open_of(connection, notice.site_id, notice.id))


async def _letter(
    trial: Trial, connection: Connection, message_id: UUID, participant_id: UUID
) -> Letter | None:
    participant = await participants.lock(connection, participant_id)
    text = await messages.find_reminder(connection, message_id)
    year = None if participant is None else await years.load(connection, participant, trial.now())
    if text is None or year is None:
        return None
    return Letter(text, year, await contact_of(connection, text))


def attempt(trial: Trial, held: Held, way: Way | None) -> tuple[Decision, Attempt | None]:
    """Look again just before the call: an attempt to commit first, or a message that must not go out now."""
    context = trial.context(SYSTEM)
    if isinstance(held, Page):
        return paging.attempt(held.message, held.alert, way, context)
    if isinstance(held, Memo):
        return noticing.attempt(held.message, way, context, is_wanted=held.is_wanted)
    return reminding.attempt(held.message, held.year, trial.protocol.reminders, way, context)


def settled(
    held: Held, event: MessageEvent, attempt_change: Change | None, context: Context
) -> Decision | None:
    """Move a message on after an event; None if nothing changes."""
    if isinstance(held, Page):
        return paging.settle(held, event, attempt_change, context)
    if isinstance(held, Memo):
        return noticing.settle(held.message, event, attempt_change, context)
    return reminding.settle(held.message, held.year, held.number, event, attempt_change, context)


async def settle(
    trial: Trial,
    connection: Connection,
    held: Held,
    event: MessageEvent,
    attempt_change: Change | None,
    actor: Actor = SYSTEM,
) -> None:
    """Write down what follows from an event."""
    await write(connection, settled(held, event, attempt_change, trial.context(actor)))


async def number_of(connection: Connection, held: Held) -> Contact | None:
    """Return the number or e-mail of what is held."""
    return await contact_of(connection, held.message) if isinstance(held, Memo) else held.number


async def contact_of(connection: Connection, message: Message | ReminderText | Notice) -> Contact | None:
    """Return the number or e-mail it goes to, as it is on file now."""
    if not isinstance(message, ReminderText):
        kind = ContactKind.EMAIL if message.channel is Channel.EMAIL else ContactKind.PHONE
        return await contacts.of_staff(connection, message.staff_id, kind)
    return await contacts.of_account(connection, message.account_id, ContactKind.PHONE)


def compose(trial: Trial, held: Held, attempt: Attempt, contact: Contact | None) -> OutboundSms | None:
    """Write the text; None when it cannot be: no number on file, a key or a text that is gone."""
    message = message_of(held)
    if contact is None:
        return None
    try:
        template, parameters = words_of(trial, message, contact)
        is_mail = message.channel is Channel.EMAIL
        return OutboundSms(
            attempt_id=attempt.id,
            to=trial.vault.open_contact(contact),
            body=say(
                trial.protocol, message.language, f"{template}.body" if is_mail else template, **parameters
            ),
            subject=say(trial.protocol, message.language, f"{template}.subject", **parameters)
            if is_mail
            else "",
            valid_for=_valid_for(trial, held, attempt),
            template=template,
            language=message.language,
            parameters=parameters,
            channel=message.channel,
            closing=_closing(trial, message),
        )
    except Exception:
        # Whatever it is, this page cannot go out, and another must.
        log.exception("message.unwritable", message_id=str(message.id))
        return None


def words_of(
    trial: Trial, message: Message | ReminderText | Notice, contact: Contact
) -> tuple[str, dict[str, str]]:
    """Return the text key and what fills it in. Only here is the number known, and so how it may be answered."""
    parameters = parameters_of(message)
    if message.template == INVITED:
        # Not stored with the message: whoever reads the database must not be able to accept for her.
        return message.template, {**parameters, "code": invitation_code(trial.vault, message.id)}
    if not isinstance(message, Message) or message.channel is not Channel.SMS:
        return message.template, parameters
    link = links.address(trial.public_url, trial.vault, message.id)
    key = variant(message.template, trial.lines.country(contact.prefix), link)
    return key, {**parameters, "link": link} if key.endswith(".link") else parameters


def variant(template: str, country: Country, link: str) -> str:
    """Return the words of a page that the country of a number allows: with how to answer, where answers reach us.

    A server whose address is too long for a text sends pages without a link.
    """
    if not country.replies:
        return template
    return f"{template}.link" if country.links and len(link) <= LONGEST_LINK else f"{template}.reply"


def _closing(trial: Trial, message: Message | ReminderText | Notice) -> str:
    if message.channel is not Channel.VOICE:
        return ""
    return say(trial.protocol, message.language, "voice.nothing-pressed")


def parameters_of(message: Message | ReminderText | Notice) -> dict[str, str]:
    """Return what fills a message's words in."""
    if not isinstance(message, Message):
        return message.parameters
    # Spoken in one it would be a word.
    code = ", ".join(message.code) if message.channel is Channel.VOICE else message.code
    return {**message.parameters, "code": code}


def _valid_for(trial: Trial, held: Held, attempt: Attempt) -> timedelta:
    """Return how long a text is of use: a page until the next one is rung, a reminder while it holds and it is day.

    The provider may not keep a reminder for the night.
    """
    if isinstance(held, Page):
        return held.message.receipt_within
    if isinstance(held, Memo):
        return held.message.valid_until - attempt.started_at
    text, addressee = held.message, held.year.addressee(held.message.account_id)
    zone = held.year.zone if addressee is None else addressee.reader.zone
    evening = ladder.hours_end(attempt.started_at, zone, trial.protocol.reminders.hours)
    return min(text.valid_until, evening) - attempt.started_at

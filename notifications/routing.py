"""The route of one call: which provider is asked, loaded and decided in the transaction that commits the attempt."""

from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import route
from domain.attempt import Way
from domain.delivery import Message, Notice, ReminderText
from domain.outcomes import Room
from domain.people import Contact
from domain.protocol.routes import Channel, Country
from domain.protocol.schema import Level
from domain.records import attempts, policies
from domain.records.rows import Connection
from domain.route import Lines, Tried
from notifications.trial import Trial


class Standing(Struct, frozen=True, kw_only=True):
    """Who may send a message now, in order, and what it has met so far."""

    country: Country
    order: tuple[str, ...]
    tried: Tried
    sent: int
    """How often it may have gone out already."""

    @property
    def has_another(self) -> bool:
        """Whether a provider is left that was not asked in vain."""
        return route.has_another(self.order, self.tried)

    @property
    def room(self) -> Room:
        """What is left for it."""
        return Room(may_repeat=self.sent < self.country.same_text_a_day, elsewhere=self.has_another)


async def standing(
    trial: Trial, connection: Connection, message: Message | ReminderText | Notice, contact: Contact
) -> Standing:
    """Load who may send a message to a number now. Nobody else sends there until the transaction ends."""
    made = await attempts.of_message(connection, message.id)
    lines = await _lines(trial, connection, message.site_id)
    now = trial.now()
    return Standing(
        country=lines.country(contact.prefix),
        order=await _order(trial, lines, connection, message, contact),
        tried=Tried(
            failed_with=frozenset(each.provider for each in made if each.outcome in {"refused", "unknown"}),
            down=await attempts.all_failed(connection, now - route.OUTAGE, route.FAILED_IN_A_ROW),
        ),
        sent=sum(each.outcome != "refused" for each in made),
    )


async def way(
    trial: Trial,
    connection: Connection,
    message: Message | ReminderText | Notice,
    contact: Contact | None,
) -> Way | None:
    """Return the route of the next call; None where there is no number, or it has had all that it may get."""
    if contact is None or _wants_no_texts(message, contact):
        return None
    found = await standing(trial, connection, message, contact)
    provider = route.choose(found.order, found.tried)
    if provider is None:
        return None
    is_call = message.channel is Channel.VOICE
    return Way(
        provider=provider,
        number_index=contact.blind_index,
        receipt_within=found.country.answer_within if is_call else found.country.receipt_within,
        poll_after=trial.protocol.routes.poll_after,
    )


def _wants_no_texts(message: Message | ReminderText | Notice, contact: Contact) -> bool:
    return message.channel is Channel.SMS and contact.unusable_since is not None


async def _lines(trial: Trial, connection: Connection, site_id: UUID) -> Lines:
    """Return the lines with a site's own order of providers, where it has one."""
    policy = await policies.newest(connection, site_id)
    return trial.lines if policy is None else replace(trial.lines, preferred=policy.body.providers)


async def _order(
    trial: Trial,
    lines: Lines,
    connection: Connection,
    message: Message | ReminderText | Notice,
    contact: Contact,
) -> tuple[str, ...]:
    match message.channel:
        case Channel.VOICE:
            return lines.callers
        case Channel.EMAIL:
            return lines.mailers
        case Channel.SMS:
            country = lines.country(contact.prefix)
            if country.texts_a_day is None:
                return lines.order(country)
            await attempts.hold_number(connection, contact.blind_index)
            since = trial.now() - route.DAY
            spent = await attempts.texts_to(connection, contact.blind_index, since)
            return route.within_budget(lines, contact.prefix, spent, _level(message))


def _level(message: Message | ReminderText | Notice) -> Level:
    """Return what a text may spend: what is kept for emergencies is kept at the numbers of staff alone."""
    if isinstance(message, Message):
        return message.level
    return Level.EMERGENCY if isinstance(message, ReminderText) else Level.URGENT

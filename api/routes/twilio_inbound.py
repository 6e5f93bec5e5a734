"""Texts that people send us: an answer to a page, STOP, START. The signature is checked first."""

from uuid import UUID

import structlog
from litestar import Response, post

from api import phone_answers
from api.exchange import Request
from api.given import GivenKeys, GivenTrial
from api.operations import Auth, Operation, contract
from api.webhooks import INBOUND_PATH, signed_form
from domain import opting
from domain.acts import Via
from domain.decision import Actor
from domain.errors import SignatureRefused
from domain.inbound import Wish, Words, understand
from domain.people import Contact, ContactKind
from domain.records import accounts, alerts, contacts, participants, replies, staff
from domain.records.rows import Connection, reading, transaction
from domain.records.sealing import prefix_of
from domain.records.write import write
from domain.texts import say
from notifications import twiml
from notifications.trial import Trial

log = structlog.get_logger("nightbell.provider")


@post(
    INBOUND_PATH,
    **contract(
        Operation(
            name="inbound.take",
            tag="Provider",
            summary="A text that somebody sent us",
            auth=Auth.PROVIDER,
            answers={200: str},
            errors=(SignatureRefused,),
            media_type=twiml.MEDIA_TYPE,
        )
    ),
)
async def take_inbound(request: Request, trial: GivenTrial, provider_keys: GivenKeys) -> Response[str]:
    """A page's code takes its alert, NO and the code passes it on, both from the phone that the page went to alone.

    STOP silences a number, and its holder's sites are told. A number that nobody has here changes nothing, nor does one
    of a country from which no replies come.
    """
    form = await signed_form(request, provider_keys, INBOUND_PATH)
    sender = form.get("From", "")
    if not trial.lines.country(prefix_of(sender)).replies:
        log.warning("inbound.ignored")
        return _sent("")
    async with reading(trial.pool) as connection:
        known = await contacts.by_phone(connection, trial.vault.index(ContactKind.PHONE, sender))
    if not known:
        log.info("inbound.stranger")
        return _sent("")
    words = understand(form.get("Body", ""), form.get("OptOutType", ""))
    for contact in known if words.wish else ():
        await _heed(trial, contact, words.wish, request.state.request_id)
    if words.wish and words.choice is None:
        return _sent("")
    return _sent(await _answered(trial, known, words, request.state.request_id))


async def _answered(trial: Trial, known: tuple[Contact, ...], words: Words, request_id: str) -> str:
    """Do what a text says, and return the text to send back."""
    staff_ids = tuple(each.staff_id for each in known if each.staff_id is not None)
    if not staff_ids:
        return say(trial.protocol, await _language(trial, known[0]), "sms.reply.unread")
    page_id = await _page_meant(trial, staff_ids, words) if words.code else None
    answered = (
        None
        if page_id is None or words.choice is None
        else await phone_answers.answer(
            trial, page_id, known[0].blind_index, words.choice, Via.REPLY, request_id
        )
    )
    if answered is None:
        return say(trial.protocol, await _language(trial, known[0]), "sms.reply.which")
    return say(trial.protocol, answered.language, f"sms.reply.{answered.said}")


async def _page_meant(trial: Trial, staff_ids: tuple[UUID, ...], words: Words) -> UUID | None:
    """Return the page of this code, if it went to somebody with this phone."""
    async with reading(trial.pool) as connection:
        page = await replies.by_code(connection, words.code)
    # Two people may share a phone: a code is one page's, and so one person's (cases.md 15).
    return page.id if page is not None and page.staff_id in staff_ids else None


async def _language(trial: Trial, contact: Contact) -> str:
    async with reading(trial.pool) as connection:
        if contact.staff_id is not None:
            person = await staff.find(connection, contact.staff_id)
            return "en" if person is None else person.language
        account = None if contact.account_id is None else await accounts.find(connection, contact.account_id)
        return "en" if account is None else account.language


async def _heed(trial: Trial, contact: Contact, wish: Wish | None, request_id: str) -> None:
    """Silence a number or use it again; what rings it now is passed on at once."""
    decide = opting.stop if wish is Wish.STOP else opting.start
    async with transaction(trial.pool) as connection:
        if contact.participant_id is not None:
            await participants.lock(connection, contact.participant_id)
        filed = await contacts.lock(connection, contact.id)
        if filed is None:
            return
        site_ids = await _sites_of(connection, filed)
        context = trial.context(_holder(filed))
        await write(connection, decide(filed, site_ids, context), request_id=request_id)
    if wish is Wish.STOP and contact.staff_id is not None:
        await _pass_on(trial, contact.staff_id, request_id)


async def _pass_on(trial: Trial, staff_id: UUID, request_id: str) -> None:
    async with reading(trial.pool) as connection:
        pages = await replies.answerable(connection, (staff_id,))
    for page in pages:
        async with transaction(trial.pool) as connection:
            alert = await alerts.hold(connection, page.alert_id)
            if alert is not None:
                context = trial.context(Actor(role="staff", id=staff_id))
                await write(connection, opting.pass_on(alert, page, context), request_id=request_id)


async def _sites_of(connection: Connection, contact: Contact) -> tuple[UUID, ...]:
    if contact.staff_id is None:
        return () if contact.site_id is None else (contact.site_id,)
    person = await staff.find(connection, contact.staff_id)
    return () if person is None else tuple(bound.site_id for bound in person.roles)


def _holder(contact: Contact) -> Actor:
    is_staff = contact.staff_id is not None
    return Actor(role="staff" if is_staff else "account", id=contact.staff_id or contact.account_id)


def _sent(body: str) -> Response[str]:
    return Response(twiml.text(body) if body else twiml.NOTHING, media_type=twiml.MEDIA_TYPE, status_code=200)

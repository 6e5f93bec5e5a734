"""What staff do about an alert beside taking it: pass it on, ask for the numbers, put it away."""

import msgspec
from litestar import Response, post

from api.callers import staff_caller
from api.exchange import Request, created
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.shapes.alert_acts import ContactReveal, NumberToCall
from api.shapes.alerts import AlertView
from api.shapes.base import AccountRole, Language
from api.work_list import alert_views, lock_alert, named
from domain import answering
from domain.acts import ActKind
from domain.answering import Answer, answer_of
from domain.errors import AlreadyAcknowledged, IllegalEvent, NotEntitled, NotFound
from domain.escalation import Alert
from domain.people import Account, Contact, ContactKind
from domain.records import accounts, contacts, messages
from domain.records.rows import Connection, transaction
from domain.records.write import write
from notifications.trial import Trial


@post(
    "/v1/alerts/{alert_id:uuid}/declines",
    **contract(
        Operation(
            name="alert.decline",
            tag="Alerts",
            summary="Pass an alert on",
            auth=Auth.STAFF,
            any_query=True,
            answers={201: AlertView, 200: AlertView},
            errors=(NotFound, NotEntitled, AlreadyAcknowledged, IllegalEvent),
        )
    ),
)
async def decline(request: Request, trial: GivenTrial, mint: GivenMint, alert_id: PathId) -> Response[bytes]:
    """I cannot, next please. The next person is rung at once; whoever holds the alert gives it back so.

    Later steps pass her by. When everyone was asked in vain she is rung with all others.
    """
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        alert = await lock_alert(connection, caller, alert_id)
        context = trial.context(caller.actor)
        answer = answer_of(caller.staff, alert, await messages.of_alert(connection, alert_id))
        try:
            passed_on = answering.decline(alert, answer, context.now)
        except AlreadyAcknowledged as refusal:
            raise await named(connection, refusal) from None
        decision = answering.decided(ActKind.DECLINE, passed_on, alert, answer, context)
        await write(connection, decision, request_id=request.state.request_id)
        (view,) = await alert_views(connection, (passed_on or alert,))
    return created(view, 200 if passed_on is None else 201)


@post(
    "/v1/alerts/{alert_id:uuid}/contact-reveals",
    **contract(
        Operation(
            name="alert.reveal",
            tag="Alerts",
            summary="Show me the numbers to call",
            auth=Auth.STAFF,
            any_query=True,
            answers={201: ContactReveal},
            errors=(NotFound, NotEntitled, AlreadyAcknowledged, IllegalEvent),
        )
    ),
)
async def reveal(request: Request, trial: GivenTrial, mint: GivenMint, alert_id: PathId) -> Response[bytes]:
    """The numbers of the participant and her caregiver, for whoever holds the alert now, and for nobody else.

    That she asked is in the timeline and in the audit trail before she is answered.
    """
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        alert = await lock_alert(connection, caller, alert_id)
        try:
            decision = answering.reveal(alert, Answer(staff=caller.staff), trial.context(caller.actor))
        except AlreadyAcknowledged as refusal:
            raise await named(connection, refusal) from None
        await write(connection, decision, request_id=request.state.request_id)
        sealed = await _contacts(connection, alert)
    # Only now, after the commit, is anything opened: a number that was shown is one that is known to have been.
    numbers = tuple(_number(trial, account, contact) for account, contact in sealed)
    return created(ContactReveal(alert_id=alert.id, numbers=numbers))


async def _contacts(connection: Connection, alert: Alert) -> tuple[tuple[Account, Contact], ...]:
    """Return the sealed numbers of the participant and her caregiver, in this order, as far as they are on file."""
    if alert.participant_id is None:
        return ()
    known = await accounts.all_of_participant(connection, alert.participant_id)
    held = [(each, await contacts.of_account(connection, each.id, ContactKind.PHONE)) for each in known]
    return tuple((account, contact) for account, contact in held if contact is not None)


def _number(trial: Trial, account: Account, contact: Contact) -> NumberToCall:
    return NumberToCall(
        role=msgspec.convert(account.role, AccountRole),
        phone=trial.vault.open_contact(contact),
        language=msgspec.convert(account.language, Language),
    )

"""What the phone shows and when, and what it says back."""

from datetime import UTC, datetime

from litestar import Response, get, post

from api.callers import AccountCaller, account_caller
from api.exchange import Request, read_body, read_query, tagged
from api.given import GivenMint, GivenTrial
from api.operations import Auth, Operation, contract
from api.queries import read_instant
from api.reminder_words import reminder_view
from api.shapes.reminders import ReminderList, ReminderReceipts
from domain import agenda, reach
from domain.errors import NotFound, TokenRefused
from domain.reach import Told
from domain.records import participants, reminders, sessions
from domain.records import year as years
from domain.records.rows import reading, transaction
from domain.records.write import write
from domain.reminder import ReceiptKind
from domain.year import Year
from notifications.trial import Trial

_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@get(
    "/v1/me/reminders",
    **contract(
        Operation(
            name="reminder.list",
            tag="Reminders",
            summary="List my reminders",
            auth=Auth.ACCOUNT,
            answers={200: ReminderList},
            errors=(NotFound,),
            query={
                "from": "Not those before this instant; RFC 3339 with an offset. Without it, also those that have rung "
                "and still hold.",
                "to": "Only those before this instant; RFC 3339 with an offset.",
            },
            etag=True,
        )
    ),
)
async def list_reminders(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Every reminder of the year that still holds, so that the phone can set its own alarms, offline too.

    One that has rung is listed until its `validUntil`, unless what it asks for was done: a phone that was off shows it
    late.

    Read it whenever the app is opened: a visit can be given another day under the same version of the plan. When the
    token is refused for good (`token.refused`, also from `POST /v1/tokens`) take every alarm back: she has signed out,
    or the participation has ended.
    """
    query = read_query(request)
    since, until = read_instant(query, "from") or _ALWAYS[0], read_instant(query, "to") or _ALWAYS[1]
    caller = await account_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        participant = await participants.find(connection, caller.account.participant_id)
        if participant is None:
            raise NotFound("There is no such participant.")
        year = await years.load(connection, participant, trial.now())
    return tagged(request, _listed(trial, caller, year, since, until))


@post(
    "/v1/me/reminder-receipts",
    **contract(
        Operation(
            name="reminder-receipt.record",
            tag="Reminders",
            summary="Say what became of my reminders",
            auth=Auth.ACCOUNT,
            body=ReminderReceipts,
            answers={204: None},
        )
    ),
)
async def record_receipts(request: Request, trial: GivenTrial, mint: GivenMint) -> None:
    """What this phone has set, shown and opened; each counts once. What was not shown may come as an SMS."""
    caller = await account_caller(request, trial, mint)
    body = await read_body(request, ReminderReceipts)
    told = tuple(Told(each.reminder_id, ReceiptKind(each.event), each.at) for each in body.receipts)
    async with transaction(trial.pool) as connection:
        await participants.lock(connection, caller.account.participant_id)
        session = await sessions.lock(connection, caller.session.id)
        if session is None or session.revoked_at is not None:
            raise TokenRefused("The session has ended; sign in again.")
        known = await reminders.receipts_of(connection, session.id)
        context = trial.context(caller.actor)
        decision = reach.take_receipts(session, caller.account, body.plan_version, told, known, context)
        await write(connection, decision, request_id=request.state.request_id)


def _listed(
    trial: Trial, caller: AccountCaller, year: Year | None, since: datetime, until: datetime
) -> ReminderList:
    account = caller.account
    addressee = None if year is None else year.addressee(account.id)
    if year is None or addressee is None:
        return ReminderList(plan_version=0, time_zone=account.time_zone, reminders=())
    found = agenda.alarms(year, addressee, trial.protocol.reminders, since, until, trial.now())
    return ReminderList(
        plan_version=year.course.plan.version,
        time_zone=account.time_zone,
        reminders=tuple(reminder_view(trial.protocol, account.language, each) for each in found),
    )

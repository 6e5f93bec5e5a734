"""The work list of site staff: see an alert, take it, record the contact."""

from uuid import UUID

from litestar import Response, get, post

from api.alert_words import alert_detail, alert_view
from api.callers import StaffCaller, staff_caller
from api.cursors import cursor_of, cut, read_cursor
from api.exchange import Request, created, read_body, read_limit, read_query, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract, paged
from api.report_words import staff_report
from api.shapes.alerts import AlertDetail, AlertPage, AlertView, ContactRecord
from domain import answering
from domain.acts import ActKind
from domain.answering import Answer, answer_of
from domain.contact import ContactOutcome
from domain.errors import AlreadyAcknowledged, IllegalEvent, NotEntitled, NotFound
from domain.escalation import Alert
from domain.people import Staff
from domain.records import alerts, attempts, messages, participants, plans, reports, staff
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from notifications.trial import Trial


@get(
    "/v1/alerts",
    **contract(
        Operation(
            name="alert.list",
            tag="Alerts",
            summary="List the alerts of my sites",
            auth=Auth.STAFF,
            answers={200: AlertPage},
            query=paged("Alerts"),
            etag=True,
        )
    ),
)
async def list_alerts(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """The work list, newest first."""
    query = read_query(request, "cursor", "limit")
    limit, before = read_limit(query), read_cursor(query.get("cursor"))
    caller = await staff_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        found = await alerts.at_sites(connection, caller.site_ids, before, limit + 1)
        page, more = cut(found, limit, lambda last: cursor_of(last.opened_at, last.id))
        views = await _views(connection, page)
    return tagged(request, AlertPage(alerts=views, next_cursor=more))


@get(
    "/v1/alerts/{alert_id:uuid}",
    **contract(
        Operation(
            name="alert.read",
            tag="Alerts",
            summary="Read an alert with its timeline",
            auth=Auth.STAFF,
            answers={200: AlertDetail},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_alert(
    request: Request, trial: GivenTrial, mint: GivenMint, alert_id: PathId
) -> Response[bytes]:
    """Reports, rules that fired, every text with its attempts and receipts, who did what."""
    read_query(request)
    caller = await staff_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        alert = await _find(connection, caller, alert_id)
        return tagged(request, await _detail(trial, connection, caller.staff.language, alert))


@post(
    "/v1/alerts/{alert_id:uuid}/acknowledgements",
    **contract(
        Operation(
            name="alert.acknowledge",
            tag="Alerts",
            summary="Take an alert",
            auth=Auth.STAFF,
            answers={201: AlertView, 200: AlertView},
            errors=(NotFound, NotEntitled, AlreadyAcknowledged, IllegalEvent),
        )
    ),
)
async def acknowledge(
    request: Request, trial: GivenTrial, mint: GivenMint, alert_id: PathId
) -> Response[bytes]:
    """I take it. One of two wins; the other is told who. It lapses unless a contact is recorded in time."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        alert = await _lock(connection, caller, alert_id)
        context = trial.context(caller.actor)
        answer = answer_of(caller.staff, alert, await messages.of_alert(connection, alert_id))
        try:
            taken = answering.acknowledge(alert, answer, context.now)
        except AlreadyAcknowledged as refusal:
            raise await _named(connection, refusal) from None
        decision = answering.decided(ActKind.ACKNOWLEDGE, taken, alert, answer, context)
        await write(connection, decision, request_id=request.state.request_id)
        (view,) = await _views(connection, (taken or alert,))
    return created(view, 200 if taken is None else 201)


@post(
    "/v1/alerts/{alert_id:uuid}/contacts",
    **contract(
        Operation(
            name="alert.contact",
            tag="Alerts",
            summary="Record that the patient was reached",
            auth=Auth.STAFF,
            body=ContactRecord,
            answers={201: AlertView, 200: AlertView},
            errors=(NotFound, AlreadyAcknowledged, IllegalEvent),
        )
    ),
)
async def record_contact(
    request: Request, trial: GivenTrial, mint: GivenMint, alert_id: PathId
) -> Response[bytes]:
    """Record the contact; without one an acknowledgement lapses and the escalation goes on."""
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, ContactRecord)
    async with transaction(trial.pool) as connection:
        alert = await _lock(connection, caller, alert_id)
        context = trial.context(caller.actor)
        try:
            reached = answering.contact(alert, caller.staff, ContactOutcome(body.outcome), context.now)
        except AlreadyAcknowledged as refusal:
            raise await _named(connection, refusal) from None
        answer = Answer(staff=caller.staff)
        decision = answering.decided(ActKind.CONTACT, reached, alert, answer, context, body.outcome)
        await write(connection, decision, request_id=request.state.request_id)
        (view,) = await _views(connection, (reached or alert,))
    return created(view, 200 if reached is None else 201)


async def _find(connection: Connection, caller: StaffCaller, alert_id: UUID) -> Alert:
    alert = await alerts.find(connection, alert_id)
    if alert is None:
        raise NotFound("There is no such thing here.")
    caller.require_site(alert.site_id)
    return alert


async def _lock(connection: Connection, caller: StaffCaller, alert_id: UUID) -> Alert:
    """Load the alert with what it is decided under held."""
    alert = await alerts.hold(connection, alert_id)
    if alert is None:
        raise NotFound("There is no such thing here.")
    caller.require_site(alert.site_id)
    return alert


async def _named(connection: Connection, refusal: AlreadyAcknowledged) -> AlreadyAcknowledged:
    """Tell the one who came second who was first."""
    holder = None if refusal.holder is None else await staff.find(connection, refusal.holder)
    name = "" if holder is None else holder.name
    return AlreadyAcknowledged(refusal.detail, holder=refusal.holder, holder_name=name)


async def _views(connection: Connection, found: tuple[Alert, ...]) -> tuple[AlertView, ...]:
    """Show alerts with their subject numbers and whoever holds them, in two statements however many."""
    numbers = await _subject_numbers(connection, found)
    holders = await _people(connection, *(alert.acknowledged_by for alert in found))
    return tuple(
        alert_view(
            alert,
            numbers.get(alert.participant_id),
            holders[alert.acknowledged_by] if alert.acknowledged_by else None,
        )
        for alert in found
    )


async def _detail(trial: Trial, connection: Connection, language: str, alert: Alert) -> AlertDetail:
    known = await reports.of_alert(connection, alert.id)
    sent = await messages.of_alert(connection, alert.id)
    return alert_detail(
        alert,
        (await _subject_numbers(connection, (alert,))).get(alert.participant_id),
        await _people(connection, alert.acknowledged_by, *(each.staff_id for each in sent)),
        tuple(staff_report(trial.protocol, language, each) for each in known),
        await plans.silences_of(connection, alert.id),
        sent,
        await attempts.of_alert(connection, alert.id),
    )


async def _subject_numbers(connection: Connection, found: tuple[Alert, ...]) -> dict[UUID | None, str]:
    ids = tuple({alert.participant_id for alert in found if alert.participant_id is not None})
    return {each.id: each.subject_number for each in await participants.among(connection, ids)}


async def _people(connection: Connection, *ids: UUID | None) -> dict[UUID, Staff]:
    named = tuple({each for each in ids if each is not None})
    return {person.id: person for person in await staff.among(connection, named)}

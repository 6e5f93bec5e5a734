"""The work list of site staff: see an alert, take it, record the contact."""

from litestar import Response, get, post

from api.callers import staff_caller
from api.cursors import cursor_of, cut, read_cursor
from api.exchange import Request, created, read_body, read_limit, read_query, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract, paged
from api.queries import read_is_live
from api.reading import note_read
from api.shapes.alerts import AlertDetail, AlertPage, AlertView, ContactRecord
from api.work_list import alert_views, find_alert, lock_alert, named, read_detail
from domain import answering
from domain.acts import ActKind
from domain.answering import Answer, answer_of
from domain.contact import ContactOutcome
from domain.decision import Context, Decision
from domain.errors import AlreadyAcknowledged, IllegalEvent, NotEntitled, NotFound
from domain.escalation import Alert
from domain.records import alerts, messages
from domain.records.rows import reading, transaction
from domain.records.write import write

NOT_REACHED = "not-reached"
"""No outcome of a contact: nobody answered."""


@get(
    "/v1/alerts",
    **contract(
        Operation(
            name="alert.list",
            tag="Alerts",
            summary="List the alerts of my sites",
            auth=Auth.STAFF,
            answers={200: AlertPage},
            query={
                **paged("Alerts"),
                "state": "Only those that are live, or only those put away; all unless given.",
            },
            etag=True,
        )
    ),
)
async def list_alerts(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """The work list, newest first."""
    query = read_query(request)
    limit, before = read_limit(query), read_cursor(query.get("cursor"))
    is_live = read_is_live(query)
    caller = await staff_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        found = await alerts.at_sites(connection, caller.site_ids, before, limit + 1, is_live=is_live)
        page, more = cut(found, limit, lambda last: cursor_of(last.opened_at, last.id))
        views = await alert_views(connection, page)
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
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        alert = await find_alert(connection, caller, alert_id)
        detail = await read_detail(trial, connection, caller.staff, alert)
        # A drill is about nobody.
        if alert.participant_id is not None:
            await note_read(
                request,
                trial,
                connection,
                caller,
                site_id=alert.site_id,
                participant_id=alert.participant_id,
                about_id=alert_id,
            )
    return tagged(request, detail)


@post(
    "/v1/alerts/{alert_id:uuid}/acknowledgements",
    **contract(
        Operation(
            name="alert.acknowledge",
            tag="Alerts",
            summary="Take an alert",
            auth=Auth.STAFF,
            any_query=True,
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
        alert = await lock_alert(connection, caller, alert_id)
        context = trial.context(caller.actor)
        answer = answer_of(caller.staff, alert, await messages.of_alert(connection, alert_id))
        try:
            taken = answering.acknowledge(alert, answer, context.now)
        except AlreadyAcknowledged as refusal:
            raise await named(connection, refusal) from None
        decision = answering.decided(ActKind.ACKNOWLEDGE, taken, alert, answer, context)
        await write(connection, decision, request_id=request.state.request_id)
        (view,) = await alert_views(connection, (taken or alert,))
    return created(view, 200 if taken is None else 201)


@post(
    "/v1/alerts/{alert_id:uuid}/contacts",
    **contract(
        Operation(
            name="alert.contact",
            tag="Alerts",
            summary="Record that the patient was reached, or was not",
            auth=Auth.STAFF,
            any_query=True,
            body=ContactRecord,
            answers={201: AlertView, 200: AlertView},
            errors=(NotFound, NotEntitled, AlreadyAcknowledged, IllegalEvent),
        )
    ),
)
async def record_contact(
    request: Request, trial: GivenTrial, mint: GivenMint, alert_id: PathId
) -> Response[bytes]:
    """Record the contact; without one an acknowledgement lapses and the escalation goes on.

    `not-reached` says that nobody answered. It is kept, and it is no contact: nothing lapses later because of it.
    """
    caller = await staff_caller(request, trial, mint)
    body = await read_body(request, ContactRecord)
    async with transaction(trial.pool) as connection:
        alert = await lock_alert(connection, caller, alert_id)
        context = trial.context(caller.actor)
        try:
            after, decision = _contacted(alert, Answer(staff=caller.staff), body.outcome, context)
        except AlreadyAcknowledged as refusal:
            raise await named(connection, refusal) from None
        await write(connection, decision, request_id=request.state.request_id)
        (view,) = await alert_views(connection, (after,))
    return created(view, 200 if decision is None else 201)


def _contacted(alert: Alert, answer: Answer, outcome: str, context: Context) -> tuple[Alert, Decision | None]:
    """Return the alert after what somebody says of the patient, and the decision; None if it was said before."""
    if outcome == NOT_REACHED:
        return alert, answering.tried(alert, answer, context)
    reached = answering.contact(alert, answer.staff, ContactOutcome(outcome), context.now)
    decision = answering.decided(ActKind.CONTACT, reached, alert, answer, context, outcome)
    return reached or alert, decision

"""Reports: handed in, answered at once, read again with the truth about the page."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, put

from api.callers import account_caller, reporting_caller
from api.cursors import cursor_of, cut, read_cursor
from api.exchange import Request, created, read_body, read_limit, read_query, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract, paged
from api.shapes.reports import ReportPage, ReportSubmission, ReportView
from api.words import report_view
from domain import reporting
from domain.errors import FormUnknown, NotFound, ReportConflict
from domain.page_state import page_state
from domain.people import Account, Participant
from domain.records import alerts, courses, messages, participants, reports, shifts, sites, staff
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.report import Report
from domain.reporting import Arrival, Filing
from domain.ringing import Bell
from notifications.trial import Trial


@put(
    "/v1/me/reports/{report_id:uuid}",
    **contract(
        Operation(
            name="report.submit",
            tag="Reports",
            summary="Hand in a report",
            auth=Auth.REPORTING,
            body=ReportSubmission,
            answers={201: ReportView, 200: ReportView},
            errors=(FormUnknown, ReportConflict),
        )
    ),
)
async def submit(request: Request, trial: GivenTrial, mint: GivenMint, report_id: PathId) -> Response[bytes]:
    """Judge and store a report under the phone's own id. Sending it again is safe and answers 200."""
    caller = await reporting_caller(request, trial, mint)
    body = await read_body(request, ReportSubmission)
    arrival = Arrival(report_id=report_id, submission=body.to_domain(), original=await request.body())
    async with transaction(trial.pool) as connection:
        participant = await _lock(connection, caller.account)
        context = trial.context(caller.actor)
        checks_in = arrival.submission.form_id in trial.protocol.calendar.check_ins.forms
        filing = await _load(
            connection, caller.account, participant, report_id, context.now, checks_in=checks_in
        )
        report, decision = reporting.submit(filing, arrival, trial.protocol, trial.judge, context)
        await write(connection, decision, request_id=request.state.request_id)
    # After the commit: whatever goes wrong with the answer, the report stands and rings.
    async with reading(trial.pool) as connection:
        view = await _view(trial, connection, caller.account, report)
    return created(view, 200 if decision is None else 201)


@get(
    "/v1/me/reports",
    **contract(
        Operation(
            name="report.list",
            tag="Reports",
            summary="List my reports",
            auth=Auth.ACCOUNT,
            answers={200: ReportPage},
            query=paged("Reports"),
            etag=True,
        )
    ),
)
async def list_reports(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """My reports, newest first, each with the state of its page."""
    query = read_query(request, "cursor", "limit")
    limit, before = read_limit(query), read_cursor(query.get("cursor"))
    account = (await account_caller(request, trial, mint)).account
    async with reading(trial.pool) as connection:
        found = await reports.of_account(connection, account.id, before, limit + 1)
        page, more = cut(found, limit, lambda last: cursor_of(last.received_at, last.id))
        views = tuple([await _view(trial, connection, account, each) for each in page])
    return tagged(request, ReportPage(reports=views, next_cursor=more))


@get(
    "/v1/me/reports/{report_id:uuid}",
    **contract(
        Operation(
            name="report.read",
            tag="Reports",
            summary="Read one of my reports",
            auth=Auth.ACCOUNT,
            answers={200: ReportView},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_report(
    request: Request, trial: GivenTrial, mint: GivenMint, report_id: PathId
) -> Response[bytes]:
    """One of my reports: sent, delivered, seen by a doctor at 14:03, or not yet seen: go now."""
    read_query(request)
    account = (await account_caller(request, trial, mint)).account
    async with reading(trial.pool) as connection:
        report = await reports.find(connection, account.id, report_id)
        if report is None:
            raise NotFound("There is no such report of yours.")
        return tagged(request, await _view(trial, connection, account, report))


async def _lock(connection: Connection, account: Account) -> Participant:
    """Lock the participant: whatever is decided about her is decided one after the other."""
    participant = await participants.lock(connection, account.participant_id)
    if participant is None:
        raise NotFound("There is no such participant.")
    return participant


async def _load(
    connection: Connection,
    account: Account,
    participant: Participant,
    report_id: UUID,
    now: datetime,
    *,
    checks_in: bool,
) -> Filing:
    """Load what a submission is decided on; the plan only where its form is one to check in with."""
    site = await sites.find(connection, account.site_id)
    if site is None:
        raise NotFound("There is no such site.")
    return Filing(
        account=account,
        participant=participant,
        site=site,
        stored=await reports.find(connection, account.id, report_id),
        bell=Bell(
            site_id=site.id,
            participant_id=participant.id,
            time_zone=site.time_zone,
            live=await alerts.live(connection, participant.id),
            roster=await shifts.roster(connection, site.id, now),
        ),
        course=await courses.load(connection, participant.id, site, now) if checks_in else None,
    )


async def _view(trial: Trial, connection: Connection, account: Account, report: Report) -> ReportView:
    if report.alert_id is None:
        return report_view(
            trial.protocol, account, report, page_state(None, (), None, report.received_at, trial.now())
        )
    alert = await alerts.find(connection, report.alert_id)
    sent = await messages.of_alert(connection, report.alert_id)
    holder = alert.acknowledged_by if alert else None
    person = None if holder is None else await staff.find(connection, holder)
    role = None if person is None else person.role_at(account.site_id)
    return report_view(
        trial.protocol, account, report, page_state(alert, sent, role, report.received_at, trial.now())
    )

"""One report from the door to its answer: load, decide, write, then answer with the truth about the page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from msgspec import Struct

from api.callers import ReportingCaller, reporting_caller
from api.errors import Advise
from api.shapes.advice import WhatToDo
from api.shapes.reports import ReportView
from api.tokens import Claims
from api.words import report_view, what_to_do
from domain import reporting, timing
from domain.decision import Context
from domain.errors import (
    BodyTooLarge,
    DatabaseUnavailable,
    NightbellError,
    ReportConflict,
    ReportMalformed,
    TokenRefused,
    TooManyReports,
)
from domain.intake import Arrival, Origin
from domain.page_state import PageState, PageStatus, page_state, without_alert
from domain.people import Account
from domain.protocol.schema import Level
from domain.records import alerts, courses, history, messages, policies, reporters, reports, shifts, staff
from domain.records.identity import THE_SYSTEM, act_as
from domain.records.reporters import Reporter
from domain.records.rows import ACQUIRE_SECONDS, Connection, reading, transaction
from domain.records.write import write
from domain.report import Misfit, Report
from domain.reporting import Filing, Outcome
from domain.ringing import Bell
from domain.texts import best_language
from notifications.trial import Trial, machine_now

log = structlog.get_logger("nightbell.api")


class Filed(Struct, frozen=True, kw_only=True):
    """What is answered: the report as it is now, whether it came now, and the problem it met, if any."""

    view: ReportView
    is_new: bool
    problem: NightbellError | None

    @property
    def what_to_do(self) -> WhatToDo:
        """What the person is told beside a problem."""
        return WhatToDo(level=self.view.level, advice=self.view.advice, page=self.view.page)


async def file(trial: Trial, claims: Claims, arrival: Arrival, request_id: str) -> Filed:
    """Judge and store one report; raise TokenRefused, or TooManyReports for a flood.

    After the commit it stands, whatever follows.
    """
    # Who reports is known after the first statement, which narrows the transaction to her.
    act_as(THE_SYSTEM)
    async with _turn(claims.session_id), transaction(trial.intake) as connection:
        account, outcome = await store(connection, trial, claims, arrival, request_id)
    report = outcome.report
    if outcome.decision is not None and report is not None and not report.triage.triaged:
        log.error("report.untriaged", report_id=str(report.id), broken=report.triage.broken)
    if report is None:
        raise TooManyReports("This phone has handed in 500 reports within a day.")
    # Beside a problem the person is told what the worst of what she sent under this id asks for.
    told = report if report.variant == 0 else outcome.worst or report
    view = await _answer(trial, account, told)
    return Filed(view=view, is_new=outcome.decision is not None, problem=_problem(report, outcome, arrival))


async def store(
    connection: Connection, trial: Trial, claims: Claims, arrival: Arrival, request_id: str
) -> tuple[Account, Outcome]:
    """Judge and write one report in a transaction of the system, which is hers from then on; raise TokenRefused."""
    known = await reporters.lock(connection, claims.session_id, machine_now())
    if known is None:
        raise TokenRefused("This needs the token of a participant or caregiver.")
    caller = reporting_caller(claims, known.session, known.account)
    context = trial.context(caller.actor)
    filing = await _load(connection, trial, caller, known, arrival, context)
    outcome = reporting.before(filing, arrival, context)
    if outcome is None:
        outcome = await _judged(connection, trial, filing, arrival, context)
    await write(connection, outcome.decision, request_id=request_id)
    return known.account, outcome


async def _judged(
    connection: Connection, trial: Trial, filing: Filing, arrival: Arrival, context: Context
) -> Outcome:
    weighed = reporting.weigh(filing, arrival, trial.protocol, trial.judge, context)
    bell = await _bell(trial, connection, filing.origin, context.now) if weighed.pages else None
    return reporting.submit(filing, arrival, weighed, bell, trial.protocol, context)


async def _answer(trial: Trial, account: Account, report: Report) -> ReportView:
    """Show a report that was just filed; what belongs to no alert needs no second look."""
    if report.alert_id is None:
        return report_view(trial.protocol, account, report, without_alert(report.triage.level))
    try:
        async with reading(trial.intake) as connection:
            return await view_of(trial, connection, account, report)
    except Exception:
        # It stands and rings: nothing that happens now may say otherwise.
        log.exception("report.unread")
        state = PageState(status=PageStatus.SENDING, go_now=report.triage.level is Level.EMERGENCY)
        return report_view(trial.protocol, account, report, state)


_TURNS: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()


@contextlib.asynccontextmanager
async def _turn(session_id: UUID) -> AsyncIterator[None]:
    """Take the turn of a phone: whatever it sends at once, it holds one of the reserved connections.

    Whoever waits behind one that the database does not answer is told as if there were no connection.
    """
    turn = _TURNS.setdefault(session_id, asyncio.Lock())
    try:
        await asyncio.wait_for(turn.acquire(), ACQUIRE_SECONDS)
    except TimeoutError as late:
        raise DatabaseUnavailable(
            "The database does not answer this phone's earlier report. Nothing was stored; send it again.",
            inside="turn",
        ) from late
    try:
        yield
    finally:
        turn.release()


def alone(trial: Trial, *arrivals: Arrival) -> Advise:
    """Return what a person is to be told from her answers alone, where nothing was stored and nobody was told.

    Of several reports the worst one tells.
    """

    def advise() -> WhatToDo:
        found = [(reporting.judge(each.submission, trial.protocol, trial.judge), each) for each in arrivals]
        triage, worst = max(found, key=lambda each: each[0].level.rank)
        language = best_language(worst.submission.language, trial.protocol.texts)
        return what_to_do(trial.protocol, language, triage)

    return advise


async def view_of(trial: Trial, connection: Connection, account: Account, report: Report) -> ReportView:
    """Show a report to whoever handed it in, with the state of its page now."""
    return report_view(trial.protocol, account, report, await _page(trial, connection, account, report))


def _problem(report: Report, outcome: Outcome, arrival: Arrival) -> NightbellError | None:
    if report.variant == 0:
        return None
    if Misfit.UNREADABLE not in report.quarantine:
        return ReportConflict(
            "A report with this id was stored before with another content.", faults=outcome.differs
        )
    if not arrival.is_whole:
        return BodyTooLarge(
            "The body is larger than this operation takes. Its beginning was kept and judged."
        )
    return ReportMalformed("The body is not JSON. It was kept, and what could be read in it was judged.")


async def _load(
    connection: Connection,
    trial: Trial,
    caller: ReportingCaller,
    known: Reporter,
    arrival: Arrival,
    context: Context,
) -> Filing:
    """Load what is decided on, under the participant's lock: what is decided about her is decided one by one."""
    account, corrects = known.account, arrival.submission.corrects
    checks_in = arrival.submission.form_id in trial.protocol.calendar.check_ins.forms
    origin = Origin(
        account=account,
        sender=caller.sender,
        participant=known.participant,
        site=known.site,
        course=await courses.load(connection, known.participant.id, known.site, context.now)
        if checks_in
        else None,
        has_original=await _has(connection, account.id, corrects),
    )
    return Filing(
        origin=origin,
        stored=await reports.under_id(connection, account.id, arrival.report_id),
        earlier=await history.earlier(
            connection,
            known.participant.id,
            account.id,
            timing.made_at(arrival.submission, context.now) - history.LOOK_BACK,
            corrects=corrects,
        ),
        given_on=known.given_on,
        use=known.use,
    )


async def _bell(trial: Trial, connection: Connection, origin: Origin, now: datetime) -> Bell:
    return Bell(
        site_id=origin.site.id,
        participant_id=origin.participant.id,
        time_zone=origin.site.time_zone,
        live=await alerts.live(connection, origin.participant.id),
        roster=await shifts.roster(connection, origin.site.id, now, trial.lines),
        policy=await policies.newest(connection, origin.site.id),
    )


async def _has(connection: Connection, account_id: UUID, corrected: UUID | None) -> bool:
    return corrected is None or await reports.find(connection, account_id, corrected) is not None


async def _page(trial: Trial, connection: Connection, account: Account, report: Report) -> PageState:
    if report.alert_id is None:
        return without_alert(report.triage.level)
    alert = await alerts.find(connection, report.alert_id)
    sent = await messages.of_alert(connection, report.alert_id)
    holder = alert.acknowledged_by if alert else None
    role = None if holder is None else await staff.role_at(connection, holder, account.site_id)
    return page_state(alert, sent, role, report.received_at, trial.now())

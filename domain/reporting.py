"""What happens when a report arrives: it is judged, stored, and rings if it must."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import answers, checking_in, ringing
from domain.answers import Answers
from domain.decision import Change, Context, Decision
from domain.errors import BodyInvalid, FormUnknown, ReportConflict
from domain.escalation import Alert
from domain.past import NOTHING_PAST, Past
from domain.people import Account, Participant, Role, Site
from domain.plan import Course
from domain.protocol.schema import Audience, Form, Level, Protocol, RuleSet
from domain.report import Report, Submission
from domain.ringing import Bell
from domain.task import Task, TaskKind
from domain.triage import Triage, untriaged

Judge = Callable[[Form, RuleSet, Answers, Past], Triage]
"""`domain.triage.triage`, or what a test puts in its place."""

ROUTINE_TASK_DUE = timedelta(hours=24)
"""One daily digest (trial.md §3)."""


class Filing(Struct, frozen=True, kw_only=True):
    """What a submission is decided on, loaded under the participant's lock."""

    account: Account
    participant: Participant
    site: Site
    stored: Report | None
    """The report already stored under this id, if any."""
    bell: Bell
    course: Course | None = None
    """Her plan as it stands, where the form is one to check in with."""


class Arrival(Struct, frozen=True, kw_only=True):
    """One report at the door: the client's id, the body decoded, and the body as it came."""

    report_id: UUID
    submission: Submission
    original: bytes


def form_for(protocol: Protocol, role: Role, form_id: str, version: int) -> Form:
    """Return the form an account of this role fills in; raise FormUnknown for any other id or version."""
    for form in forms_of(protocol, role):
        if (form.id, form.version) == (form_id, version):
            return form
    raise FormUnknown("There is no such form for this account; read GET /v1/me/forms.")


def forms_of(protocol: Protocol, role: Role) -> tuple[Form, ...]:
    """Return the forms of a participant or a caregiver."""
    return tuple(form for form in protocol.forms if form.audience is Audience(role.value))


def submit(
    filing: Filing, arrival: Arrival, protocol: Protocol, judge: Judge, context: Context
) -> tuple[Report, Decision | None]:
    """Judge and store one report; None as decision when an equal one is stored already.

    Raises FormUnknown and BodyInvalid for what does not fit, ReportConflict for other answers under the same id.
    A judge that raises leaves the report untriaged, which counts as urgent and pages (trial.md §2, cases.md 8).
    """
    if filing.stored is not None:
        return _replay(filing.stored, arrival.submission), None
    submission = arrival.submission
    form = form_for(protocol, filing.account.role, submission.form_id, submission.form_version)
    if faults := answers.faults(form, submission.answers):
        raise BodyInvalid("Some answers do not fit the form.", faults=faults)
    triage = _judged(judge, form, protocol.rules, submission.answers, NOTHING_PAST)
    alert, changes = ringing.ring(filing.bell, triage, protocol, context)
    report = _report(filing, arrival, triage, alert, context)
    changes = [*changes, Change(report), *_tasks(report, context), *_checked_in(filing, report, protocol)]
    decision = context.decide(
        "report.submit",
        tuple(changes),
        site_id=filing.site.id,
        participant_id=filing.participant.id,
    )
    return report, decision


def _replay(stored: Report, submission: Submission) -> Report:
    before = stored.submission
    # The phone that sends again has another time by now, and its app may have been updated in between.
    if replace(submission, device_time=before.device_time, app_version=before.app_version) != before:
        raise ReportConflict("A report with this id was stored before with another content.")
    return stored


def _judged(judge: Judge, form: Form, rules: RuleSet, given: Answers, past: Past) -> Triage:
    try:
        return judge(form, rules, given, past)
    except Exception:  # noqa: BLE001 - whatever breaks in a rule, the report still counts as urgent
        return untriaged(form.id, form.version, rules)


def _report(
    filing: Filing, arrival: Arrival, triage: Triage, alert: Alert | None, context: Context
) -> Report:
    return Report(
        id=arrival.report_id,
        account_id=filing.account.id,
        site_id=filing.site.id,
        participant_id=filing.participant.id,
        reporter=filing.account.role,
        submission=arrival.submission,
        triage=triage,
        received_at=context.now,
        alert_id=None if alert is None else alert.id,
        original=arrival.original,
    )


def _checked_in(filing: Filing, report: Report, protocol: Protocol) -> list[Change]:
    done = filing.course and checking_in.check_in(
        filing.course, report, filing.account, filing.site, protocol.calendar
    )
    return [done] if done else []


def _tasks(report: Report, context: Context) -> list[Change]:
    kinds = [TaskKind.ROUTINE_REPORT] if report.triage.level is Level.ROUTINE else []
    kinds += [] if report.triage.triaged else [TaskKind.UNTRIAGED_REPORT]
    return [
        Change(
            Task(
                id=context.entropy.uuid(f"task/{kind}"),
                site_id=report.site_id,
                participant_id=report.participant_id,
                kind=kind,
                about_id=report.id,
                created_at=context.now,
                due_at=context.now + ROUTINE_TASK_DUE,
            )
        )
        for kind in kinds
    ]

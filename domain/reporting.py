"""What happens when a report arrives: it is judged, stored, and rings if it must. Nothing in it makes that fail."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain import checking_in, differing, intake, limits, ringing, timing
from domain.answers import Answers, TextAnswer
from domain.decision import Change, Context, Decision
from domain.errors import Fault
from domain.escalation import is_paging
from domain.intake import Arrival, Origin, Reading
from domain.past import NOTHING_PAST, Earlier, Past
from domain.people import Role
from domain.protocol.schema import Audience, Form, Level, Protocol, RuleSet, Signal
from domain.report import Misfit, Report, Submission, digest
from domain.ringing import Bell, Rung
from domain.task import Task, TaskKind
from domain.triage import Triage, untriaged

Judge = Callable[[Form, RuleSet, Answers, Past], Triage]
"""`domain.triage.triage`, or what a test puts in its place."""

ROUTINE_TASK_DUE = timedelta(hours=24)
"""One daily digest (trial.md §3); what is in the quarantine waits no longer, ours."""


UNTRIAGED_TASK_DUE = timedelta(hours=1)
"""What no rule could judge is read sooner; ours."""


class Filing(Struct, frozen=True, kw_only=True):
    """What a submission is decided on, loaded under the participant's lock."""

    origin: Origin
    stored: tuple[Report, ...]
    """Everything that came under this id before, by variant."""
    earlier: tuple[Earlier, ...]
    """What trends look back at; see `domain.past.Past`."""
    given_on: tuple[date, ...]
    """The days of the administrations."""
    use: limits.Use


class Weighed(Struct, frozen=True, kw_only=True):
    """What the rules made of a report, and of what was past when they did."""

    past: Past
    triage: Triage

    @property
    def pages(self) -> bool:
        """Whether staff are paged for it."""
        return is_paging(self.triage.level)


class Outcome(Struct, frozen=True, kw_only=True):
    """What has become of a report. `decision` None: there is nothing to write."""

    report: Report | None
    """None when this phone has handed in all that it may in a day."""
    decision: Decision | None
    differs: tuple[Fault, ...] = ()
    """Where its content is another than the one that was stored first under its id."""
    first: Report | None = None
    """What was stored first under its id."""

    @property
    def worst(self) -> Report | None:
        """The more urgent of the two: a later "no" under one id takes nothing back of what the person was told."""
        known = [each for each in (self.report, self.first) if each is not None]
        return max(known, key=lambda each: each.triage.level.rank, default=None)


def forms_of(protocol: Protocol, role: Role) -> tuple[Form, ...]:
    """Return the forms that a participant or a caregiver fills in now."""
    return tuple(form for form in protocol.current_forms if form.audience is Audience(role.value))


def before(filing: Filing, arrival: Arrival, context: Context) -> Outcome | None:
    """Return what is to be said of a report that changes nothing; None for one that is to be judged and stored.

    An equal one under the same id was stored before. Of a phone that floods nothing is stored, and the site is told.
    """
    content = _content(arrival)
    known = next((each for each in filing.stored if each.digest == content), None)
    if known is not None:
        return Outcome(report=known, decision=None, differs=_differs(filing, arrival), first=_first(filing))
    if limits.is_flood(filing.use):
        return Outcome(report=None, decision=limits.alarm(filing.origin, filing.use, context))
    return None


def weigh(filing: Filing, arrival: Arrival, protocol: Protocol, by: Judge, context: Context) -> Weighed:
    """Judge a report against what is past; its level decides whether there is a bell to load.

    A judge that raises leaves it untriaged, which counts as urgent and pages (trial.md §2, cases.md 8).
    """
    past = _past(filing, arrival, context)
    return Weighed(past=past, triage=judge(arrival.submission, protocol, by, past))


def submit(
    filing: Filing,
    arrival: Arrival,
    weighed: Weighed,
    bell: Bell | None,
    protocol: Protocol,
    context: Context,
) -> Outcome:
    """Store one report that was weighed, and ring where it pages.

    Another content under an id that was used before is kept as a variant. Raises ValueError for what pages and has no
    bell: a mistake of the program, which must not be silent.
    """
    reading = intake.read(arrival, filing.origin, weighed.past, protocol)
    rung = _rung(filing, weighed.triage, bell, protocol, context)
    made = _Making(filing, arrival, reading, weighed, rung)
    report = _report(made, protocol, context)
    decision = context.decide(
        "report.correct" if arrival.submission.corrects else "report.submit",
        (*rung.changes, Change(report), *_tasks(report, context), *_checked_in(filing, report, protocol)),
        site_id=report.site_id,
        participant_id=report.participant_id,
    )
    return Outcome(report=report, decision=decision, differs=_differs(filing, arrival), first=_first(filing))


def judge(submission: Submission, protocol: Protocol, by: Judge, past: Past = NOTHING_PAST) -> Triage:
    """Judge what was answered, by its form; where several could be meant, by each, and what any of them finds counts.

    Without a past: what a person is told when nothing can be stored.
    """
    found = [
        _judged_by(form, submission, protocol.rules, by, past)
        for form in intake.forms_for(submission, protocol)
    ]
    return _joined(found)


def _joined(found: list[Triage]) -> Triage:
    """Join the judgements of one report by several forms: what any of them found is found. Its own form comes first."""
    fired = {each.rule: each for one in reversed(found) for each in one.fired}
    return replace(
        found[0],
        level=max((each.level for each in found), key=lambda level: level.rank),
        signals=tuple(signal for signal in Signal if any(signal in each.signals for each in found)),
        fired=tuple(fired[rule] for rule in dict.fromkeys(each.rule for one in found for each in one.fired)),
        advice=tuple(dict.fromkeys(key for each in found for key in each.advice)),
        triaged=all(each.triaged for each in found),
        broken=tuple(dict.fromkeys(rule for each in found for rule in each.broken)),
    )


class _Making(Struct, frozen=True):
    filing: Filing
    arrival: Arrival
    reading: Reading
    weighed: Weighed
    rung: Rung

    @property
    def variant(self) -> int:
        """0 for the report itself, which what is no report cannot be."""
        taken = {each.variant for each in self.filing.stored}
        first = 0 if self.arrival.is_json else 1
        return first if first not in taken else max(taken) + 1

    @property
    def misfits(self) -> tuple[Misfit, ...]:
        another = self.variant > 0 and self.arrival.is_json
        return (*((Misfit.OTHER_CONTENT,) if another else ()), *self.reading.misfits)


def _past(filing: Filing, arrival: Arrival, context: Context) -> Past:
    submission, site = arrival.submission, filing.origin.site
    at = timing.instants(submission.onset_at, timing.made_at(submission, context.now), context.now)
    return Past(
        reporter=Audience(filing.origin.account.role.value),
        time_zone=site.time_zone,
        at=at,
        days=timing.days_since(filing.given_on, at, ZoneInfo(site.time_zone)),
        earlier=filing.earlier,
    )


def _judged_by(form: Form, submission: Submission, rules: RuleSet, by: Judge, past: Past) -> Triage:
    try:
        return by(form, rules, intake.in_doubt(form, rules, submission.answers), past)
    except Exception:  # noqa: BLE001 - whatever breaks in a rule, the report still counts as urgent
        return untriaged(form.id, form.version, rules)


def _rung(filing: Filing, triage: Triage, bell: Bell | None, protocol: Protocol, context: Context) -> Rung:
    if not is_paging(triage.level):
        return Rung(None)
    if bell is None:
        raise ValueError("What pages was filed without its bell.")
    if limits.may_ring(filing.origin.sender, filing.use, context.machine_now):
        return ringing.ring(bell, triage, protocol, context)
    return ringing.join(bell, triage)


def _content(arrival: Arrival) -> bytes:
    """Return what tells contents apart; what is no JSON is told apart by its bytes."""
    return digest(arrival.submission) if arrival.is_json else hashlib.sha256(arrival.original).digest()


def _first(filing: Filing) -> Report | None:
    return next((each for each in filing.stored if each.variant == 0), None)


def _differs(filing: Filing, arrival: Arrival) -> tuple[Fault, ...]:
    first = _first(filing)
    return differing.differences(first, arrival) if first and arrival.is_json else ()


def _report(made: _Making, protocol: Protocol, context: Context) -> Report:
    origin, submission = made.filing.origin, made.arrival.submission
    return Report(
        id=made.arrival.report_id,
        variant=made.variant,
        account_id=origin.account.id,
        site_id=origin.site.id,
        participant_id=origin.participant.id,
        session_id=origin.sender.session_id,
        proof=origin.sender.proof,
        is_verified=origin.sender.is_verified,
        reporter=origin.account.role,
        submission=submission,
        triage=made.weighed.triage,
        received_at=context.now,
        arrived_at=context.machine_now,
        made_at=timing.made_at(submission, context.now),
        clock_skew=timing.clock_skew(submission, context.now),
        quarantine=made.misfits,
        faults=made.reading.faults,
        alert_id=None if made.rung.alert is None else made.rung.alert.id,
        rang=made.rung.began,
        days=made.weighed.past.days,
        protocol=protocol.digest,
        digest=_content(made.arrival),
        original=made.arrival.original,
    )


def _checked_in(filing: Filing, report: Report, protocol: Protocol) -> list[Change]:
    origin = filing.origin
    done = origin.course and checking_in.check_in(
        origin.course, report, origin.account, origin.site, protocol.calendar
    )
    return [done] if done else []


def _tasks(report: Report, context: Context) -> list[Change]:
    return [
        Change(
            Task(
                id=context.entropy.uuid(f"task/{kind}"),
                site_id=report.site_id,
                participant_id=report.participant_id,
                kind=kind,
                about_id=report.id,
                created_at=context.now,
                due_at=context.now
                + (UNTRIAGED_TASK_DUE if kind is TaskKind.UNTRIAGED_REPORT else ROUTINE_TASK_DUE),
            )
        )
        for kind in _kinds(report)
    ]


def _kinds(report: Report) -> list[TaskKind]:
    """Return why a human must look, besides an alert; a routine report is read whole, words and all."""
    is_routine = report.triage.level is Level.ROUTINE
    why = {
        TaskKind.ROUTINE_REPORT: is_routine,
        TaskKind.FREE_TEXT: _has_words(report) and not is_routine,
        TaskKind.UNTRIAGED_REPORT: not report.triage.triaged,
        TaskKind.QUARANTINED_REPORT: bool(report.quarantine),
    }
    return [kind for kind, holds in why.items() if holds]


def _has_words(report: Report) -> bool:
    given = report.submission.answers
    return any(isinstance(each, TextAnswer) and each.text.strip() for each in given)

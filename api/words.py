"""From values of the domain to what the wire says, in the reader's language."""

from collections.abc import Iterator
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from api.shapes.advice import Advice, PageView, WhatToDo
from api.shapes.reports import ReportFault, ReportView
from api.shapes.schedule import NamedText, OccasionView
from domain.occasion import Standing
from domain.page_state import PageState, PageStatus
from domain.people import Account
from domain.protocol.schema import Level, Protocol
from domain.report import Misfit, Report
from domain.texts import say
from domain.triage import Triage

DEFAULT_ZONE = "Asia/Shanghai"
"""Of a page that names no time."""

_NOT_ALL_READ = frozenset({Misfit.UNREADABLE, Misfit.BODY, Misfit.FORM, Misfit.ANSWERS})

T = TypeVar("T")


def known(value: T | None) -> T | UnsetType:
    """Return a value, or nothing at all where there is none: the wire has no null."""
    return UNSET if value is None else value


def skew_seconds(report: Report) -> float | UnsetType:
    """Return how far the phone's clock was off, in seconds; nothing where the phone did not say its time."""
    return UNSET if report.clock_skew is None else report.clock_skew.total_seconds()


def fault_views(report: Report) -> tuple[ReportFault, ...]:
    """Show where a report did not fit, and why."""
    return tuple(ReportFault(pointer=each.pointer, message=each.message) for each in report.faults)


def occasion_view(protocol: Protocol, language: str, standing: Standing) -> OccasionView:
    """Show one visit or check-in."""
    occasion, record = standing.occasion, standing.record
    return OccasionView(
        kind=occasion.kind.value,
        week=occasion.week,
        target_date=occasion.target,
        opens_on=occasion.opens,
        closes_on=occasion.closes,
        state=standing.state.value,
        done_on=UNSET if record is None or record.done_on is None else record.done_on,
        is_late=record is not None and record.is_late,
        assessments=_named(protocol, language, "assessment.", occasion.assessments),
        preparation=_named(protocol, language, "", occasion.preparation),
    )


def _named(protocol: Protocol, language: str, prefix: str, ids: tuple[str, ...]) -> tuple[NamedText, ...]:
    return (
        tuple([NamedText(id=each, text=say(protocol, language, prefix + each)) for each in ids])
        if ids
        else ()
    )


def report_view(protocol: Protocol, account: Account, report: Report, page: PageState) -> ReportView:
    """Show a report to whoever handed it in."""
    triage = report.triage
    corrects = report.submission.corrects
    return ReportView(
        report_id=report.id,
        form_id=report.submission.form_id,
        form_version=report.submission.form_version,
        received_at=report.received_at,
        made_at=report.made_at,
        clock_skew_seconds=skew_seconds(report),
        clock_doubtful=report.has_doubtful_clock,
        quarantined=bool(report.quarantine),
        misfits=tuple(misfit.value for misfit in report.quarantine),
        faults=fault_views(report),
        corrects=UNSET if corrects is None else corrects,
        triaged=triage.triaged,
        level=triage.level.value,
        signals=tuple(signal.value for signal in triage.signals),
        advice=advice_of(protocol, account.language, triage, report.quarantine),
        page=_page_view(protocol, account.language, account.time_zone, page),
    )


def what_to_do(protocol: Protocol, language: str, triage: Triage) -> WhatToDo:
    """Say what to do from answers that were judged and not stored: the clinic has not been told."""
    page = PageState(status=PageStatus.NOT_TOLD, go_now=triage.level is Level.EMERGENCY)
    return WhatToDo(
        level=triage.level.value,
        advice=advice_of(protocol, language, triage, (), is_stored=False),
        page=_page_view(protocol, language, DEFAULT_ZONE, page),
    )


def unstored(level: Level) -> str:
    """Name the advice of a level for answers that lie nowhere yet: only that of an emergency is true all the same."""
    return {Level.EMERGENCY: level.value, Level.URGENT: "urgent-not-stored"}.get(level, "not-stored")


def advice_of(
    protocol: Protocol,
    language: str,
    triage: Triage,
    misfits: tuple[Misfit, ...],
    *,
    is_stored: bool = True,
) -> Advice:
    """Return the one clear next step of a report as it was judged, and whether it is the clinic's already."""
    if not is_stored:
        name = unstored(triage.level)
    elif not triage.triaged and triage.level is not Level.EMERGENCY:
        name = "untriaged"
    else:
        name = triage.level.value
    return Advice(
        headline=say(protocol, language, f"advice.{name}.headline"),
        text=say(protocol, language, f"advice.{name}.text"),
        further=tuple(say(protocol, language, key) for key in (*triage.advice, *_of_misfits(misfits))),
        emergency_number=protocol.emergency_number,
    )


def _of_misfits(misfits: tuple[Misfit, ...]) -> Iterator[str]:
    if _NOT_ALL_READ.intersection(misfits):
        yield "advice.not-all-read"
    if Misfit.REPLACED_PHONE in misfits:
        yield "advice.phone-replaced"


def _page_view(protocol: Protocol, language: str, time_zone: str, page: PageState) -> PageView:
    named = page.named_time
    clock = "" if named is None else named.astimezone(ZoneInfo(time_zone)).strftime("%H:%M")
    return PageView(
        status=page.status.value,
        text=say(protocol, language, page.text_key, time=clock),
        go_now=page.go_now,
        sent_at=known(page.sent_at),
        delivered_at=known(page.delivered_at),
        seen_at=known(page.seen_at),
        contacted_at=known(page.contacted_at),
    )

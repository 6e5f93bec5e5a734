"""A rota in the words of the contract, and drafts of one in the words of the domain."""

from datetime import datetime
from typing import Any

from msgspec import UNSET

from api.shapes.on_call import (
    ColleagueView,
    CoverageView,
    DutyView,
    FindingView,
    OverrideDraft,
    RotaDraft,
    RotaView,
    ShiftDraft,
    ShiftView,
)
from api.words import known
from domain.colleague import Colleague
from domain.coverage import Coverage, Finding
from domain.people import Shift, ShiftKind, Site
from domain.rota import duty
from domain.rota_changes import Book, Wanted


def rota_view(book: Book, begins: datetime, ends: datetime) -> RotaView:
    """Show a rota between two instants."""
    rows = [each for each in book.rows if each.starts_at < ends]
    spans = duty(rows, begins, ends)
    return RotaView(
        site_id=book.site_id,
        starts_at=begins,
        ends_at=ends,
        shifts=tuple(_shift(each, book) for each in rows if each.removed_at is None),
        removed=tuple(_shift(each, book) for each in rows if each.removed_at is not None),
        duty=tuple(
            DutyView(tier=each.tier, staff_ids=each.staff_ids, starts_at=each.starts_at, ends_at=each.ends_at)
            for each in spans
        ),
    )


def wanted_rows(draft: RotaDraft) -> tuple[Wanted, ...]:
    """Return the rows that somebody wants, each with where she has written it."""
    return tuple(wanted_row(each, f"/shifts/{place}") for place, each in enumerate(draft.shifts))


def wanted_row(draft: ShiftDraft | OverrideDraft, pointer: str = "") -> Wanted:
    """Return a row that somebody wants."""
    kind = ShiftKind(draft.kind) if isinstance(draft, ShiftDraft) else ShiftKind.OVERRIDE
    return Wanted(
        staff_id=draft.staff_id,
        tier=draft.tier,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        kind=kind,
        reason="" if draft.reason is UNSET else draft.reason,
        pointer=pointer,
    )


def coverage_view(site: Site, coverage: Coverage) -> CoverageView:
    """Show what is wrong with a rota."""
    return CoverageView(
        site_id=site.id,
        starts_at=coverage.starts_at,
        ends_at=coverage.ends_at,
        is_covered=coverage.is_covered,
        findings=tuple(map(_finding, coverage.findings)),
    )


def colleague_view(colleague: Colleague) -> ColleagueView:
    """Show somebody who works at a site."""
    role: Any = colleague.role.value
    return ColleagueView(
        staff_id=colleague.staff_id, name=colleague.name, role=role, reachable=colleague.is_reachable
    )


def _shift(shift: Shift, book: Book) -> ShiftView:
    person = book.people.get(shift.staff_id)
    return ShiftView(
        shift_id=shift.id,
        staff_id=shift.staff_id,
        staff_name="" if person is None else person.name,
        tier=shift.tier,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        kind=shift.kind.value,
        source=shift.source.value,
        reason=shift.reason or UNSET,
        added_at=known(shift.added_at),
        added_by=known(shift.added_by),
        removed_at=known(shift.removed_at),
        removed_by=known(shift.removed_by),
    )


def _finding(finding: Finding) -> FindingView:
    return FindingView(
        kind=finding.kind.value,
        starts_at=finding.starts_at,
        ends_at=finding.ends_at,
        tier=known(finding.tier),
        staff_id=known(finding.staff_id),
        staff_name=finding.staff_name or UNSET,
    )

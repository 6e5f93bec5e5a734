"""The rota of a site as it takes effect: who is on call in which tier, hour by hour, and where nobody is.

An override replaces, for its hours and in its tier, whoever the shifts name; several overrides at once are all on call.
The statement in `domain/records/shifts.py` says the same of one instant, and a property test holds both to it.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.people import Shift, ShiftKind


class Span(Struct, frozen=True):
    """These people are on call in `tier` from `starts_at` up to but not including `ends_at`, rung in this order."""

    tier: int
    staff_ids: tuple[UUID, ...]
    starts_at: datetime
    ends_at: datetime


class Gap(Struct, frozen=True):
    """Nobody is on call in `tier` from `starts_at` up to but not including `ends_at`."""

    tier: int
    starts_at: datetime
    ends_at: datetime


def duty(shifts: Iterable[Shift], begins: datetime, ends: datetime) -> tuple[Span, ...]:
    """Return who is on call between two instants, by tier and then by time; hours without anybody are left out."""
    by_tier: dict[int, list[Shift]] = defaultdict(list)
    for shift in shifts:
        if max(shift.starts_at, begins) < min(shift.until, ends):
            by_tier[shift.tier].append(shift)
    return tuple(
        span
        for tier, of_tier in sorted(by_tier.items())
        for span in _joined(_pieces(tier, of_tier, begins, ends))
    )


def gaps(spans: Iterable[Span], tiers: Iterable[int], begins: datetime, ends: datetime) -> tuple[Gap, ...]:
    """Return the hours between two instants in which nobody is on call; `spans` are those of `duty`, for the same."""
    covered: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        covered[span.tier].append(span)
    return tuple(gap for tier in tiers for gap in _between(tier, covered[tier], begins, ends))


def _pieces(tier: int, shifts: list[Shift], begins: datetime, ends: datetime) -> Iterator[Span]:
    """Cut the hours wherever a shift begins or ends. The work is that of the shifts at once, not of all of them."""
    waiting = deque(sorted(shifts, key=lambda each: (each.starts_at, each.staff_id)))
    instants = {max(each.starts_at, begins) for each in shifts} | {min(each.until, ends) for each in shifts}
    running: list[Shift] = []
    for start, end in pairwise(sorted(instants)):
        running = [each for each in running if each.until > start]
        while waiting and waiting[0].starts_at <= start:
            running.append(waiting.popleft())
        if running:
            yield Span(tier, _people(running), start, end)


def _people(running: list[Shift]) -> tuple[UUID, ...]:
    overrides = [each for each in running if each.kind is ShiftKind.OVERRIDE]
    return tuple(dict.fromkeys(each.staff_id for each in overrides or running))


def _joined(pieces: Iterator[Span]) -> Iterator[Span]:
    """Join what follows without a gap and names the same people."""
    last: Span | None = None
    for piece in pieces:
        if last is not None and (last.staff_ids, last.ends_at) == (piece.staff_ids, piece.starts_at):
            last = replace(last, ends_at=piece.ends_at)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _between(tier: int, spans: list[Span], begins: datetime, ends: datetime) -> Iterator[Gap]:
    reached = begins
    for span in spans:
        if span.starts_at > reached:
            yield Gap(tier, reached, span.starts_at)
        reached = span.ends_at
    if reached < ends:
        yield Gap(tier, reached, ends)

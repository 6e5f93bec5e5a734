"""Whether the bell of a site reaches somebody in every hour of the coming days, and what to do where it does not.

A page that goes to a dead number, to a closed account or to the phone that has just not answered is found here before
the night it would matter in (cases.md 5, 6, 15).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import combinations
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import local_time, outcomes
from domain.attempt import Attempt
from domain.colleague import Colleague
from domain.decision import Change, Context, Decision
from domain.errors import Fault
from domain.people import Contact, Shift, Site
from domain.protocol.clocks import Escalation, StepTarget
from domain.protocol.routes import Channel
from domain.rota import Span, duty, gaps
from domain.task import Task, TaskKind

DAYS = 14
"""How far ahead is looked unless asked otherwise: two weeks are enough to find somebody; ours."""

MOST_DAYS = 60

LOOK_AT = time(9)
"""When a site's coverage is looked at, by its own clock: somebody is in the office to mend it; ours."""

WARNING_DUE = timedelta(hours=24)
"""How long a warning may lie; one of what begins sooner is due at once. Ours."""

_TIERS: Mapping[StepTarget, int] = {StepTarget.FIRST: 1, StepTarget.SECOND: 2, StepTarget.THIRD: 3}


class FindingKind(StrEnum):
    """What is wrong with some hours of a rota."""

    GAP = "gap"
    """Nobody is on call in the tier."""
    NO_NUMBER = "no-number"
    """Who is on call has no phone on file."""
    DEAD_NUMBER = "dead-number"
    """No text reaches the number of who is on call: it does not exist, or its holder has answered STOP."""
    ACCOUNT_CLOSED = "account-closed"
    SHARED_NUMBER = "shared-number"
    """Two people who would be rung one after the other have one number: the second page rings the same phone."""
    FALLBACK_UNREACHABLE = "fallback-unreachable"
    """The principal investigator cannot be rung, or there is none."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong between two instants; about a person where `staff_id` says so."""

    kind: FindingKind
    starts_at: datetime
    ends_at: datetime
    tier: int | None = None
    """None: about the principal investigator."""
    staff_id: UUID | None = None
    staff_name: str = ""


class Coverage(Struct, frozen=True, kw_only=True):
    """What was found of a site between two instants, first hours first."""

    starts_at: datetime
    ends_at: datetime
    findings: tuple[Finding, ...]

    @property
    def is_covered(self) -> bool:
        """Whether nothing is wrong at all."""
        return not self.findings


class _Stint(Struct, frozen=True):
    tier: int | None
    staff_id: UUID
    starts_at: datetime
    ends_at: datetime


def tiers(escalation: Escalation) -> tuple[int, ...]:
    """Return the tiers that the steps of an alert ring."""
    steps = (*escalation.emergency.steps, *escalation.urgent.steps)
    return tuple(sorted({_TIERS[step.target] for step in steps if step.target in _TIERS}))


def look(
    site: Site,
    rota: Iterable[Shift],
    people: Mapping[UUID, Colleague],
    wanted: tuple[int, ...],
    begins: datetime,
    days: int = DAYS,
) -> Coverage:
    """Look at the coming days of a site. `wanted` are the tiers that must be covered."""
    ends = begins + timedelta(days=days)
    spans = tuple(span for span in duty(rota, begins, ends) if span.tier in wanted)
    stints = tuple(_stints(spans))
    principal = site.principal_investigator_id
    fallback = () if principal is None else (_Stint(None, principal, begins, ends),)
    found = (
        *(
            Finding(kind=FindingKind.GAP, tier=gap.tier, starts_at=gap.starts_at, ends_at=gap.ends_at)
            for gap in gaps(spans, wanted, begins, ends)
        ),
        *(_unreachable(each, people) for each in stints if _trouble(people.get(each.staff_id)) is not None),
        *_fallback(fallback, people, begins, ends),
        *_shared((*stints, *fallback), people),
    )
    return Coverage(starts_at=begins, ends_at=ends, findings=tuple(sorted(set(found), key=_order)))


def rings_somebody(rota: Iterable[Shift], people: Mapping[UUID, Colleague], now: datetime) -> bool:
    """Say whether a page of the first step would reach somebody now."""
    spans = duty(rota, now, now + timedelta(microseconds=1))
    first = (people.get(each) for span in spans if span.tier == 1 for each in span.staff_ids)
    return any(each is not None and each.is_reachable for each in first)


def faults_of_going_live(
    rota: Iterable[Shift], people: Mapping[UUID, Colleague], now: datetime
) -> tuple[Fault, ...]:
    """Return what keeps a site from going live: its first participant could report a minute later."""
    if rings_somebody(rota, people, now):
        return ()
    return (Fault("rota", "has nobody on call in tier 1 now who can be rung"),)


def warn(site: Site, coverage: Coverage, warned_at: datetime | None, context: Context) -> Decision | None:
    """Make sure that a human knows of what was found; None if nothing was, or a task about it is open already.

    `warned_at` is when the newest open task about the site was made. A task that is open stays so when the rota is
    whole again: whoever has mended it closes it.
    """
    if coverage.is_covered or _knows(warned_at, coverage, context.now):
        return None
    due_at = context.now if _is_soon(coverage, context.now) else context.now + WARNING_DUE
    task = _task(site.id, site.id, due_at, context)
    return context.decide("coverage.warn", (Change(task),), site_id=site.id)


def _knows(warned_at: datetime | None, coverage: Coverage, now: datetime) -> bool:
    """Say whether the open task speaks of this: what begins within a day is told anew each day, until it is closed."""
    if warned_at is None:
        return False
    return not _is_soon(coverage, now) or now - warned_at < TOLD_ANEW_AFTER


def number_failed(contact: Contact, site_id: UUID, attempt: Attempt, context: Context) -> list[Change]:
    """Return what changes when the provider refuses a page to a staff member's number for good.

    She is skipped at once from now on, and a human is told; the way back is another number (`nightbell staff
    set-phone`). Nothing changes for any other failure, nor twice, nor for a number that is on file no more.
    """
    is_known = contact.unusable_since is not None or attempt.number_index != contact.blind_index
    if (
        attempt.channel is not Channel.SMS
        or attempt.failure not in outcomes.DEAD_NUMBER
        or contact.staff_id is None
        or is_known
    ):
        return []
    task = _task(site_id, contact.staff_id, context.now, context)
    return [Change(replace(contact, unusable_since=context.now), contact), Change(task)]


def look_again_at(site: Site, now: datetime) -> datetime:
    """Return the next time a site's coverage is looked at in any case."""
    zone = local_time.zone(site.time_zone)
    today = local_time.local_date(now, zone)
    days = (local_time.instant(today + timedelta(days=ahead), LOOK_AT, zone) for ahead in range(3))
    return next(at for at in days if at > now)


def _task(site_id: UUID, about_id: UUID, due_at: datetime, context: Context) -> Task:
    return Task(
        id=context.entropy.uuid(f"task/coverage/{about_id}"),
        site_id=site_id,
        participant_id=None,
        kind=TaskKind.COVERAGE,
        about_id=about_id,
        created_at=context.now,
        due_at=due_at,
    )


def _is_soon(coverage: Coverage, now: datetime) -> bool:
    return any(
        each.kind is not FindingKind.SHARED_NUMBER and each.starts_at <= now + WARNING_DUE
        for each in coverage.findings
    )


def _stints(spans: Iterable[Span]) -> Iterator[_Stint]:
    """Tell the spans by person: her hours in a tier, whoever else comes and goes meanwhile."""
    running: dict[tuple[int, UUID], _Stint] = {}
    for span in spans:
        for staff_id in span.staff_ids:
            place = (span.tier, staff_id)
            last = running.get(place)
            if last is not None and last.ends_at == span.starts_at:
                running[place] = replace(last, ends_at=span.ends_at)
                continue
            if last is not None:
                yield last
            running[place] = _Stint(span.tier, staff_id, span.starts_at, span.ends_at)
    yield from running.values()


def _trouble(person: Colleague | None) -> FindingKind | None:
    if person is None or person.disabled_at is not None:
        return FindingKind.ACCOUNT_CLOSED
    if person.number is None:
        return FindingKind.NO_NUMBER
    return None if person.unusable_since is None else FindingKind.DEAD_NUMBER


def _about(kind: FindingKind, stint: _Stint, people: Mapping[UUID, Colleague]) -> Finding:
    person = people.get(stint.staff_id)
    return Finding(
        kind=kind,
        starts_at=stint.starts_at,
        ends_at=stint.ends_at,
        tier=stint.tier,
        staff_id=stint.staff_id,
        staff_name="" if person is None else person.name,
    )


def _unreachable(stint: _Stint, people: Mapping[UUID, Colleague]) -> Finding:
    kind = _trouble(people.get(stint.staff_id)) or FindingKind.NO_NUMBER
    return _about(kind, stint, people)


def _fallback(
    fallback: tuple[_Stint, ...], people: Mapping[UUID, Colleague], begins: datetime, ends: datetime
) -> Iterator[Finding]:
    if not fallback:
        yield Finding(kind=FindingKind.FALLBACK_UNREACHABLE, starts_at=begins, ends_at=ends)
    for stint in fallback:
        if _trouble(people.get(stint.staff_id)) is not None:
            yield _about(FindingKind.FALLBACK_UNREACHABLE, stint, people)


def _shared(stints: Iterable[_Stint], people: Mapping[UUID, Colleague]) -> Iterator[Finding]:
    """Find people who have one number and are called in the same hours, in one tier or one after the other."""
    by_number: dict[bytes, list[_Stint]] = defaultdict(list)
    for stint in stints:
        person = people.get(stint.staff_id)
        if person is not None and person.number is not None and person.is_reachable:
            by_number[person.number].append(stint)
    for sharing in by_number.values():
        for one, other in combinations(sharing, 2):
            starts_at, ends_at = max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at)
            if one.staff_id != other.staff_id and starts_at < ends_at:
                for each in (one, other):
                    common = replace(each, starts_at=starts_at, ends_at=ends_at)
                    yield _about(FindingKind.SHARED_NUMBER, common, people)


def _order(finding: Finding) -> tuple[object, ...]:
    who = "" if finding.staff_id is None else str(finding.staff_id)
    return (finding.starts_at, finding.tier or 9, finding.kind, who, finding.ends_at)


TOLD_ANEW_AFTER = timedelta(hours=20)
"""A hole that begins soon is told each day, an open task or not: a day, less what the hour of a look may move; ours."""

"""From an administration to a plan, and from a visit to what is recorded of it.

An administration, or its correction, makes a new version of the plan: what was done stays done and is never asked for
again, what was told stays told, what staff have agreed about a day that is still planned stays agreed. Everything else
is planned anew, and reminders that no longer hold are taken back. A human is asked to look where that is not all there
is to say: weeks that were done lie ahead once more, because a further administration moved the anchor; an agreed day
is lost; windows had ended before the plan was made. The program repeats nothing and decides nothing clinical.
"""

from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import occasion as occasions
from domain import recording, reminding, schedule
from domain.decision import Change, Context, Decision
from domain.delivery import ReminderText
from domain.errors import BodyInvalid, Fault, IllegalEvent
from domain.local_time import local_date, zone
from domain.occasion import OccasionRecord, OccasionState, Standing
from domain.people import Administration, Participant, Site
from domain.plan import Course, PlanCause, PlanVersion, course
from domain.protocol.schema import Protocol
from domain.reminder import Reminder
from domain.schedule import Occasion
from domain.task import Task, TaskKind

REVIEW_DUE = timedelta(hours=24)
"""A plan that somebody must look at; ours, as the daily digest of trial.md §3."""

FARTHEST = timedelta(days=366)
"""A visit is moved so far ahead at most: what lies beyond is a slip of the pen; ours."""


class Planned(Struct, frozen=True, kw_only=True):
    """What a new version is made from, loaded under the participant's lock."""

    participant: Participant
    site: Site
    current: PlanVersion | None
    records: tuple[OccasionRecord, ...]
    """Of the current version."""
    texts: tuple[ReminderText, ...]
    """Reminders that are not settled yet."""
    made: tuple[Reminder, ...]
    """All that anybody was called for."""


def replan(
    before: Planned, given: tuple[Administration, ...], cause: PlanCause, protocol: Protocol, context: Context
) -> tuple[Change, ...]:
    """Return what changes when the administrations are these now: a new version in place of the current one."""
    made = _made(before, given, cause, protocol, context)
    closed = _closed(before.current, context)
    fresh = _course(made, before.site, context)
    carried = tuple(_carried(before, fresh, context))
    passed = _passed(fresh, carried, before.site, context)
    today = _today(before.site, context)
    after = course(made, (*carried, *passed), today)
    review = _needs_review(before, carried, passed, today)
    return (
        *closed,
        Change(made),
        *map(Change, (*carried, *passed)),
        *reminding.cancel(_overtaken(before, after), context.now),
        *([Change(_review(made, context))] if review else []),
    )


def close(
    current: PlanVersion | None, texts: tuple[ReminderText, ...], context: Context
) -> tuple[Change, ...]:
    """Return what changes in the plan when the participation ends: nothing goes to anybody any more."""
    return (*_closed(current, context), *reminding.cancel(texts, context.now))


class Recorded(Struct, frozen=True, kw_only=True):
    """What a member of staff says of a visit: a record, by whom and why."""

    staff_id: UUID
    reason: str = ""


def complete_visit(
    standing: Standing, plan: PlanVersion, done_on: date, today: date, by: Recorded, context: Context
) -> Decision | None:
    """Record that a visit took place on a day, today at the latest; None if that is recorded already."""
    if done_on > today:
        raise _unfit("/completedOn", "must not be in the future")
    known = standing.record
    if standing.state is OccasionState.DONE and known is not None and known.done_on == done_on:
        return None
    return _visit(standing, recording.complete(standing, plan, done_on, context.now), by, context)


def reschedule_visit(
    standing: Standing, plan: PlanVersion, target: date, today: date, by: Recorded, context: Context
) -> Decision | None:
    """Give a visit another day, today or within a year; None if it has that day already.

    Raises IllegalEvent when the plan is followed no more: what was missed stays missed after the end.
    """
    if target < today:
        raise _unfit("/targetDate", "must not be in the past")
    if target - today > FARTHEST:
        raise _unfit("/targetDate", f"must be within {FARTHEST.days} days")
    if plan.closed_at is not None:
        raise IllegalEvent("The participation has ended: no visit gets another day.")
    if standing.is_ahead and standing.occasion.target == target:
        return None
    record = recording.reschedule(standing, plan, target, context.now)
    return _visit(standing, record, by, context)


def miss_visit(standing: Standing, plan: PlanVersion, by: Recorded, context: Context) -> Decision | None:
    """Record that a visit will not take place, or why it did not; None if somebody has said so already."""
    if standing.record is not None and standing.record.is_called_off:
        return None
    record = recording.call_off(standing, plan, context.now)
    return _visit(standing, record, by, context)


def reopen_visit(standing: Standing, plan: PlanVersion, by: Recorded, context: Context) -> Decision | None:
    """Take back that a visit was done; None if it is not recorded as done."""
    if standing.is_ahead:
        return None
    return _visit(standing, recording.reopen(standing, plan, context.now), by, context)


def _visit(standing: Standing, record: OccasionRecord, by: Recorded, context: Context) -> Decision:
    signed = replace(record, recorded_by=by.staff_id, reason=by.reason)
    return context.decide(
        "visit.record",
        (recording.change(standing, signed),),
        site_id=record.site_id,
        participant_id=record.participant_id,
        reason=by.reason,
    )


def _made(
    before: Planned, given: tuple[Administration, ...], cause: PlanCause, protocol: Protocol, context: Context
) -> PlanVersion:
    participant = before.participant
    planned = schedule.plan(protocol.calendar, participant.phase, tuple(each.given_on for each in given))
    return PlanVersion(
        id=context.entropy.uuid("plan"),
        site_id=participant.site_id,
        participant_id=participant.id,
        version=1 if before.current is None else before.current.version + 1,
        anchor=planned.anchor,
        cause=cause,
        protocol_version=protocol.version,
        made_at=context.now,
        occasions=planned.occasions,
    )


def _closed(current: PlanVersion | None, context: Context) -> tuple[Change, ...]:
    if current is None or current.closed_at is not None:
        return ()
    return (Change(replace(current, closed_at=context.now), current),)


def _passed(
    fresh: Course, carried: tuple[OccasionRecord, ...], site: Site, context: Context
) -> tuple[OccasionRecord, ...]:
    """Record as missed what lay behind when the plan was made: nobody is asked for it any more."""
    known = {(each.kind, each.week) for each in carried}
    found = (
        recording.let_pass(each, fresh.plan, zone(site.time_zone), context.now)
        for each in fresh.standings
        if each.key not in known
    )
    return tuple(each for each in found if each is not None)


def _carried(before: Planned, fresh: Course, context: Context) -> list[OccasionRecord]:
    """Take over what was done, what was agreed about a day that stays planned, and a silence that stays told."""
    found: list[OccasionRecord] = []
    for record in before.records:
        now = fresh.find(record.kind, record.week)
        if now is None:
            continue
        if record.state is OccasionState.DONE or _is_told(record, now, before.site, context):
            found.append(recording.carry(record, now, fresh.plan, context.now))
        elif _is_agreed(record, before) and now.occasion.target == _planned(before, record).target:
            found.append(recording.carry_agreed(record, now, fresh.plan, context.now))
    return found


def _is_told(record: OccasionRecord, now: Standing, site: Site, context: Context) -> bool:
    """Say whether a silence stays told: its check-in is open still, or was missed and is behind in the new plan too."""
    if record.silent_at is None or now.state is not OccasionState.OPEN:
        return False
    ended = occasions.ends_at(now.occasion, zone(site.time_zone)) <= context.now
    return record.state in occasions.AHEAD or (record.state is OccasionState.MISSED and ended)


def _is_agreed(record: OccasionRecord, before: Planned) -> bool:
    """Say whether staff have given it another day, or called it off."""
    if record.is_called_off:
        return True
    return record.state in occasions.AHEAD and record.target != _planned(before, record).target


def _planned(before: Planned, record: OccasionRecord) -> Occasion:
    known = () if before.current is None else before.current.occasions
    return next(each for each in known if (each.kind, each.week) == (record.kind, record.week))


def _overtaken(before: Planned, after: Course) -> tuple[ReminderText, ...]:
    """Return the texts that speak of nothing which the new plan still has ahead on the same day."""
    ahead = {(*each.key, each.occasion.target) for each in after.standings if each.is_ahead}
    holds = {each.message_id for each in before.made if (each.kind, each.week, each.target) in ahead}
    return tuple(each for each in before.texts if each.id not in holds)


def _needs_review(
    before: Planned, carried: tuple[OccasionRecord, ...], passed: tuple[OccasionRecord, ...], today: date
) -> bool:
    """Say whether a human must look: a done week lies ahead again, an agreement is lost, windows had ended unseen."""
    kept = {(each.kind, each.week) for each in carried}
    missed = {(each.kind, each.week) for each in before.records if each.state is OccasionState.MISSED}
    lost = any(_is_agreed(each, before) and (each.kind, each.week) not in kept for each in before.records)
    unseen = any((each.kind, each.week) not in missed for each in passed)
    again = any(each.done_on is not None and each.opens > today for each in carried)
    return lost or unseen or again


def _review(made: PlanVersion, context: Context) -> Task:
    return Task(
        id=context.entropy.uuid("task/plan-review"),
        site_id=made.site_id,
        participant_id=made.participant_id,
        kind=TaskKind.PLAN_REVIEW,
        about_id=made.id,
        created_at=context.now,
        due_at=context.now + REVIEW_DUE,
    )


def _course(made: PlanVersion, site: Site, context: Context) -> Course:
    return course(made, (), _today(site, context))


def _today(site: Site, context: Context) -> date:
    return local_date(context.now, zone(site.time_zone))


def _unfit(pointer: str, message: str) -> BodyInvalid:
    return BodyInvalid("This cannot be recorded so.", faults=(Fault(pointer, message),))

"""Silence is a signal: a check-in that nobody answers walks to the participant, the caregiver and the site (N2).

The walk goes one after the other. The site is told 48 h after the first reminder, and never before whoever was asked
last has had time to answer: after an outage everybody is asked again first, and no site is rung for the silence of a
program that was deaf. It is told by day. A check-in that nobody could have asked for, because its window had ended
when the plan was made, is no silence.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from domain import ladder, recording, ringing, walk
from domain.decision import Change, Context, Decision
from domain.ladder import Reader
from domain.local_time import instant, local_date
from domain.occasion import OccasionRecord, OccasionState, Standing
from domain.people import Role
from domain.protocol.reminders import Reminders, Silence
from domain.protocol.schema import Level, Protocol
from domain.ringing import Bell
from domain.schedule import OccasionKind
from domain.task import Task, TaskKind
from domain.triage import Fired, Triage
from domain.year import Year

RULE = "n2-silence"
"""trial.md §2, N2."""

_DEFAULT_HOUR = 9
"""Of a participant whose account nobody has opened yet; as `enrolment.DEFAULT_REMINDER_HOUR`."""


def told_at(standing: Standing, year: Year, reminders: Reminders, now: datetime) -> datetime | None:
    """Return when the site is told of this check-in, `now` at the earliest; None if it never is, or was already."""
    is_check_in = standing.occasion.kind is OccasionKind.CHECK_IN
    told = standing.record is not None and standing.record.silent_at is not None
    if not (is_check_in and standing.is_ahead) or told or not _was_asked_for(standing, year):
        return None
    first = _first_asked_at(standing, year, reminders) + reminders.silence.after
    asked = (*_asked_at(standing, year), *_yet_to_be_asked(standing, year, reminders, now))
    answer_by = (each + reminders.silence.answer_within for each in asked)
    return ladder.allowed_from(max((now, first, *answer_by)), year.zone, reminders.hours)


def due(year: Year, reminders: Reminders, now: datetime) -> tuple[Standing, ...]:
    """Return the check-ins of whose silence the site must be told now, by week."""
    begun = year.until(year.today)
    timed = ((each, told_at(each, year, reminders, now)) for each in begun.course.standings)
    return tuple(each for each, at in timed if at is not None and at <= now)


def level(standing: Standing, year: Year, silence: Silence) -> Level:
    """Return how urgent a silence is (trial.md §2, N2)."""
    target = standing.occasion.target
    days = ((target - each).days for each in year.given_on)
    is_early = any(silence.urgent_first_day <= day <= silence.urgent_last_day for day in days)
    is_known = bool(year.complications.intersection(silence.urgent_after))
    again = _in_a_row(standing, year) >= silence.urgent_in_a_row
    return Level.URGENT if is_early or is_known or again else Level.ROUTINE


def tell(
    standing: Standing, year: Year, bell: Bell, protocol: Protocol, context: Context
) -> tuple[Decision, OccasionRecord]:
    """Tell the site of a silence: a task with its own due time, and where it is urgent an alert that rings.

    Return the decision, and the check-in's record after it.
    """
    found = level(standing, year, protocol.reminders.silence)
    rung = ringing.ring(bell, _judged(found, protocol), protocol, context)
    alert_id = None if rung.alert is None else rung.alert.id
    record = recording.fall_silent(standing, year.course.plan, alert_id, context.now)
    task = Change(_task(standing, year, found, protocol.reminders.silence, context))
    decision = context.decide(
        "silence.tell",
        (*rung.changes, recording.change(standing, record), task),
        site_id=bell.site_id,
        participant_id=bell.participant_id,
    )
    return decision, record


def missed_task(standing: Standing, year: Year, silence: Silence, context: Context) -> Task | None:
    """Return the task for what was let pass: a visit, or a check-in of whose silence nobody was told.

    None where a silence was told already, and for what had passed before the plan was made: nobody has missed it now.
    """
    told = standing.record is not None and standing.record.silent_at is not None
    if told or not _was_asked_for(standing, year):
        return None
    is_check_in = standing.occasion.kind is OccasionKind.CHECK_IN
    found = level(standing, year, silence) if is_check_in else Level.ROUTINE
    return _task(standing, year, found, silence, context)


def _was_asked_for(standing: Standing, year: Year) -> bool:
    return standing.occasion.closes >= local_date(year.course.plan.made_at, year.zone)


def _first_asked_at(standing: Standing, year: Year, reminders: Reminders) -> datetime:
    participant = year.of_role(Role.PARTICIPANT)
    reader = participant.reader if participant else _nobody(year)
    clock = ladder.clock_of(reminders.check_ins[0].at, reader, reminders)
    return instant(standing.occasion.target, clock, reader.zone)


def _nobody(year: Year) -> Reader:
    return Reader(account_id=UUID(int=0), role=Role.PARTICIPANT, zone=year.zone, hour=_DEFAULT_HOUR)


def _asked_at(standing: Standing, year: Year) -> list[datetime]:
    occasion = standing.occasion
    asked = (occasion.kind, occasion.week, occasion.target)
    return [each.made_at for each in year.made if (each.kind, each.week, each.target) == asked]


def _yet_to_be_asked(
    standing: Standing, year: Year, reminders: Reminders, now: datetime
) -> Iterator[datetime]:
    """Yield when those will be asked who have not been: nobody is passed over on the way to the site."""
    alone = replace(year, course=replace(year.course, standings=(standing,)))
    for addressee in year.addressees:
        for call in walk.pending(alone, addressee, reminders):
            called_at = walk.called_at(call, year, reminders, now)
            if called_at < call.until:
                yield called_at


def _in_a_row(standing: Standing, year: Year) -> int:
    """Count this silence and the ones right before it."""
    count = 1
    for week in range(standing.occasion.week - 1, 0, -1):
        earlier = year.course.find(OccasionKind.CHECK_IN, week)
        if earlier is None or not _stayed_silent(earlier, year):
            break
        count += 1
    return count


def _stayed_silent(standing: Standing, year: Year) -> bool:
    told = standing.record is not None and standing.record.silent_at is not None
    if standing.state is OccasionState.MISSED:
        return told or _was_asked_for(standing, year)
    return standing.is_ahead and told


def _judged(found: Level, protocol: Protocol) -> Triage:
    """Say a silence as the rules would, so that it rings as a report of its level does."""
    return Triage(
        level=found,
        signals=(),
        fired=(Fired(RULE, found, None, ()),),
        undetermined=(),
        rule_set_version=protocol.rules.version,
        form_id="",
        form_version=0,
        advice=(),
    )


def _task(standing: Standing, year: Year, found: Level, silence: Silence, context: Context) -> Task:
    kind, week = standing.key
    is_check_in = kind is OccasionKind.CHECK_IN
    wait = silence.urgent_task_due if found is Level.URGENT else silence.task_due
    return Task(
        id=context.entropy.uuid(f"task/{kind}/{week}"),
        site_id=year.course.plan.site_id,
        participant_id=year.course.plan.participant_id,
        kind=TaskKind.MISSED_CHECK_IN if is_check_in else TaskKind.MISSED_VISIT,
        about_id=recording.record_id(year.course.plan, standing),
        created_at=context.now,
        due_at=context.now + wait,
    )

"""Plans and occasions as a site reads them."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from msgspec import UNSET, UnsetType

from api.shapes.schedule import DueOccasion, ParticipantSchedule, ReachView, RecordedOccasion
from api.words import known
from domain.due_list import Due
from domain.occasion import OccasionRecord, Standing
from domain.people import Participant, Site, Staff
from domain.plan import Course, PlanVersion
from domain.records.reminders import Reached


def recorded_occasion(
    plan: PlanVersion, standing: Standing, holidays: frozenset[date], people: Mapping[UUID, Staff]
) -> RecordedOccasion:
    """Show one occasion with all that is recorded of it."""
    occasion, record = standing.occasion, standing.record
    planned = next(each.target for each in plan.occasions if (each.kind, each.week) == standing.key)
    return RecordedOccasion(
        kind=occasion.kind.value,
        week=occasion.week,
        planned_date=planned,
        target_date=occasion.target,
        opens_on=occasion.opens,
        closes_on=occasion.closes,
        state=standing.state.value,
        is_late=record is not None and record.is_late,
        on_holiday=occasion.target in holidays,
        done_on=UNSET if record is None or record.done_on is None else record.done_on,
        missed_at=known(None if record is None else record.missed_at),
        silent_at=known(None if record is None else record.silent_at),
        recorded_by=_name(record, people),
        reason=UNSET if record is None or not record.reason else record.reason,
    )


def participant_schedule(
    participant: Participant,
    site: Site,
    course: Course | None,
    people: Mapping[UUID, Staff],
    reached: tuple[Reached, ...],
) -> ParticipantSchedule:
    """Show a participant's plan; empty before the first administration."""
    holidays = frozenset(site.holidays)
    return ParticipantSchedule(
        participant_id=participant.id,
        version=0 if course is None else course.plan.version,
        anchor=UNSET if course is None else course.plan.anchor,
        time_zone=site.time_zone,
        occasions=()
        if course is None
        else tuple(recorded_occasion(course.plan, each, holidays, people) for each in course.standings),
        reach=tuple(map(_reach, reached)),
    )


def due_occasion(due: Due, subject_number: str, holidays: frozenset[date]) -> DueOccasion:
    """Show one thing that a site should look at."""
    occasion = due.standing.occasion
    return DueOccasion(
        participant_id=due.participant_id,
        subject_number=subject_number,
        kind=occasion.kind.value,
        week=occasion.week,
        target_date=occasion.target,
        opens_on=occasion.opens,
        closes_on=occasion.closes,
        state=due.standing.state.value,
        why=tuple(each.value for each in due.why),
        on_holiday=occasion.target in holidays,
    )


def _name(record: OccasionRecord | None, people: Mapping[UUID, Staff]) -> str | UnsetType:
    who = None if record is None or record.recorded_by is None else people.get(record.recorded_by)
    return UNSET if who is None else who.name


def _reach(each: Reached) -> ReachView:
    return ReachView(
        role="caregiver" if each.role == "caregiver" else "participant",
        sms=each.sms,
        phones=each.phones,
        plan_version_held=UNSET if each.plan_version is None else each.plan_version,
    )

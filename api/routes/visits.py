"""What a site sees and records of visits and check-ins."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from litestar import Response, get, put

from api.callers import StaffCaller, staff_caller
from api.exchange import Request, created, read_one_of, tagged
from api.given import GivenMint, GivenTrial, PathId, PathNumber
from api.operations import Auth, Operation, contract
from api.people import lock_for_work
from api.planned import site_of
from api.reading import note_read
from api.schedule_words import participant_schedule, recorded_occasion
from api.shapes.schedule import (
    ParticipantSchedule,
    RecordedOccasion,
    VisitChange,
    VisitCompletion,
    VisitMiss,
    VisitRescheduling,
)
from domain import local_time, planning
from domain.decision import Context, Decision
from domain.errors import IllegalEvent, NotEntitled, NotFound
from domain.occasion import Standing
from domain.people import Participant, Staff
from domain.plan import Course, PlanVersion
from domain.planning import Recorded
from domain.records import courses, participants, plans, reminders, staff
from domain.records.rows import Connection, transaction
from domain.records.write import write
from domain.schedule import OccasionKind


@put(
    "/v1/participants/{participant_id:uuid}/visits/{week:int}",
    **contract(
        Operation(
            name="visit.record",
            tag="Schedule",
            summary="Record what becomes of a visit",
            auth=Auth.STAFF,
            body=VisitChange,
            answers={200: RecordedOccasion},
            errors=(NotFound, NotEntitled, IllegalEvent),
        )
    ),
)
async def record_visit(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId, week: PathNumber
) -> Response[bytes]:
    """Complete a visit, give it another day, mark it missed, or take a completion back. Sending it again is safe."""
    caller = await staff_caller(request, trial, mint)
    change: VisitChange = await read_one_of(request, VisitChange)
    async with transaction(trial.pool) as connection:
        participant = await lock_for_work(connection, caller, participant_id)
        site = await site_of(connection, participant)
        context = trial.context(caller.actor)
        course = await courses.load(connection, participant_id, site, context.now)
        plan, visit = _visit(course, week)
        today = local_time.local_date(context.now, local_time.zone(site.time_zone))
        by = Recorded(staff_id=caller.staff.id, reason=change.reason)
        decision = _decide(change, visit, plan, today, by, context)
        await write(connection, decision, request_id=request.state.request_id)
        await plans.look_now(connection, participant_id, context.now)
        after = await courses.load(connection, participant_id, site, context.now)
        names = await _names(connection, after)
    _, shown = _visit(after, week)
    return created(recorded_occasion(plan, shown, frozenset(site.holidays), names), 200)


@get(
    "/v1/participants/{participant_id:uuid}/schedule",
    **contract(
        Operation(
            name="participant-schedule.read",
            tag="Schedule",
            summary="Read a participant's plan",
            auth=Auth.STAFF,
            answers={200: ParticipantSchedule},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_participant_schedule(
    request: Request, trial: GivenTrial, mint: GivenMint, participant_id: PathId
) -> Response[bytes]:
    """All visits and check-ins with what is recorded of each, and whether she and her caregiver can be reminded."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        participant = await _find(connection, caller, participant_id)
        site = await site_of(connection, participant)
        course = await courses.load(connection, participant_id, site, trial.now())
        names = await _names(connection, course)
        reached = await reminders.reach(connection, participant_id)
        await note_read(
            request, trial, connection, caller, site_id=participant.site_id, participant_id=participant_id
        )
    return tagged(request, participant_schedule(participant, site, course, names, reached))


async def _find(connection: Connection, caller: StaffCaller, participant_id: UUID) -> Participant:
    participant = await participants.find(connection, participant_id, caller.site_ids)
    if participant is None:
        raise NotFound("There is no such thing here.")
    caller.require_site(participant.site_id)
    return participant


async def _names(connection: Connection, course: Course | None) -> Mapping[UUID, Staff]:
    """Return whoever has recorded something of a plan."""
    records = () if course is None else (each.record for each in course.standings)
    people = {each.recorded_by for each in records if each is not None and each.recorded_by is not None}
    return {each.id: each for each in await staff.among(connection, tuple(people))}


def _visit(course: Course | None, week: int) -> tuple[PlanVersion, Standing]:
    visit = None if course is None else course.find(OccasionKind.VISIT, week)
    if course is None or visit is None:
        raise NotFound("The plan has no visit in this week.")
    return course.plan, visit


def _decide(
    change: VisitChange, visit: Standing, plan: PlanVersion, today: date, by: Recorded, context: Context
) -> Decision | None:
    match change:
        case VisitCompletion():
            return planning.complete_visit(visit, plan, change.completed_on, today, by, context)
        case VisitRescheduling():
            return planning.reschedule_visit(visit, plan, change.target_date, today, by, context)
        case VisitMiss():
            return planning.miss_visit(visit, plan, by, context)
        case _:
            return planning.reopen_visit(visit, plan, by, context)

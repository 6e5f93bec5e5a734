"""Drills of a site: start one, see what came of it, let them run by themselves."""

from uuid import UUID

from litestar import Response, get, post, put

from api.callers import StaffCaller, staff_caller
from api.cursors import cursor_of, cut, read_cursor
from api.drill_words import drill_detail, drill_view, people_of, schedule_view
from api.exchange import (
    Request,
    created,
    read_body,
    read_limit,
    read_query,
    replaced,
    require_unchanged,
    tagged,
)
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract, paged
from api.quotas import hold_to
from api.shapes.drills import DrillDetail, DrillPage, DrillSchedule, DrillScheduleView, DrillView
from domain import drilling
from domain.decision import Change
from domain.drill import Drill
from domain.errors import AlertUnanswered, DrillRunning, NotEntitled, NotFound, TextsSpent, TooManyRequests
from domain.people import Role, Site, Staff
from domain.quota import DRILLS
from domain.records import attempts, drills, messages, sites, staff
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from notifications.drills import standing

_MAY_DRILL = frozenset({Role.COORDINATOR, Role.INVESTIGATOR, Role.ADMINISTRATOR})


@post(
    "/v1/sites/{site_id:uuid}/drills",
    **contract(
        Operation(
            name="drill.start",
            tag="Drills",
            summary="Start a drill",
            auth=Auth.STAFF,
            answers={201: DrillView},
            errors=(NotFound, NotEntitled, DrillRunning, AlertUnanswered, TextsSpent, TooManyRequests),
        )
    ),
)
async def start_drill(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """Ring the next shift on the real path, marked as a drill: one of them has 15 minutes to take its alert.

    One that fails marks the site as not safe to rely on, until another one is passed.
    """
    caller = await staff_caller(request, trial, mint)
    _require_drills(caller, site_id)
    async with transaction(trial.pool) as connection:
        site = await _lock(connection, site_id)
        await hold_to(trial, connection, DRILLS, str(site_id), request)
        context = trial.context(caller.actor)
        ready = await standing(trial, connection, site, context)
        drill, decision = drilling.ask(ready, trial.protocol.escalation, context)
        await write(connection, decision, request_id=request.state.request_id)
        view = drill_view(drill, await _people(connection, drill))
    return created(view)


@get(
    "/v1/sites/{site_id:uuid}/drills",
    **contract(
        Operation(
            name="drill.list",
            tag="Drills",
            summary="List the drills of a site",
            auth=Auth.STAFF,
            answers={200: DrillPage},
            errors=(NotFound,),
            query=paged("Drills"),
            etag=True,
        )
    ),
)
async def list_drills(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """What came of each, newest first."""
    query = read_query(request)
    limit, before = read_limit(query), read_cursor(query.get("cursor"))
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        found = await drills.at_site(connection, site_id, before, limit + 1)
        page, more = cut(found, limit, lambda last: cursor_of(last.started_at, last.id))
        people = await _people(connection, *page)
    shown = tuple(drill_view(each, people) for each in page)
    return tagged(request, DrillPage(drills=shown, next_cursor=more))


@get(
    "/v1/sites/{site_id:uuid}/drills/{drill_id:uuid}",
    **contract(
        Operation(
            name="drill.read",
            tag="Drills",
            summary="Read a drill with its pages",
            auth=Auth.STAFF,
            answers={200: DrillDetail},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_drill(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId, drill_id: PathId
) -> Response[bytes]:
    """Whom it rang, every text with its attempts and receipts, and what came of it."""
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        drill = await drills.find(connection, drill_id, site_id)
        if drill is None:
            raise NotFound("There is no such thing here.")
        view = drill_detail(
            drill,
            await _people(connection, drill),
            await messages.of_alert(connection, drill.alert_id),
            await attempts.of_alert(connection, drill.alert_id),
            caller.staff.id,
        )
    return tagged(request, view)


@get(
    "/v1/sites/{site_id:uuid}/drill-schedule",
    **contract(
        Operation(
            name="drill-schedule.read",
            tag="Drills",
            summary="Read when drills run by themselves",
            auth=Auth.STAFF,
            answers={200: DrillScheduleView},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_drill_schedule(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """How often, at what time of the site, and when next."""
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        site = await sites.find(connection, site_id)
    if site is None:
        raise NotFound("There is no such thing here.")
    return tagged(request, schedule_view(site))


@put(
    "/v1/sites/{site_id:uuid}/drill-schedule",
    **contract(
        Operation(
            name="drill-schedule.replace",
            tag="Drills",
            summary="Let drills run by themselves, or not",
            auth=Auth.STAFF,
            body=DrillSchedule,
            answers={200: DrillScheduleView},
            errors=(NotFound, NotEntitled),
            if_match=True,
        )
    ),
)
async def replace_drill_schedule(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """From the next such time of the site on. While an alert waits one is put off; none rings at night."""
    caller = await staff_caller(request, trial, mint)
    _require_drills(caller, site_id)
    body = await read_body(request, DrillSchedule)
    async with transaction(trial.pool) as connection:
        site = await _lock(connection, site_id)
        require_unchanged(request, schedule_view(site))
        context = trial.context(caller.actor)
        planned = drilling.schedule(site, body.days, body.time_of_day, context)
        if planned != site:
            decision = context.decide("drill-schedule.replace", (Change(planned, site),), site_id=site_id)
            await write(connection, decision, request_id=request.state.request_id)
    return replaced(schedule_view(planned))


def _require_drills(caller: StaffCaller, site_id: UUID) -> None:
    if caller.require_site(site_id) not in _MAY_DRILL:
        raise NotEntitled("Your role at this site does not include this.")


async def _lock(connection: Connection, site_id: UUID) -> Site:
    site = await sites.lock_by_id(connection, site_id)
    if site is None:
        raise NotFound("There is no such thing here.")
    return site


async def _people(connection: Connection, *found: Drill) -> dict[UUID, Staff]:
    ids = {staff_id for drill in found for staff_id in people_of(drill)}
    return {person.id: person for person in await staff.among(connection, tuple(ids))}

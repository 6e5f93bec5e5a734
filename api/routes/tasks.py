"""Tasks, and the sites they belong to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from msgspec import UNSET

from api.callers import StaffCaller, staff_caller
from api.cursors import OLDEST, cursor_of, cut, read_cursor
from api.exchange import Request, created, read_limit, read_query, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract, paged
from api.shapes.tasks import SiteList, SiteView, TaskPage, TaskView
from api.words import known
from domain import task as tasks_domain
from domain.decision import Change
from domain.errors import IllegalEvent, NotEntitled, NotFound
from domain.people import Site
from domain.records import participants, sites, tasks
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.task import Task


@get(
    "/v1/sites",
    **contract(
        Operation(
            name="site.list",
            tag="Staff",
            summary="List my sites",
            auth=Auth.STAFF,
            answers={200: SiteList},
            etag=True,
        )
    ),
)
async def list_sites(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """My sites, and what I am at each."""
    caller = await staff_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        found = await sites.among(connection, caller.site_ids)
    return tagged(request, SiteList(sites=tuple(_site(each, caller) for each in found)))


@get(
    "/v1/tasks",
    **contract(
        Operation(
            name="task.list",
            tag="Tasks",
            summary="List the open tasks of my sites",
            auth=Auth.STAFF,
            answers={200: TaskPage},
            query=paged("Tasks"),
            etag=True,
        )
    ),
)
async def list_tasks(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Everything a human must look at that is no alert, first due first."""
    query = read_query(request)
    limit, after = read_limit(query), read_cursor(query.get("cursor"), OLDEST)
    caller = await staff_caller(request, trial, mint)
    async with reading(trial.pool) as connection:
        found = await tasks.open_at_sites(connection, caller.site_ids, after, limit + 1)
        page, more = cut(found, limit, lambda last: cursor_of(last.due_at, last.id))
        told = await tasks.told_at(connection, tuple(each.id for each in page))
    now = trial.now()
    shown = tuple(_view(each, now, told.get(each.id)) for each in page)
    return tagged(request, TaskPage(tasks=shown, next_cursor=more))


@post(
    "/v1/tasks/{task_id:uuid}/resolution",
    **contract(
        Operation(
            name="task.resolve",
            tag="Tasks",
            summary="Close a task",
            auth=Auth.STAFF,
            answers={201: TaskView},
            errors=(NotFound, NotEntitled, IllegalEvent),
        )
    ),
)
async def resolve_task(
    request: Request, trial: GivenTrial, mint: GivenMint, task_id: PathId
) -> Response[bytes]:
    """I have looked at it. Coordinators and investigators of the site close tasks."""
    caller = await staff_caller(request, trial, mint)
    async with transaction(trial.pool) as connection:
        task = await _lock(connection, caller, task_id)
        context = trial.context(caller.actor)
        resolved = tasks_domain.resolve(task, caller.staff.id, context.now)
        decision = context.decide(
            "task.resolve",
            (Change(resolved, task),),
            site_id=task.site_id,
            participant_id=task.participant_id,
        )
        await write(connection, decision, request_id=request.state.request_id)
        told = await tasks.told_at(connection, (task.id,))
    return created(_view(resolved, context.now, told.get(task.id)))


async def _lock(connection: Connection, caller: StaffCaller, task_id: UUID) -> Task:
    """Lock the task's participant, then the task as it is now."""
    seen = await tasks.find(connection, task_id, caller.site_ids)
    if seen is None:
        raise NotFound("There is no such thing here.")
    caller.require_work(seen.site_id)
    if seen.participant_id is not None:
        await participants.lock(connection, seen.participant_id)
    return await tasks.lock(connection, task_id) or seen


def _view(task: Task, now: datetime, told_at: datetime | None) -> TaskView:
    return TaskView(
        task_id=task.id,
        site_id=task.site_id,
        participant_id=UNSET if task.participant_id is None else task.participant_id,
        kind=task.kind.value,
        about_id=task.about_id,
        created_at=task.created_at,
        due_at=task.due_at,
        resolved_at=known(task.resolved_at),
        overdue=tasks_domain.is_overdue(task, now),
        told_at=known(told_at),
    )


def _site(site: Site, caller: StaffCaller) -> SiteView:
    role: Any = caller.require_site(site.id).value
    return SiteView(
        site_id=site.id,
        name=site.name,
        time_zone=site.time_zone,
        role=role,
        live_since=known(site.live_since),
        safe_to_rely_on=site.unsafe_since is None,
        unsafe_since=known(site.unsafe_since),
    )

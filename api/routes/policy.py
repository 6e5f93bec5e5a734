"""A site's escalation policy: read it, replace it."""

from uuid import UUID

from litestar import Response, get, put
from msgspec import UNSET, convert, to_builtins

from api.callers import StaffCaller, staff_caller
from api.exchange import Request, read_body, replaced, require_unchanged, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.shapes.policy import CoursesBody, CoursesView, PolicyReplacement, PolicyView, StepBody, StepView
from domain import policy as policies_domain
from domain.errors import NotEntitled, NotFound
from domain.people import Role
from domain.policy import Ground
from domain.records import policies, sites, staff
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.rung import Rung
from domain.site_policy import Courses, PolicyBody, SitePolicy
from notifications.trial import Trial

_SETTING = frozenset({Role.INVESTIGATOR, Role.ADMINISTRATOR})


@get(
    "/v1/sites/{site_id:uuid}/escalation-policy",
    **contract(
        Operation(
            name="escalation-policy.read",
            tag="Staff",
            summary="Read a site's escalation policy",
            auth=Auth.STAFF,
            answers={200: PolicyView},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_policy(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """Whom the next alert rings, in which order, how, and how long each step waits."""
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        known = await policies.newest(connection, site_id)
    return tagged(request, _view(trial, known))


@put(
    "/v1/sites/{site_id:uuid}/escalation-policy",
    **contract(
        Operation(
            name="escalation-policy.replace",
            tag="Staff",
            summary="Replace a site's escalation policy",
            auth=Auth.STAFF,
            body=PolicyReplacement,
            answers={200: PolicyView},
            errors=(NotFound, NotEntitled),
            if_match=True,
        )
    ),
)
async def replace_policy(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """Say whom alerts ring from now on. What rings already goes on as it began."""
    caller = await staff_caller(request, trial, mint)
    _require_setting(caller, site_id)
    body = await read_body(request, PolicyReplacement)
    async with transaction(trial.pool) as connection:
        site = await sites.lock_by_id(connection, site_id)
        if site is None:
            raise NotFound("There is no such thing here.")
        known = await policies.newest(connection, site_id)
        require_unchanged(request, _view(trial, known))
        made, decision = policies_domain.replace_policy(
            site,
            known,
            _body(body),
            await _ground(trial, connection, site_id),
            caller.staff.id,
            trial.context(caller.actor),
        )
        await write(connection, decision, request_id=request.state.request_id)
    return replaced(_view(trial, made))


def _require_setting(caller: StaffCaller, site_id: UUID) -> None:
    if caller.require_site(site_id) not in _SETTING:
        raise NotEntitled("Investigators and administrators of the site set whom its alerts ring.")


async def _ground(trial: Trial, connection: Connection, site_id: UUID) -> Ground:
    return Ground(
        escalation=trial.protocol.escalation,
        routes=trial.protocol.routes,
        people=await staff.at_site(connection, site_id),
    )


def _body(body: PolicyReplacement) -> PolicyBody:
    return PolicyBody(
        emergency=_courses(body.emergency), urgent=_courses(body.urgent), providers=dict(body.providers)
    )


def _courses(courses: CoursesBody) -> Courses:
    return Courses(day=tuple(map(_rung, courses.day)), night=tuple(map(_rung, courses.night)))


def _rung(step: StepBody) -> Rung:
    return convert(to_builtins(step), Rung)


def _view(trial: Trial, known: SitePolicy | None) -> PolicyView:
    body = policies_domain.own(trial.protocol.escalation) if known is None else known.body
    return PolicyView(
        version=0 if known is None else known.version,
        since=UNSET if known is None else known.made_at,
        emergency=_courses_view(body.emergency),
        urgent=_courses_view(body.urgent),
        providers=body.providers,
    )


def _courses_view(courses: Courses) -> CoursesView:
    return CoursesView(day=tuple(map(_step_view, courses.day)), night=tuple(map(_step_view, courses.night)))


def _step_view(rung: Rung) -> StepView:
    return StepView(
        target=rung.target,
        wait=to_builtins(rung.wait),
        channels=tuple(channel.value for channel in rung.channels),
    )

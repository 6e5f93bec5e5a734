"""What is due at a site, and the days on which it is closed."""

from datetime import timedelta
from uuid import UUID

from litestar import Response, get, put
from msgspec.structs import replace

from api.callers import staff_caller
from api.cursors import cursor_of_text, cut, read_text_cursor
from api.exchange import (
    Request,
    read_body,
    read_days,
    read_limit,
    read_query,
    replaced,
    require_unchanged,
    tagged,
)
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract, paged
from api.schedule_words import due_occasion
from api.shapes.schedule import SiteSchedule
from api.shapes.site import HolidayList, Holidays
from domain import local_time
from domain.decision import Change
from domain.due_list import due_list
from domain.errors import NotEntitled, NotFound
from domain.people import Site
from domain.records import courses, participants, plans, sites
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write


@get(
    "/v1/sites/{site_id:uuid}/schedule",
    **contract(
        Operation(
            name="site-schedule.list",
            tag="Schedule",
            summary="List what is due at a site",
            auth=Auth.STAFF,
            answers={200: SiteSchedule},
            errors=(NotFound,),
            query={
                "days": "How many days to look ahead, and back for what was missed; 1 to 60, 7 unless asked otherwise.",
                **paged("Occasions"),
            },
            etag=True,
        )
    ),
)
async def list_site_schedule(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """Visits and check-ins that are due, overdue, about to close or just missed, by the day their window closes."""
    query = read_query(request)
    days, limit = read_days(query, 7), read_limit(query)
    after = read_text_cursor(query.get("cursor"))
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        site = await _site(connection, site_id)
        today = local_time.local_date(trial.now(), local_time.zone(site.time_zone))
        known = await courses.at_site(connection, site, today)
        found = tuple(each for each in due_list(known, today, timedelta(days=days)) if each.place > after)
        page, more = cut(found[: limit + 1], limit, lambda last: cursor_of_text(last.place))
        ids = tuple({each.participant_id for each in page})
        numbers = {each.id: each.subject_number for each in await participants.among(connection, ids)}
    holidays = frozenset(site.holidays)
    shown = tuple(due_occasion(each, numbers[each.participant_id], holidays) for each in page)
    return tagged(request, SiteSchedule(occasions=shown, next_cursor=more))


@get(
    "/v1/sites/{site_id:uuid}/holidays",
    **contract(
        Operation(
            name="holiday.list",
            tag="Schedule",
            summary="List a site's holidays",
            auth=Auth.STAFF,
            answers={200: HolidayList},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def list_holidays(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """The days on which the site is closed."""
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        site = await _site(connection, site_id)
    return tagged(request, HolidayList(days=site.holidays))


@put(
    "/v1/sites/{site_id:uuid}/holidays",
    **contract(
        Operation(
            name="holiday.replace",
            tag="Schedule",
            summary="Replace a site's holidays",
            auth=Auth.STAFF,
            body=Holidays,
            answers={200: HolidayList},
            errors=(NotFound, NotEntitled),
            if_match=True,
        )
    ),
)
async def replace_holidays(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """Say all days on which the site is closed. Reminders of visits move; bells and check-ins know no holidays."""
    caller = await staff_caller(request, trial, mint)
    caller.require_work(site_id)
    body = await read_body(request, Holidays)
    async with transaction(trial.pool) as connection:
        site = await sites.lock_by_id(connection, site_id)
        if site is None:
            raise NotFound("There is no such thing here.")
        require_unchanged(request, HolidayList(days=site.holidays))
        closed = replace(site, holidays=tuple(sorted(set(body.days))))
        context = trial.context(caller.actor)
        if closed != site:
            decision = context.decide("holiday.replace", (Change(closed, site),), site_id=site_id)
            await write(connection, decision, request_id=request.state.request_id)
            await plans.look_at_site_now(connection, site_id, context.now)
    return replaced(HolidayList(days=closed.holidays))


async def _site(connection: Connection, site_id: UUID) -> Site:
    site = await sites.find(connection, site_id)
    if site is None:
        raise NotFound("There is no such thing here.")
    return site

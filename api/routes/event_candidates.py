"""What resolved alerts leave to judge: a plain list, for those whose work it is."""

from collections.abc import Mapping
from uuid import UUID

from litestar import Response, get

from api.callers import StaffCaller, staff_caller
from api.candidate_words import candidate_view
from api.cursors import cursor_of, cut, read_cursor
from api.exchange import Request, read_limit, read_query, tagged
from api.given import GivenMint, GivenTrial
from api.operations import Auth, Operation, contract, paged
from api.queries import read_id
from api.shapes.alert_acts import EventCandidatePage
from domain.errors import NotEntitled, NotFound
from domain.people import Role
from domain.records import acts, participants
from domain.records.rows import reading

_JUDGING = frozenset({Role.INVESTIGATOR, Role.MONITOR, Role.DATA_MANAGER})
"""Who judges candidates, and who checks that they were judged."""


@get(
    "/v1/event-candidates",
    **contract(
        Operation(
            name="event-candidate.list",
            tag="Alerts",
            summary="List what resolved alerts leave to judge",
            auth=Auth.STAFF,
            answers={200: EventCandidatePage},
            errors=(NotFound, NotEntitled),
            query={
                **paged("Candidates"),
                "siteId": "Of this site; of all sites where I may read them unless given.",
            },
            etag=True,
        )
    ),
)
async def list_event_candidates(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Possible adverse events, newest first, for investigators, monitors and data managers. Nothing here judges."""
    query = read_query(request)
    limit, before = read_limit(query), read_cursor(query.get("cursor"))
    caller = await staff_caller(request, trial, mint)
    site_ids = _sites(caller, query)
    async with reading(trial.pool) as connection:
        found = await acts.candidates_at_sites(connection, site_ids, before, limit + 1)
        page, more = cut(found, limit, lambda last: cursor_of(last.made_at, last.id))
        people = await participants.among(connection, tuple({each.participant_id for each in page}))
    numbers = {each.id: each.subject_number for each in people}
    shown = tuple(candidate_view(each, numbers[each.participant_id]) for each in page)
    return tagged(request, EventCandidatePage(event_candidates=shown, next_cursor=more))


def _sites(caller: StaffCaller, query: Mapping[str, str]) -> tuple[UUID, ...]:
    """Return the sites asked for; raise NotFound for another's, NotEntitled where her work is another."""
    site_id = read_id(query, "siteId")
    asked = caller.site_ids if site_id is None else (site_id,)
    may = tuple(each for each in asked if caller.require_site(each) in _JUDGING)
    if not may:
        raise NotEntitled("Your role does not include this.")
    return may

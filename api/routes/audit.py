"""The audit trail, for those whose work is to look at what others did."""

from uuid import UUID

from litestar import Response, get
from msgspec.structs import replace

from api.audit_words import audit_entry
from api.callers import StaffCaller, staff_caller
from api.cursors import NEWEST, OLDEST, cursor_of_entry, cut, read_entry_cursor
from api.exchange import Request, read_limit, read_query, tagged
from api.given import GivenMint, GivenTrial
from api.operations import Auth, Operation, contract, paged
from api.queries import read_action, read_id, read_instant
from api.quotas import hold_to
from api.reading import note_read
from api.shapes.audit import AuditPage
from domain.errors import NotEntitled, NotFound, TooManyRequests
from domain.people import Role
from domain.quota import TRAIL
from domain.records import participants, trail
from domain.records.rows import Connection, transaction
from domain.records.trail import Wanted

_LOOKING = frozenset({Role.MONITOR, Role.DATA_MANAGER})
"""Who reads the trail (contract.md): nobody whose own acts are most of it."""


@get(
    "/v1/audit",
    **contract(
        Operation(
            name="audit.list",
            tag="Audit",
            summary="Read the audit trail",
            auth=Auth.STAFF,
            answers={200: AuditPage},
            errors=(NotFound, NotEntitled, TooManyRequests),
            query={
                **paged("Entries"),
                "siteId": "Of this site; of all sites where I may read it unless given.",
                "participantId": "Of this participant alone.",
                "action": "Of this kind alone, e.g. `alert.acknowledge`.",
                "from": "Not those before this instant; RFC 3339 with an offset.",
                "to": "Only those before this instant; RFC 3339 with an offset.",
            },
            etag=True,
        )
    ),
)
async def list_audit(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Who did what, when, why, and what changed, newest first; for monitors and data managers of a site.

    No answer, word, number to call or code is in it. Reading it is an entry as well.
    """
    query = read_query(request)
    limit, before = read_limit(query), read_entry_cursor(query.get("cursor"))
    caller = await staff_caller(request, trial, mint)
    wanted = Wanted(
        site_ids=_sites(caller, read_id(query, "siteId")),
        participant_id=read_id(query, "participantId"),
        action=read_action(query),
        since=read_instant(query, "from") or OLDEST[0],
        until=read_instant(query, "to") or NEWEST[0],
        before=before,
    )
    async with transaction(trial.pool) as connection:
        await hold_to(trial, connection, TRAIL, str(caller.staff.id), request)
        wanted = await _narrowed(connection, wanted)
        found = await trail.read(connection, wanted, limit + 1)
        for site_id in wanted.site_ids:
            await note_read(
                request, trial, connection, caller, site_id=site_id, participant_id=wanted.participant_id
            )
    page, more = cut(found, limit, lambda last: cursor_of_entry(last.at, last.chain, last.position))
    return tagged(request, AuditPage(entries=tuple(map(audit_entry, page)), next_cursor=more))


def _sites(caller: StaffCaller, asked: UUID | None) -> tuple[UUID, ...]:
    """Return the sites asked for; raise NotFound for another's, NotEntitled where her work is another."""
    sites = caller.site_ids if asked is None else (asked,)
    may = tuple(sorted(each for each in sites if caller.require_site(each) in _LOOKING))
    if not may:
        raise NotEntitled("Your role does not include this.")
    return may


async def _narrowed(connection: Connection, wanted: Wanted) -> Wanted:
    """Return what is wanted, of the participant's own site where one is named; raise NotFound for any other."""
    if wanted.participant_id is None:
        return wanted
    participant = await participants.find(connection, wanted.participant_id)
    if participant is None or participant.site_id not in wanted.site_ids:
        raise NotFound("There is no such participant here.")
    return replace(wanted, site_ids=(participant.site_id,))

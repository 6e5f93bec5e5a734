"""The rota of a site: read, replaced, overridden, swapped, imported; and whether it covers the coming days."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from litestar import Response, get, post, put

from api.callers import StaffCaller, staff_caller
from api.exchange import Request, created, read_body, read_query, replaced, require_unchanged, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.queries import read_instant
from api.rota_file import MEDIA_TYPE
from api.rota_words import rota_view, wanted_row, wanted_rows
from api.shapes.on_call import (
    OverrideDraft,
    RotaDraft,
    RotaImported,
    RotaView,
    ShiftSwap,
)
from api.site_rota import known_site, load_book, read_rota_file, take_in
from api.tokens import TokenMint
from domain import local_time, rota_changes
from domain.decision import Context, Decision
from domain.errors import (
    BodyInvalid,
    BodyMalformed,
    BodyTooLarge,
    Fault,
    IllegalEvent,
    MediaTypeRefused,
    NotEntitled,
    NotFound,
    QueryInvalid,
)
from domain.people import Site
from domain.records import rota, sites
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.rota_changes import FARTHEST
from notifications.trial import Trial

_SPAN = FARTHEST + timedelta(days=1)
"""What is shown unless asked otherwise, from the midnight before on: the whole of what is ahead."""

_LAST = datetime.max.replace(tzinfo=UTC)


@get(
    "/v1/sites/{site_id:uuid}/on-call",
    **contract(
        Operation(
            name="rota.read",
            tag="Rota",
            summary="Read who is on call",
            auth=Auth.STAFF,
            answers={200: RotaView},
            errors=(NotFound,),
            query={
                "from": "From when on; the site's last midnight unless asked otherwise.",
                "to": "Until when, at most 401 days after `from`; that unless asked otherwise.",
            },
            etag=True,
        )
    ),
)
async def read_rota(request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId) -> Response[bytes]:
    """The rows of a rota, and who is on call by them. To change it, read it without `from` and `to`."""
    query = read_query(request)
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        site = await known_site(connection, site_id)
        begins, ends = _window(query, site, trial.now())
        view = rota_view(await load_book(connection, site_id, begins), begins, ends)
    return tagged(request, view)


@put(
    "/v1/sites/{site_id:uuid}/on-call",
    **contract(
        Operation(
            name="rota.replace",
            tag="Rota",
            summary="Replace a rota",
            auth=Auth.STAFF,
            body=RotaDraft,
            answers={200: RotaView},
            errors=(NotFound, NotEntitled),
            if_match=True,
        )
    ),
)
async def replace_rota(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """Everything that has not ended is replaced by what is given. What is given as it was stays the row it was.

    A row that runs and is left out ends now; a new one begins now at the earliest.
    """
    caller = await _rota_keeper(request, trial, mint, site_id)
    body = await read_body(request, RotaDraft)
    async with transaction(trial.pool) as connection:
        site, context = await _lock(connection, site_id), trial.context(caller.actor)
        window = _window({}, site, context.now)
        book = await load_book(connection, site_id, window[0])
        require_unchanged(request, rota_view(book, *window))
        done = rota_changes.replace(book, wanted_rows(body), context)
        await _keep(request, connection, done.decision, context)
        view = rota_view(await load_book(connection, site_id, window[0]), *window)
    return replaced(view)


@post(
    "/v1/sites/{site_id:uuid}/on-call/overrides",
    **contract(
        Operation(
            name="rota.override",
            tag="Rota",
            summary="Put somebody else on call for some hours",
            auth=Auth.STAFF,
            body=OverrideDraft,
            answers={201: RotaView},
            errors=(NotFound, NotEntitled),
        )
    ),
)
async def override(request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId) -> Response[bytes]:
    """For its hours an override replaces whoever the shifts of its tier name. Several at once are all on call."""
    caller = await _rota_keeper(request, trial, mint, site_id)
    body = await read_body(request, OverrideDraft)
    async with transaction(trial.pool) as connection:
        site, context = await _lock(connection, site_id), trial.context(caller.actor)
        book = await load_book(connection, site_id, context.now)
        decision = rota_changes.override(book, wanted_row(body), context)
        await _keep(request, connection, decision, context)
        view = await _whole(connection, site, context.now)
    return created(view)


@post(
    "/v1/sites/{site_id:uuid}/on-call/swaps",
    **contract(
        Operation(
            name="rota.swap",
            tag="Rota",
            summary="Swap two shifts",
            auth=Auth.STAFF,
            body=ShiftSwap,
            answers={201: RotaView},
            errors=(NotFound, NotEntitled, IllegalEvent),
        )
    ),
)
async def swap(request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId) -> Response[bytes]:
    """What is left of the hours of each goes to the other, as an override."""
    caller = await _rota_keeper(request, trial, mint, site_id)
    body = await read_body(request, ShiftSwap)
    async with transaction(trial.pool) as connection:
        site, context = await _lock(connection, site_id), trial.context(caller.actor)
        book = await load_book(connection, site_id, _window({}, site, context.now)[0])
        one = book.find(body.shift_id, "/shiftId", context.now)
        other = book.find(body.other_shift_id, "/otherShiftId", context.now)
        decision = rota_changes.swap(book, one, other, body.reason, context)
        await _keep(request, connection, decision, context)
        view = await _whole(connection, site, context.now)
    return created(view)


@post(
    "/v1/sites/{site_id:uuid}/on-call/imports",
    **contract(
        Operation(
            name="rota.import",
            tag="Rota",
            summary="Import a rota from a calendar",
            auth=Auth.STAFF,
            answers={200: RotaImported},
            errors=(NotFound, NotEntitled, BodyMalformed, BodyInvalid, BodyTooLarge, MediaTypeRefused),
        )
    ),
)
async def import_rota(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """The file's events (RFC 5545) of the next 400 days replace what the same calendar has brought before.

    Which calendar it is says `X-WR-CALNAME`. Repeated events are followed. The same file again changes nothing.
    Whoever is invited to an event is on call, by e-mail; without an invitation the e-mail in its title. The tier is a
    category `on-call-2`, or "tier 2" or "T2" in the title, else 1. If one event cannot be read, nothing is imported.
    """
    caller = await _rota_keeper(request, trial, mint, site_id)
    _require_calendar(request)
    content = await request.body()
    async with reading(trial.pool) as connection:
        site = await known_site(connection, site_id)
    file = await read_rota_file(content, site, trial.now())
    async with transaction(trial.pool) as connection:
        site, context = await _lock(connection, site_id), trial.context(caller.actor)
        done = await take_in(connection, site, file, trial.vault, context, request.state.request_id)
    return created(RotaImported(added=done.added, removed=done.removed, kept=done.kept), 200)


def _require_calendar(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise MediaTypeRefused(f"Send {MEDIA_TYPE}.")


async def _rota_keeper(request: Request, trial: Trial, mint: TokenMint, site_id: UUID) -> StaffCaller:
    caller = await staff_caller(request, trial, mint)
    caller.require_rota(site_id)
    return caller


async def _lock(connection: Connection, site_id: UUID) -> Site:
    site = await sites.lock_by_id(connection, site_id)
    if site is None:
        raise NotFound("There is no such thing here.")
    return site


async def _keep(
    request: Request, connection: Connection, decision: Decision | None, context: Context
) -> None:
    """Write a change of the rota, and have its coverage looked at now: a new hole is told at once."""
    if decision is None or decision.site_id is None:
        return
    await write(connection, decision, request_id=request.state.request_id)
    await rota.look_now(connection, decision.site_id, context.now)


async def _whole(connection: Connection, site: Site, now: datetime) -> RotaView:
    begins, ends = _window({}, site, now)
    return rota_view(await load_book(connection, site.id, begins), begins, ends)


def _window(query: Mapping[str, str], site: Site, now: datetime) -> tuple[datetime, datetime]:
    zone = local_time.zone(site.time_zone)
    midnight = local_time.instant(local_time.local_date(now, zone), time(), zone)
    begins = read_instant(query, "from") or midnight
    farthest = min(begins, _LAST - _SPAN) + _SPAN
    ends = read_instant(query, "to") or farthest
    if not begins < ends <= farthest:
        fault = Fault("to", f"must be after from, and at most {_SPAN.days} days")
        raise QueryInvalid("These hours are none.", faults=(fault,))
    return begins, ends

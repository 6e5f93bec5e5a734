"""The daily digest of a site, as its numbers are now."""

from litestar import Response, get

from api.callers import staff_caller
from api.exchange import Request, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.shapes.tasks import DigestLine, SiteDigest
from domain import digest
from domain.digest import Tally
from domain.errors import NotFound
from domain.records import sites
from domain.records.rows import reading
from notifications.digests import read_digest


@get(
    "/v1/sites/{site_id:uuid}/digest",
    **contract(
        Operation(
            name="digest.read",
            tag="Tasks",
            summary="Count what is open at a site",
            auth=Auth.STAFF,
            answers={200: SiteDigest},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_site_digest(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """How much is open, due later today, and overdue, by kind: the numbers of the mail that goes out once a day."""
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        site = await sites.find(connection, site_id)
        if site is None:
            raise NotFound("There is no such thing here.")
        found = await read_digest(trial, connection, site)
    view = SiteDigest(
        site_id=site.id,
        day=found.day,
        open=found.open,
        due_today=found.due_today,
        overdue=found.overdue,
        kinds=tuple(map(_line, found.tallies)),
        next_at=digest.next_at(site, trial.now()),
    )
    return tagged(request, view)


def _line(tally: Tally) -> DigestLine:
    return DigestLine(
        kind=tally.kind.value, open=tally.open, due_today=tally.due_today, overdue=tally.overdue
    )

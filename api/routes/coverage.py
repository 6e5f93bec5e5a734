"""Whether the rota of a site covers the coming days, and who can be put on it."""

from datetime import timedelta

from litestar import Response, get

from api.callers import staff_caller
from api.exchange import Request, read_days, read_query, tagged
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract
from api.rota_words import colleague_view, coverage_view
from api.shapes.on_call import ColleagueList, CoverageView
from api.site_rota import known_site, load_book
from domain import coverage
from domain.errors import NotFound
from domain.records import rota
from domain.records.rows import reading


@get(
    "/v1/sites/{site_id:uuid}/coverage",
    **contract(
        Operation(
            name="coverage.read",
            tag="Rota",
            summary="Read which hours are not covered",
            auth=Auth.STAFF,
            answers={200: CoverageView},
            errors=(NotFound,),
            query={"days": "How many days to look ahead, 1 to 60; 14 unless asked otherwise."},
            etag=True,
        )
    ),
)
async def read_coverage(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """Gaps of each tier, people on the rota who cannot be rung, and whether the principal investigator can.

    From the next full minute on.
    """
    days = read_days(read_query(request), coverage.DAYS)
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    # A full minute: an answer in which nothing has changed is the same, and so is its tag. The next one, for a hole
    # that has just been mended is none.
    begins = trial.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    async with reading(trial.pool) as connection:
        site = await known_site(connection, site_id)
        book = await load_book(connection, site_id, begins)
    tiers = coverage.tiers(trial.protocol.escalation)
    return tagged(
        request, coverage_view(site, coverage.look(site, book.rows, book.people, tiers, begins, days))
    )


@get(
    "/v1/sites/{site_id:uuid}/staff",
    **contract(
        Operation(
            name="colleague.list",
            tag="Rota",
            summary="List who works at a site",
            auth=Auth.STAFF,
            answers={200: ColleagueList},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def list_colleagues(
    request: Request, trial: GivenTrial, mint: GivenMint, site_id: PathId
) -> Response[bytes]:
    """Everybody with an open account at the site, and whether a number is on file at which she can be rung."""
    caller = await staff_caller(request, trial, mint)
    caller.require_site(site_id)
    async with reading(trial.pool) as connection:
        people = await rota.colleagues(connection, site_id)
    return tagged(
        request, ColleagueList(staff=tuple(colleague_view(each) for each in people if not each.disabled_at))
    )

"""Reports: handed in, answered at once, read again with the truth about the page."""

from uuid import UUID

import msgspec
from litestar import Response, get, post, put

from api import report_reading
from api.callers import account_caller, reporting_claims
from api.cursors import cursor_of, cut, read_cursor
from api.errors import Advise, problem_of
from api.exchange import BODY_LIMIT, Request, created, read_limit, read_query, tagged
from api.filing import alone, file, view_of
from api.given import GivenMint, GivenTrial, PathId
from api.operations import Auth, Operation, contract, paged
from api.report_reading import Batched, aside, read_of_stranger, read_whole
from api.shapes.advice import WhatToDo
from api.shapes.reports import (
    BatchResult,
    BatchResults,
    ReportBatch,
    ReportCorrection,
    ReportPage,
    ReportSubmission,
    ReportView,
)
from api.tokens import Claims, TokenMint
from api.withholding import withheld
from domain.errors import (
    BodyTooLarge,
    DatabaseUnavailable,
    NotFound,
    ReportConflict,
    ReportMalformed,
    TokenRefused,
    TooManyReports,
)
from domain.intake import Arrival
from domain.limits import MOST_A_DAY
from domain.records import reports
from domain.records.rows import reading
from notifications.trial import Trial

BATCH_LIMIT = 1024 * 1024
"""Bytes of a batch."""


@put(
    "/v1/me/reports/{report_id:uuid}",
    request_max_body_size=None,
    **contract(
        Operation(
            name="report.submit",
            tag="Reports",
            summary="Hand in a report",
            auth=Auth.REPORTING,
            body=ReportSubmission,
            lenient=True,
            answers={201: ReportView, 200: ReportView},
            errors=(ReportConflict, ReportMalformed, BodyTooLarge, TooManyReports),
        )
    ),
)
async def submit(request: Request, trial: GivenTrial, mint: GivenMint, report_id: PathId) -> Response[bytes]:
    """Judge and store a report under the phone's own id. Sending it again is safe and answers 200.

    Nothing is refused for what it says: a field, answer, form or version that does not fit puts it into the
    quarantine, judged all the same. Whatever goes wrong, `whatToDo` of the problem is for the person.
    """
    body, is_whole = await _whole(request, trial, BODY_LIMIT)
    claims = await _claims(request, trial, mint, body, is_whole=is_whole)
    arrival = report_reading.read_report(report_id, withheld(body, trial.protocol.ids), is_whole=is_whole)
    return await _filed(request, trial, claims, arrival)


@post(
    "/v1/me/reports/{report_id:uuid}/corrections",
    request_max_body_size=None,
    **contract(
        Operation(
            name="report.correct",
            tag="Reports",
            summary="Correct one of my reports",
            auth=Auth.REPORTING,
            body=ReportCorrection,
            lenient=True,
            answers={201: ReportView, 200: ReportView},
            errors=(ReportConflict, ReportMalformed, BodyTooLarge, TooManyReports),
        )
    ),
)
async def correct(request: Request, trial: GivenTrial, mint: GivenMint, report_id: PathId) -> Response[bytes]:
    """Hand in a whole report in place of an earlier one, with a reason. The earlier one stays as it was.

    It is judged anew: it may raise and ring, and it takes no page back.
    """
    body, is_whole = await _whole(request, trial, BODY_LIMIT)
    claims = await _claims(request, trial, mint, body, is_whole=is_whole)
    arrival = report_reading.read_correction(report_id, withheld(body, trial.protocol.ids), is_whole=is_whole)
    return await _filed(request, trial, claims, arrival)


@post(
    "/v1/me/report-batches",
    request_max_body_size=None,
    **contract(
        Operation(
            name="report-batch.submit",
            tag="Reports",
            summary="Hand in what waited on the phone",
            auth=Auth.REPORTING,
            body=ReportBatch,
            lenient=True,
            answers={200: BatchResults},
            errors=(ReportMalformed, BodyTooLarge, TooManyReports),
        )
    ),
)
async def submit_batch(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """Hand in up to 50 reports, the oldest first. Each is stored by itself, and one result answers each."""
    body, is_whole = await _whole(request, trial, BATCH_LIMIT)
    claims = await _claims(request, trial, mint, body, is_whole=is_whole, is_batch=True)
    batch = await aside(
        body, lambda: report_reading.read_batch(withheld(body, trial.protocol.ids), is_whole=is_whole)
    )
    if isinstance(batch, Arrival):
        return await _filed(request, trial, claims, batch)
    request.state["advise"] = alone(trial, *(each.arrival for each in batch))
    results = await _results(request, trial, claims, batch)
    if results and all(_is_stranger(each) for each in results):
        raise TokenRefused("This needs the token of a participant or caregiver, of the last 30 days.")
    return created(BatchResults(results=tuple(results)), 200)


@get(
    "/v1/me/reports",
    **contract(
        Operation(
            name="report.list",
            tag="Reports",
            summary="List my reports",
            auth=Auth.ACCOUNT,
            answers={200: ReportPage},
            query=paged("Reports"),
            etag=True,
        )
    ),
)
async def list_reports(request: Request, trial: GivenTrial, mint: GivenMint) -> Response[bytes]:
    """My reports, newest first, each with the state of its page."""
    query = read_query(request)
    limit, before = read_limit(query), read_cursor(query.get("cursor"))
    account = (await account_caller(request, trial, mint)).account
    async with reading(trial.pool) as connection:
        found = await reports.of_account(connection, account.id, before, limit + 1)
        page, more = cut(found, limit, lambda last: cursor_of(last.received_at, last.id))
        views = tuple([await view_of(trial, connection, account, each) for each in page])
    return tagged(request, ReportPage(reports=views, next_cursor=more))


@get(
    "/v1/me/reports/{report_id:uuid}",
    **contract(
        Operation(
            name="report.read",
            tag="Reports",
            summary="Read one of my reports",
            auth=Auth.ACCOUNT,
            answers={200: ReportView},
            errors=(NotFound,),
            etag=True,
        )
    ),
)
async def read_report(
    request: Request, trial: GivenTrial, mint: GivenMint, report_id: PathId
) -> Response[bytes]:
    """One of my reports: sent, delivered, seen by a doctor at 14:03, or not yet seen: go now."""
    account = (await account_caller(request, trial, mint)).account
    async with reading(trial.pool) as connection:
        report = await reports.find(connection, account.id, report_id)
        if report is None:
            raise NotFound("There is no such report of yours.")
        return tagged(request, await view_of(trial, connection, account, report))


async def _whole(request: Request, trial: Trial, limit: int) -> tuple[bytes, bool]:
    """Read a body. One that stops coming is not stored, for it comes again; but its sender may need help at once."""

    def tell(so_far: bytes) -> None:
        request.state["advise"] = alone(trial, *read_of_stranger(so_far, is_whole=False, is_batch=False))

    return await read_whole(request, limit, tell)


async def _claims(
    request: Request, trial: Trial, mint: TokenMint, body: bytes, *, is_whole: bool, is_batch: bool = False
) -> Claims:
    """Return what her token says, before anything is done for her that costs; a stranger is told what to do."""

    def told() -> WhatToDo:
        return alone(trial, *read_of_stranger(body, is_whole=is_whole, is_batch=is_batch))()

    try:
        return reporting_claims(request, mint)
    except TokenRefused:
        what_to_do = await aside(body, told)
        request.state["advise"] = lambda: what_to_do
        raise


async def _filed(request: Request, trial: Trial, claims: Claims, arrival: Arrival) -> Response[bytes]:
    request.state["advise"] = alone(trial, arrival)
    filed = await file(trial, claims, arrival, request.state["request_id"])
    if filed.problem is not None:
        request.state["advise"] = lambda: filed.what_to_do
        raise filed.problem
    return created(filed.view, 201 if filed.is_new else 200)


async def _results(
    request: Request, trial: Trial, claims: Claims, batch: tuple[Batched, ...]
) -> list[BatchResult]:
    """File one after the other. Once two in a row met no database the rest is answered so: a phone waits.

    The last of very many is all that would be too many for a day: it comes before they are.
    """
    results: list[BatchResult] = []
    placed = list(enumerate(batch))
    for place, each in (placed[-1], *placed[:-1]) if len(batch) >= MOST_A_DAY else placed:
        if len(results) >= _GIVEN_UP and all(_met_no_database(last) for last in results[-_GIVEN_UP:]):
            away = DatabaseUnavailable("The database cannot be reached. Nothing was stored; send it again.")
            advise = alone(trial, each.arrival)
            results.append(_failed(place, each.known_id, away, request.state["request_id"], advise))
        else:
            results.append(await _result(request, trial, claims, place, each))
    return sorted(results, key=lambda each: each.index)


_GIVEN_UP = 2
"""After so many in a row; a single one may have lost a race, and takes no other with it."""


def _met_no_database(result: BatchResult) -> bool:
    return result.problem is not msgspec.UNSET and result.problem.code == DatabaseUnavailable.code


async def _result(
    request: Request, trial: Trial, claims: Claims, place: int, batched: Batched
) -> BatchResult:
    """File one of a batch; whatever it meets is its own."""
    known, request_id = batched.known_id, request.state["request_id"]
    try:
        filed = await file(trial, claims, batched.arrival, request_id)
    except Exception as error:  # noqa: BLE001 - one report that fails must not take the others with it
        return _failed(place, known, error, request_id, alone(trial, batched.arrival))
    if filed.problem is not None:
        return _failed(place, known, filed.problem, request_id, lambda: filed.what_to_do)
    return BatchResult(index=place, report_id=known, status=201 if filed.is_new else 200, report=filed.view)


def _is_stranger(result: BatchResult) -> bool:
    """Say whether it was not the report that was refused, but whoever sent it."""
    return result.problem is not msgspec.UNSET and result.problem.code == TokenRefused.code


def _failed(
    place: int, known: UUID | msgspec.UnsetType, error: Exception, request_id: str, advise: Advise
) -> BatchResult:
    problem, _ = problem_of(error, request_id, advise, is_report=True)
    return BatchResult(index=place, report_id=known, status=problem.status, problem=problem)

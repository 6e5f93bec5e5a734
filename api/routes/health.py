"""Health: lives, can serve, can be relied on. Only the first two are for load balancers (design.md, rule 6)."""

import asyncio

import asyncpg
import structlog
from litestar import Response, get
from msgspec import UNSET

from api.exchange import created
from api.given import GivenTrial
from api.operations import Auth, Operation, contract
from api.shapes.health import Live, Ready, SafetyView
from domain.errors import DatabaseUnavailable
from domain.records import deployment
from domain.records.rows import reading
from notifications import watching

_PATIENCE_SECONDS = 2.0

_LOOKING = asyncio.Semaphore(2)
"""Looks at once: whoever asks too often waits, and takes no connection from those who answer an alert."""

log = structlog.get_logger("nightbell.api")


@get(
    "/health/live",
    **contract(
        Operation(
            name="health.live",
            tag="Health",
            summary="Does the process run?",
            auth=Auth.NONE,
            any_query=True,
            answers={200: Live},
            needs_database=False,
        )
    ),
)
async def live() -> Response[bytes]:
    """Answer as long as the process runs."""
    return created(Live(), 200)


@get(
    "/health/ready",
    **contract(
        Operation(
            name="health.ready",
            tag="Health",
            summary="Can this node serve?",
            auth=Auth.NONE,
            any_query=True,
            answers={200: Ready, 503: Ready},
            needs_database=False,
        )
    ),
)
async def ready(trial: GivenTrial) -> Response[bytes]:
    """Whether this node reaches its database, and so can take reports."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), reading(trial.pool) as connection:
            await deployment.find(connection)
    except (DatabaseUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return created(Ready(status="not-ready"), 503)
    return created(Ready(status="ready"), 200)


@get(
    "/health/safety",
    **contract(
        Operation(
            name="health.safety",
            tag="Health",
            summary="Can the bell be relied on?",
            auth=Auth.NONE,
            any_query=True,
            answers={200: SafetyView, 503: SafetyView},
        )
    ),
)
async def safety(trial: GivenTrial) -> Response[bytes]:
    """Count what should have rung and did not; 503 when there is anything, so that a plain check alarms."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), _LOOKING:
            seen = await watching.look(trial)
    except TimeoutError:
        raise DatabaseUnavailable("The auditor has no answer yet. Ask again.") from None
    if seen.found:
        log.warning("auditor.found", ids={each.kind: [str(id_) for id_ in each.ids] for each in seen.found})
    view = SafetyView(
        status="safe" if seen.is_safe else "unsafe",
        clock_is_right=seen.clock_is_right,
        oldest=seen.oldest or UNSET,
        **{each.kind: each.count for each in seen.findings},
    )
    return created(view, 200 if seen.is_safe else 503)

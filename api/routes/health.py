"""Health: lives, can serve, can be relied on. Only the first two are for load balancers (design.md, rule 6)."""

import asyncio

import asyncpg
from litestar import Response, get

from api.exchange import created
from api.given import GivenTrial
from api.operations import Auth, Operation, contract
from api.shapes.health import Live, Ready, SafetyView
from domain.errors import DatabaseUnavailable
from domain.records import deployment
from domain.records.rows import reading
from notifications.trial import CLOCK_TOLERANCE, clock_drift

_PATIENCE_SECONDS = 2.0


@get(
    "/health/live",
    **contract(
        Operation(
            name="health.live",
            tag="Health",
            summary="Does the process run?",
            auth=Auth.NONE,
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
            answers={200: SafetyView, 503: SafetyView},
        )
    ),
)
async def safety(trial: GivenTrial) -> Response[bytes]:
    """Count what should have rung and did not; 503 when there is anything, so that a plain check alarms."""
    async with reading(trial.pool) as connection:
        grace = trial.protocol.escalation.emergency.first_message_within
        found = await deployment.safety(connection, trial.now(), grace)
    clock_is_right = await clock_drift(trial.pool) <= CLOCK_TOLERANCE
    is_safe = found.is_safe and clock_is_right
    view = SafetyView(
        status="safe" if is_safe else "unsafe",
        urgent_reports_without_alert=found.urgent_reports_without_alert,
        alerts_past_their_step=found.alerts_past_their_step,
        alerts_exhausted=found.alerts_exhausted,
        alerts_nobody_was_told_of=found.alerts_nobody_was_told_of,
        messages_past_their_time=found.messages_past_their_time,
        reminders_past_their_time=found.reminders_past_their_time,
        tasks_past_their_time=found.tasks_past_their_time,
        sites_not_safe=found.sites_not_safe,
        clock_is_right=clock_is_right,
    )
    return created(view, 200 if is_safe else 503)

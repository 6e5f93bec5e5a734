"""Metrics in Prometheus' text format, on a port of their own: what is counted, and what the auditor finds just now.

The public server does not have them: how much is reported, and how late, is nobody's business outside.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import structlog
from litestar import Litestar, Response, get
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from api.serving import bind, serving
from api.settings import Settings
from domain.records.identity import THE_SYSTEM, act_as
from domain.watch import Look
from notifications import watching
from notifications.trial import Trial

PATIENCE_SECONDS = 2.0
"""How long a scrape waits for the database before it says that the auditor is not up."""

log = structlog.get_logger("nightbell.metrics")


@contextlib.asynccontextmanager
async def measured(trial: Trial, settings: Settings) -> AsyncIterator[None]:
    """Serve the metrics of a trial while the block runs, if the settings name a port."""
    async with contextlib.AsyncExitStack() as stack:
        if settings.metrics_port is not None:
            bound = stack.enter_context(bind(settings.metrics_host, settings.metrics_port))
            await stack.enter_async_context(serving((metrics_app(trial), bound)))
        yield


def metrics_app(trial: Trial) -> Litestar:
    """Return the application of the operator's port: `/metrics`, and nothing else."""

    @get("/metrics")
    async def metrics() -> Response[bytes]:
        act_as(THE_SYSTEM)
        return Response(await exposition(trial), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return Litestar(route_handlers=[metrics], openapi_config=None, logging_config=None)


async def exposition(trial: Trial) -> bytes:
    """Return all that this process has counted, and one look of the auditor's."""
    return generate_latest(trial.meters.registry) + generate_latest(_seen(await _look(trial)))


async def _look(trial: Trial) -> Look | None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await watching.look(trial)
    except Exception:
        log.exception("auditor.trouble")
        return None


def _seen(look: Look | None) -> CollectorRegistry:
    """Show a look. Without one there is no finding to show, and nothing that looks like none."""
    shown = CollectorRegistry()
    _gauge(shown, "auditor_up", "Whether the auditor had an answer in time.", 0 if look is None else 1)
    _gauge(shown, "safe", "Whether the bell can be relied on.", 1 if look is not None and look.is_safe else 0)
    if look is not None:
        _gauge(shown, "auditor_seconds", "What the auditor's query took.", look.seconds)
        _gauge(
            shown,
            "clock_drift_seconds",
            "This host's clock beside the database's.",
            look.drift.total_seconds(),
        )
        _show_findings(shown, look)
    return shown


def _show_findings(shown: CollectorRegistry, look: Look) -> None:
    counts = _labelled(shown, "auditor_findings", "What must be looked at now.", ["kind"])
    ages = _labelled(
        shown, "auditor_oldest_seconds", "How long the oldest of them waits; 0 for none.", ["kind"]
    )
    for each in look.findings:
        counts.labels(each.kind).set(each.count)
        ages.labels(each.kind).set(0 if each.oldest is None else (look.at - each.oldest).total_seconds())


def _gauge(shown: CollectorRegistry, name: str, means: str, value: float) -> None:
    _labelled(shown, name, means, []).set(value)


def _labelled(shown: CollectorRegistry, name: str, means: str, labels: Sequence[str]) -> Gauge:
    return Gauge(f"nightbell_{name}", means, labels, registry=shown)

"""The outbound heartbeat: a dead-man's switch at an address of the operator's (design.md, rule 6).

Each worker says "I live, and all is well" once a minute, and nothing at all otherwise. Whatever keeps it from saying
so, be it a finding of the auditor's, a database that is frozen, or a host that is off: the far side misses a beat and
calls somebody. The address is a secret: whoever has it can make a dead trial look alive. It is in no log line.
"""

import asyncio
from datetime import datetime, timedelta

import aiohttp
import structlog

from domain import watch
from domain.watch import Look
from notifications import watching
from notifications.trial import Trial, machine_now

LOOK_SECONDS = 5.0
SEND_SECONDS = 5.0
"""How long the auditor, and the operator's address, may take."""

log = structlog.get_logger("nightbell.heartbeat")


async def run(trial: Trial, address: str | None, every: timedelta) -> None:
    """Beat until cancelled, `every` so often by machine time; without an address, say so once.

    It begins with a pause: a worker that dies again and again after its start never beats.
    """
    if address is None:
        if trial.mode == "production":
            log.warning("heartbeat.unset")
        return
    async with _asking() as http:
        while True:
            await asyncio.sleep(every.total_seconds())
            try:
                trial.meters.beat(*await _beat(trial, http, address))
            except Exception:
                log.exception("heartbeat.trouble")
                trial.meters.beat("trouble")


def _asking() -> aiohttp.ClientSession:
    """Connect anew for each beat: aiohttp repeats by itself what a kept connection has lost."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True), timeout=aiohttp.ClientTimeout(total=SEND_SECONDS)
    )


async def _beat(trial: Trial, http: aiohttp.ClientSession, address: str) -> tuple[str, datetime | None]:
    seen = await _look(trial)
    silenced = watch.silenced_by(seen, trial.meters.since_work())
    if silenced:
        log.warning("heartbeat.withheld", found=silenced, ids=_ids(seen))
        return "withheld", None
    lost = await _send(http, address)
    if lost:
        log.warning("heartbeat.lost", cause=lost)
        return "lost", None
    log.debug("heartbeat.sent")
    return "sent", machine_now()


async def _look(trial: Trial) -> Look | None:
    """Return what the auditor finds, None if it does not answer in time."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await watching.look(trial)
    except Exception:
        log.exception("auditor.trouble")
        return None


async def _send(http: aiohttp.ClientSession, address: str) -> str:
    """Ask the address once, and follow it nowhere; return what was wrong with its answer, in a word without words."""
    try:
        async with http.get(address, allow_redirects=False) as answer:
            return "" if answer.status // 100 == 2 else f"status-{answer.status}"  # noqa: PLR2004 - 2xx
    except (aiohttp.ClientError, OSError) as trouble:  # a TimeoutError is an OSError
        return type(trouble).__name__


def _ids(look: Look | None) -> dict[str, list[str]]:
    return {} if look is None else {each.kind: [str(id_) for id_ in each.ids] for each in look.found}

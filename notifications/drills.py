"""Drills as time passes: those of a schedule begin, those that are due end, or are waited for (domain/drilling.py)."""

from uuid import UUID

import structlog

from domain import drilling
from domain.decision import SYSTEM, Context, Decision
from domain.drill import AHEAD, Heard
from domain.drilling import Standing
from domain.escalation import Alert
from domain.people import Site
from domain.records import acts, drills, messages, rota, shifts, sites
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.rota import duty
from notifications.trial import Trial

BATCH = 20
"""Sites looked at together; ours."""

log = structlog.get_logger("nightbell.drills")


async def sweep_drills(trial: Trial) -> int:
    """Begin, or put off, the drill of every site at which one is due, once; return at how many."""
    done, seen = 0, frozenset[UUID]()
    while True:
        async with reading(trial.pool) as connection:
            due = await sites.drill_due(connection, trial.now(), seen, BATCH)
        if not due:
            return done
        for site_id in due:
            done += await _try(trial, site_id)
        seen |= set(due)


async def standing(trial: Trial, connection: Connection, site: Site, context: Context) -> Standing:
    """Load what a drill at a site is decided on; hold the site first."""
    hindrance = await drills.hindrance(connection, site.id)
    return Standing(
        site=site,
        first_tier=tuple(
            span
            for span in duty(
                await rota.since(connection, site.id, context.now), context.now, context.now + AHEAD
            )
            if span.tier == 1
        ),
        roster=await shifts.roster(connection, site.id, context.now, trial.lines),
        runs=hindrance.runs,
        somebody_waits=hindrance.somebody_waits,
    )


async def look(connection: Connection, alert: Alert, context: Context) -> Decision | None:
    """Decide about the alert of a drill, which the caller holds."""
    drill = await drills.of_alert(connection, alert.id)
    site = await sites.lock_by_id(connection, alert.site_id)
    assert drill is not None and site is not None  # noqa: S101, PT018 - they were stored with it
    heard = Heard(
        alert=alert,
        messages=await messages.of_alert(connection, alert.id),
        acts=await acts.of_alert(connection, alert.id),
    )
    return drilling.look(drill, heard, site, context)


async def _try(trial: Trial, site_id: UUID) -> bool:
    """Let one site's trouble harm no other; it is tried again in the next round."""
    try:
        return await _run(trial, site_id)
    except Exception:
        log.exception("drill.trouble", site_id=str(site_id))
        return False


async def _run(trial: Trial, site_id: UUID) -> bool:
    async with transaction(trial.pool) as connection:
        site = await sites.lock_by_id(connection, site_id)
        if site is None:
            return False
        context = trial.context(SYSTEM)
        ready = await standing(trial, connection, site, context)
        decision = drilling.run_due(ready, trial.protocol.escalation, context)
        await write(connection, decision)
    if decision is None:
        return False
    log.info(decision.action, site_id=str(site_id))
    return True

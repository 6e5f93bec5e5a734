"""Every site that is due is looked at: each chore of a site has an indexed instant on its row and comes due by itself.

Each site is on its own: one that makes trouble is passed over until the next round, and keeps no other waiting.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from msgspec import Struct

from domain import coverage
from domain.decision import SYSTEM
from domain.records import rota, sites
from domain.records.rota import Due
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from notifications.trial import Trial

BATCH = 20

log = structlog.get_logger("nightbell.sites")


class FindDue(Protocol):
    """Find the sites for which a chore is due, but for those passed over."""

    async def __call__(
        self, connection: Connection, now: datetime, passed_over: frozenset[UUID], limit: int
    ) -> tuple[Due, ...]:
        """Return them, longest due first."""
        ...


class Chore(Struct, frozen=True):
    """Something that is done for a site when its time comes; `do` says whether it was."""

    due: FindDue
    do: Callable[[Trial, UUID], Awaitable[bool]]


async def sweep_sites(trial: Trial) -> int:
    """Do every chore that is due at any site, once; return how many were done."""
    return sum([await _sweep(trial, chore) for chore in _CHORES])


async def _sweep(trial: Trial, chore: Chore) -> int:
    done, seen = 0, frozenset[UUID]()
    while True:
        async with reading(trial.pool) as connection:
            due = await chore.due(connection, trial.now(), seen, BATCH)
        if not due:
            return done
        for each in due:
            done += await _try(trial, chore, each.site_id)
        seen |= {each.site_id for each in due}


async def _try(trial: Trial, chore: Chore, site_id: UUID) -> bool:
    try:
        return await chore.do(trial, site_id)
    except Exception:
        log.exception("site.trouble", site_id=str(site_id))
        return False


async def _look_at_coverage(trial: Trial, site_id: UUID) -> bool:
    """Look at the coming days of a site under its lock; whoever holds it already, it comes back a moment later."""
    async with transaction(trial.pool) as connection:
        context = trial.context(SYSTEM)
        if not await rota.claim(connection, site_id, context.now):
            return False
        site = await sites.find(connection, site_id)
        if site is None:
            return False
        rows = await rota.since(connection, site_id, context.now)
        people = {each.staff_id: each for each in await rota.colleagues(connection, site_id)}
        found = coverage.look(site, rows, people, coverage.tiers(trial.protocol.escalation), context.now)
        decision = coverage.warn(site, found, await rota.warned_at(connection, site_id), context)
        await write(connection, decision)
        await rota.look_again(connection, site_id, coverage.look_again_at(site, context.now))
    if decision is not None:
        log.info(decision.action, site_id=str(site_id), findings=len(found.findings))
    return True


_CHORES = (Chore(rota.due, _look_at_coverage),)
"""What is done for sites, each by an instant of its own."""

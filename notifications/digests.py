"""What a site is told by mail: its daily digest, and tasks that nobody has looked at in time.

Each site is on its own, and so are the two: what makes trouble is passed over until the next round.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from domain import digest, overdue
from domain.decision import SYSTEM
from domain.digest import Digest
from domain.mailing import Reader
from domain.people import Site
from domain.records import notices, sites, staff, tasks
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from notifications.trial import Trial

BATCH = 100
"""Tasks told of in one mail at most: their participants are held meanwhile, and a report must not wait for them."""

log = structlog.get_logger("nightbell.digests")


async def sweep_digests(trial: Trial) -> int:
    """Make every digest that is due, and tell of what is overdue, once; return at how many sites something was done."""
    async with reading(trial.pool) as connection:
        now = trial.now()
        due, late = await sites.digests_due(connection, now), await tasks.sites_to_tell(connection, now)
    digests = [await _try(trial, each, _make) for each in due]
    told = [await _try(trial, each, _tell) for each in late]
    return sum(digests) + sum(told)


async def _try(trial: Trial, site_id: UUID, look: Callable[[Trial, UUID], Awaitable[bool]]) -> bool:
    try:
        return await look(trial, site_id)
    except Exception:
        log.exception("digest.trouble", site_id=str(site_id))
        return False


async def _make(trial: Trial, site_id: UUID) -> bool:
    """Make a site's digest of today, if its hour has come and something is open, and name the next day's hour."""
    async with transaction(trial.pool) as connection:
        context = trial.context(SYSTEM)
        site = await sites.lock_for_digest(connection, site_id, context.now)
        if site is None:
            return False
        if digest.is_time(site, context.now):
            found = await read_digest(trial, connection, site)
            readers = await _not_told_yet(trial, connection, site, found)
            decision = digest.make(found, site, readers, trial.protocol, context)
            await write(connection, decision)
            if decision is not None:
                log.info(decision.action, site_id=str(site_id), open=found.open, readers=len(readers))
        await sites.digest_again(connection, site_id, digest.next_at(site, context.now))
    return True


async def read_digest(trial: Trial, connection: Connection, site: Site) -> Digest:
    """Count what is open at a site now."""
    now = trial.now()
    tallies = await tasks.tallies(connection, site.id, now, digest.day_ends(site, now))
    return Digest(day=digest.day_of(site, now), tallies=tallies)


async def _not_told_yet(
    trial: Trial, connection: Connection, site: Site, found: Digest
) -> tuple[Reader, ...]:
    """Return who works at a site and has no digest of this day; nobody where no mail can be sent."""
    working = [each for each in await _readers(trial, connection, site) if each.is_working]
    ids = {each.staff_id: digest.notice_id(site, found.day, each.staff_id) for each in working}
    made = await notices.which_exist(connection, tuple(ids.values()))
    return tuple(each for each in working if ids[each.staff_id] not in made)


async def _readers(trial: Trial, connection: Connection, site: Site) -> tuple[Reader, ...]:
    return await staff.readers(connection, site.id) if trial.lines.mailers else ()


async def _tell(trial: Trial, site_id: UUID) -> bool:
    """Tell of a site's overdue tasks, those that are open still as they are locked."""
    async with transaction(trial.pool) as connection:
        context = trial.context(SYSTEM)
        site = await sites.lock_unless_held(connection, site_id)
        held = () if site is None else await tasks.hold_to_tell(connection, site_id, context.now, BATCH)
        if site is None or not held:
            return False
        readers = await _readers(trial, connection, site)
        for decision in overdue.escalate(site, held, readers, trial.protocol, context):
            await write(connection, decision)
    log.info("task.escalate", site_id=str(site_id), tasks=len(held), readers=len(readers))
    return True

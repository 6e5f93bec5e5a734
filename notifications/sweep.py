"""Every year that is due is looked at: windows end, reminders are made, silence is told (domain/reminding.py).

What is due is an indexed instant on the plan itself, so that a sweep costs what is due and not what there is. Each year
is on its own: one that makes trouble is passed over until the next round, and keeps no other waiting.
"""

import asyncio
from uuid import UUID

import structlog
from msgspec.structs import replace

from domain import reminding, silence
from domain.decision import SYSTEM, Context
from domain.people import Participant
from domain.records import alerts, participants, plans, policies, shifts
from domain.records import year as years
from domain.records.plans import Due
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.reminding import Look
from domain.ringing import Bell
from domain.year import Year
from notifications.trial import Trial

BATCH = 100
AT_ONCE = 4
"""Years looked at together: pages have the other connections of the pool."""

log = structlog.get_logger("nightbell.sweep")


async def sweep(trial: Trial) -> int:
    """Look at every year that is due, once; return at how many."""
    done, seen = 0, frozenset[UUID]()
    room = asyncio.Semaphore(AT_ONCE)
    while True:
        async with reading(trial.pool) as connection:
            due = await plans.due(connection, trial.now(), seen, BATCH)
        if not due:
            return done
        done += sum(await asyncio.gather(*(_try(trial, each, room) for each in due)))
        seen |= {each.id for each in due}


async def _try(trial: Trial, due: Due, room: asyncio.Semaphore) -> bool:
    try:
        async with room:
            return await _look(trial, due)
    except Exception:
        log.exception("year.trouble", plan_id=str(due.id))
        return False


async def _look(trial: Trial, due: Due) -> bool:
    """Look at one year under its participant's lock; whoever holds it already, it comes back a moment later."""
    async with transaction(trial.pool) as connection:
        participant = await participants.lock_unless_held(connection, due.participant_id)
        found = None if participant is None else await look(trial, connection, participant, due)
    for decision in () if found is None else found.decisions:
        log.info(decision.action, plan_id=str(due.id))
    return found is not None


async def look(trial: Trial, connection: Connection, participant: Participant, due: Due) -> Look | None:
    """Look at the year of a participant who is locked; None where another version of her plan is followed meanwhile."""
    context = trial.context(SYSTEM)
    year = await years.load(connection, participant, context.now)
    if year is None or year.course.plan.id != due.id:
        # What was closed is due no more.
        return None
    found = reminding.look(year, trial.protocol.reminders, context)
    for decision in found.decisions:
        await write(connection, decision)
    year = await _tell_silences(trial, connection, found.year, context)
    again_at = reminding.again_at(year, trial.protocol.reminders, context.now)
    await plans.look_again(connection, due, again_at)
    return found


async def _tell_silences(trial: Trial, connection: Connection, year: Year, context: Context) -> Year:
    """Tell the site of every silence that is due, each with what the one before it has changed."""
    if not year.goes_on:
        return year
    for standing in silence.due(year, trial.protocol.reminders, context.now):
        bell = await _bell(trial, connection, year.participant, year, context)
        own = replace(context, entropy=trial.context(SYSTEM).entropy)
        decision, record = silence.tell(standing, year, bell, trial.protocol, own)
        await write(connection, decision)
        year = year.with_records((record,))
    return year


async def _bell(
    trial: Trial, connection: Connection, participant: Participant, year: Year, context: Context
) -> Bell:
    return Bell(
        site_id=participant.site_id,
        participant_id=participant.id,
        time_zone=year.zone.key,
        live=await alerts.live(connection, participant.id),
        roster=await shifts.roster(connection, participant.site_id, context.now, trial.lines),
        policy=await policies.newest(connection, participant.site_id),
    )

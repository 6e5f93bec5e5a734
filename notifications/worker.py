"""The shell for time: what is due at `now` is decided, written, sent (design.md, "The one way data flows").

Any number of workers run against one database. A worker is woken by NOTIFY; it tells itself every few seconds that
its listener is alive, and polls every second in any case. It holds a message by a lease of seconds, renewed while
the provider is called, so that what a killed worker held goes out a few seconds later.
"""

import asyncio
from datetime import timedelta

import structlog

from domain import paging
from domain.decision import SYSTEM
from domain.delivery import Message
from domain.escalation import Alert
from domain.records import alerts, deployment, messages, participants, shifts
from domain.records.rows import transaction
from domain.records.write import write
from notifications import sender
from notifications.trial import Trial, machine_now

LEASE = timedelta(seconds=3)
RENEW_SECONDS = 1.0
POLL_SECONDS = 1.0
BATCH = 20

CLOCK_TOLERANCE = timedelta(seconds=2)
"""design.md, rule 3: a host whose clock differs by more stops claiming and says so."""

log = structlog.get_logger("nightbell.worker")


async def run(trial: Trial, wake: asyncio.Event) -> None:
    """Work until cancelled: drain what is due, then sleep until `wake` or the next poll. Survives a lost database."""
    while True:
        try:
            if await _clock_is_right(trial):
                await drain(trial)
        except Exception:  # a bell that stops ringing because one round failed is no bell
            log.exception("worker.trouble")
        await _sleep(wake)


async def drain(trial: Trial) -> int:
    """Do everything that is due now, until nothing is; return how many things were done."""
    done = 0
    while did := await _climb_all(trial) + await _send_all(trial):
        done += did
    return done


async def _climb_all(trial: Trial) -> int:
    async with trial.pool.acquire() as connection:
        due = await alerts.due(connection, trial.now(), BATCH)
    return sum([await _try_to_climb(trial, alert) for alert in due])


async def _try_to_climb(trial: Trial, alert: Alert) -> bool:
    """Let one alert's trouble keep no other from climbing; the next round tries it again."""
    try:
        return await _climb(trial, alert)
    except Exception:
        log.exception("alert.trouble", alert_id=str(alert.id))
        return False


async def _climb(trial: Trial, seen: Alert) -> bool:
    """Do the next step of one alert under its participant's lock; another worker may have done it meanwhile."""
    async with transaction(trial.pool) as connection:
        await participants.lock(connection, seen.participant_id)
        alert = await alerts.find(connection, seen.id)
        if alert is None:
            return False
        context = trial.context(SYSTEM)
        roster = await shifts.roster(connection, alert.site_id, context.now)
        decision = paging.climb(alert, roster, trial.protocol.escalation, context)
        await write(connection, decision)
    if decision is None:
        return False
    log.info(decision.action, alert_id=str(alert.id), round=alert.round, step=alert.step)
    return True


async def _send_all(trial: Trial) -> int:
    async with transaction(trial.pool) as connection:
        held = await messages.lease(connection, trial.now(), LEASE, BATCH)
    if not held:
        return 0
    renewal = asyncio.create_task(_renew(trial, held))
    try:
        await asyncio.gather(*(_handle(trial, message) for message in held))
    finally:
        renewal.cancel()
    return len(held)


async def _handle(trial: Trial, message: Message) -> None:
    """Let one message's trouble harm no other; its lease runs out and it is looked at again."""
    try:
        await sender.handle(trial, message)
    except Exception:
        log.exception("message.trouble", message_id=str(message.id))


async def _renew(trial: Trial, held: tuple[Message, ...]) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        async with trial.pool.acquire() as connection:
            await messages.extend(connection, tuple(message.id for message in held), LEASE)


async def _clock_is_right(trial: Trial) -> bool:
    async with trial.pool.acquire() as connection:
        theirs = await deployment.machine_time(connection)
    drift = abs(machine_now() - theirs)
    if drift > CLOCK_TOLERANCE:
        log.error("worker.clock", drift_seconds=drift.total_seconds())
    return drift <= CLOCK_TOLERANCE


async def _sleep(wake: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_SECONDS):
            await wake.wait()
    except TimeoutError:
        return
    finally:
        wake.clear()

"""The shell for time: what is due at `now` is decided, written, sent (design.md, "The one way data flows").

Any number of workers run against one database. A worker is woken by NOTIFY; it tells itself every few seconds that
its listener is alive, and polls every second in any case. It holds a message by a lease of seconds, renewed while
the provider is called, so that what a killed worker held goes out a few seconds later. Every alert, every message and
every year is on its own: whatever goes wrong with one keeps no other waiting.

It does two things at once, and neither waits for the other: it rings the bell (alerts and pages), and it keeps the
calendar (years and reminders). A thousand reminders of one hour stand before no page.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from domain import paging
from domain.decision import SYSTEM, Context, Decision
from domain.escalation import Alert
from domain.records import alerts, messages, shifts
from domain.records.alerts import Due
from domain.records.rows import Connection, reading, single, transaction
from domain.records.write import write
from notifications import drills, sender
from notifications.digests import sweep_digests
from notifications.drills import sweep_drills
from notifications.site_sweep import sweep_sites
from notifications.sweep import sweep
from notifications.trial import CLOCK_TOLERANCE, Trial, clock_drift

LEASE = timedelta(seconds=3)
RENEW_SECONDS = 1.0
POLL_SECONDS = 1.0
BATCH = 20
"""Alerts looked at together, and pages one worker has in hand at once."""

REMINDERS_AT_ONCE = 5
"""Reminders one worker has in hand at once: the provider and the database are there for pages first."""

log = structlog.get_logger("nightbell.worker")


class Lease(Protocol):
    """Take messages that are due and that nobody holds: `messages.lease_pages`, or of reminders."""

    async def __call__(
        self, connection: Connection, now: datetime, holder: UUID, life: timedelta, limit: int
    ) -> tuple[UUID, ...]:
        """Return the ids of what was taken."""
        ...


class Hands:
    """The messages a worker holds, each in a task of its own, `room` of them at most.

    `freed` is set when hands that were full have room again: who waits in the queue waits no longer than that.
    """

    def __init__(self, trial: Trial, lease: Lease, room: int, freed: asyncio.Event) -> None:
        self._freed = freed
        self._trial = trial
        self._lease = lease
        self._room = room
        self._holder = uuid4()
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def take(self) -> int:
        """Lease what is due and there is room for, and begin with it; return how many."""
        room = self._room - len(self._tasks)
        if room <= 0:
            return 0
        async with transaction(self._trial.pool) as connection:
            held = await self._lease(connection, self._trial.now(), self._holder, LEASE, room)
        self._trial.meters.claimed("pages" if self._lease is messages.lease_pages else "reminders", len(held))
        # What is in hand still, after a pause in which its lease ran out, is held again and not begun twice.
        for message_id in set(held) - set(self._tasks):
            task = asyncio.create_task(self._handle(message_id))
            self._tasks[message_id] = task
            # Not in `_handle`: a task that is cancelled before it begins runs none of it.
            task.add_done_callback(partial(self._forget, message_id))
        return len(held)

    async def finish(self) -> None:
        """Wait until the hands are empty."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def drop(self) -> None:
        """Let go of everything: the leases run out, and another worker goes on."""
        for task in tuple(self._tasks.values()):
            task.cancel()
        await self.finish()

    async def renew(self) -> None:
        """Keep the leases of what is in hand, until cancelled. A renewal that fails is tried again a second later."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                if held := tuple(self._tasks):
                    async with single(self._trial.pool) as connection:
                        await messages.extend(connection, held, self._holder, LEASE)
            except Exception:
                log.exception("lease.trouble")

    def _forget(self, message_id: UUID, _: asyncio.Task[None]) -> None:
        if len(self._tasks) == self._room:
            self._freed.set()
        del self._tasks[message_id]

    async def _handle(self, message_id: UUID) -> None:
        """Let one message's trouble harm no other; its lease runs out and it is looked at again."""
        try:
            await sender.handle(self._trial, message_id)
            async with single(self._trial.pool) as connection:
                await messages.release(connection, message_id, self._holder)
        except Exception:
            log.exception("message.trouble", message_id=str(message_id))


async def run(trial: Trial, wake: asyncio.Event) -> None:
    """Work until cancelled: begin what is due, then sleep until `wake` or the next poll. Survives a lost database."""
    async with asyncio.TaskGroup() as group:
        calendar = asyncio.Event()
        group.create_task(_keep(trial, _pages(trial, wake), _climb_all, wake, calendar))
        group.create_task(_keep(trial, _reminders(trial, calendar), _sweep_all, calendar, None))


async def drain(trial: Trial) -> int:
    """Do everything that is due now, until nothing is; return how many things were done."""
    done = 0
    freed = asyncio.Event()
    async with _held(_pages(trial, freed)) as pages, _held(_reminders(trial, freed)) as reminders:
        while did := (
            await _climb_all(trial) + await pages.take() + await _sweep_all(trial) + await reminders.take()
        ):
            done += did
            await pages.finish()
            await reminders.finish()
    return done


def _pages(trial: Trial, freed: asyncio.Event) -> Hands:
    return Hands(trial, messages.lease_pages, BATCH, freed)


def _reminders(trial: Trial, freed: asyncio.Event) -> Hands:
    return Hands(trial, messages.lease_reminders, REMINDERS_AT_ONCE, freed)


@contextlib.asynccontextmanager
async def _held(hands: Hands) -> AsyncIterator[Hands]:
    """Keep the leases of what is in hand, and let go of everything at the end."""
    renewal = asyncio.create_task(hands.renew())
    try:
        yield hands
    finally:
        renewal.cancel()
        await hands.drop()


async def _keep(
    trial: Trial,
    hands: Hands,
    decide: Callable[[Trial], Awaitable[int]],
    wake: asyncio.Event,
    others: asyncio.Event | None,
) -> None:
    """Decide what is due, then send, again and again; what wakes this one wakes the others."""
    async with _held(hands):
        while True:
            is_well = await _round(trial, hands, decide)
            trial.meters.worked("calendar" if others is None else "bell", is_well=is_well)
            await _sleep(wake)
            if others is not None:
                others.set()


async def _round(trial: Trial, hands: Hands, decide: Callable[[Trial], Awaitable[int]]) -> bool:
    """Decide, then send, whatever becomes of the other: a bell that stops because one round failed is no bell.

    Return whether both went well.
    """
    is_well = True
    try:
        if await clock_drift(trial.pool) > CLOCK_TOLERANCE:
            log.error("worker.clock", tolerance_seconds=CLOCK_TOLERANCE.total_seconds())
            return False
        await decide(trial)
    except Exception:
        is_well = False
        log.exception("worker.trouble")
    try:
        while await hands.take():
            pass
    except Exception:
        is_well = False
        log.exception("worker.trouble")
    return is_well


async def _sweep_all(trial: Trial) -> int:
    """Look at all that is no alert and is due."""
    sweeps = (sweep, sweep_sites, sweep_drills, sweep_digests)
    return sum([await _swept(trial, each) for each in sweeps])


async def _swept(trial: Trial, sweep_one: Callable[[Trial], Awaitable[int]]) -> int:
    """Let the trouble of one sweep stand before no other."""
    try:
        return await sweep_one(trial)
    except Exception:
        log.exception("sweep.trouble", sweep=sweep_one.__name__)
        return 0


async def _climb_all(trial: Trial) -> int:
    """Do the next step of every alert that is due, once; what failed is passed over until the next round."""
    done, seen = 0, frozenset[UUID]()
    while True:
        async with reading(trial.pool) as connection:
            due = await alerts.due(connection, trial.now(), seen, BATCH)
        if not due:
            return done
        done += sum(await asyncio.gather(*(_try_to_climb(trial, alert) for alert in due)))
        seen |= {alert.id for alert in due}


async def _try_to_climb(trial: Trial, due: Due) -> bool:
    try:
        return await _climb(trial, due)
    except Exception:
        log.exception("alert.trouble", alert_id=str(due.id))
        return False


async def _climb(trial: Trial, due: Due) -> bool:
    """Do the next step of one alert under its participant's lock; another worker may have done it meanwhile."""
    async with transaction(trial.pool) as connection:
        alert = await alerts.hold(connection, due.id)
        if alert is None:
            return False
        context = trial.context(SYSTEM)
        decision = await _decide(trial, connection, alert, context)
        await write(connection, decision)
    if decision is None:
        return False
    trial.meters.moved(decision.action)
    log.info(decision.action, alert_id=str(alert.id), round=alert.round, step=alert.step)
    return True


async def _decide(trial: Trial, connection: Connection, alert: Alert, context: Context) -> Decision | None:
    """Decide what is due on an alert; a drill has an end of its own, and rings nobody else."""
    if alert.is_drill:
        return await drills.look(connection, alert, context)
    roster = await shifts.roster(connection, alert.site_id, context.now, trial.lines)
    return paging.climb(alert, roster, trial.protocol.escalation, context)


async def _sleep(wake: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_SECONDS):
            await wake.wait()
    except TimeoutError:
        return
    finally:
        wake.clear()

"""A worker signs the audit trail every five minutes, and keeps what was signed outside the database as well.

Any one of the workers signs; each that has a directory keeps a copy of all, and catches up by itself with what the
others have signed. The database commits first: what is outside is in it, unless somebody has taken it away.
"""

import asyncio
import functools
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import structlog
from msgspec import Struct

from domain.checkpoint import Checkpoint
from domain.records import checkpoints
from domain.records.notary import Notary
from domain.records.rows import reading, transaction
from notifications.journal import Journal
from notifications.trial import Trial, machine_now

T = TypeVar("T")

LOOK_SECONDS = 15.0
DISK_SECONDS = 30.0
"""How long a copy may take before it is tried again; ours."""
_BATCH = 20

log = structlog.get_logger("nightbell.audit")


class Keeping(Struct, frozen=True, kw_only=True):
    """With what a worker signs, and where it keeps a copy; either may be missing."""

    notary: Notary | None
    directory: Path | None


async def run(trial: Trial, keeping: Keeping) -> None:
    """Sign and keep until cancelled; whatever goes wrong is tried again a moment later, and neither stops the other."""
    tell_of_what_is_not_set(trial, keeping)
    if keeping.notary is None:
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(_again_and_again(functools.partial(sign, trial, keeping.notary)))
        # Apart: a disk that hangs holds its thread, and nothing can take that back; signing goes on.
        group.create_task(_again_and_again(functools.partial(keep, trial, keeping.directory)))


async def _again_and_again(step: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await step()
        except Exception:
            log.exception("audit.trouble")
        await asyncio.sleep(LOOK_SECONDS)


def tell_of_what_is_not_set(trial: Trial, keeping: Keeping) -> None:
    """Say at a start who signs, or that nobody does, and whether there is a copy outside."""
    if keeping.notary is None:
        log.error("audit.unsigned")
        return
    log.info("audit.keys", public_keys=keeping.notary.witness().written())
    if keeping.directory is None and trial.mode == "production":
        log.warning("audit.inside")


async def sign(trial: Trial, notary: Notary) -> Checkpoint | None:
    """Write the checkpoint that is due, if one is and no other worker is at it."""
    async with transaction(trial.pool) as connection:
        checkpoint = await checkpoints.sign_what_moved(connection, notary)
    if checkpoint is not None:
        # A log that is collected elsewhere is a copy as well.
        log.info(
            "audit.checkpoint",
            number=checkpoint.number,
            root=checkpoint.root,
            key=checkpoint.key_id,
            signature=checkpoint.signature.hex(),
        )
    return checkpoint


async def keep(trial: Trial, directory: Path | None) -> None:
    """Bring the copy outside up to date, unless the database has lost what is in it.

    Raises TimeoutError where the disk does not answer: what hangs is left to its thread, and safe to repeat.
    """
    if directory is None:
        return
    journal = Journal(directory)
    last = await _of_the_disk(directory, journal.last)
    if last is not None and not await _is_there(trial, last):
        log.error("audit.lost", number=last.number, root=last.root)
        return
    number = 0 if last is None else last.number
    while page := await _page(trial, number):
        await _of_the_disk(directory, functools.partial(journal.append, page))
        number = page[-1].number
    trial.meters.kept_outside(machine_now())


class _Disk:
    """One thread at a time beside all others, which no stop of the worker waits for: a dead mount holds it alone."""

    def __init__(self) -> None:
        self._under_way: Future[Any] = Future()
        self._under_way.set_result(None)

    def begin(self, step: Callable[[], T]) -> Future[T]:
        """Begin a step; raise TimeoutError while the one before hangs, so that there is never a second thread."""
        if not self._under_way.done():
            raise TimeoutError("the disk has not answered yet")
        begun: Future[T] = Future()
        # From here on a caller who waits no longer cannot cancel it: it is under way until the disk answers.
        begun.set_running_or_notify_cancel()
        self._under_way = begun
        threading.Thread(target=_do, args=(begun, step), name="nightbell-audit", daemon=True).start()
        return begun


def _do(begun: Future[T], step: Callable[[], T]) -> None:
    try:
        begun.set_result(step())
    except Exception as trouble:  # noqa: BLE001 - whoever waits is told
        begun.set_exception(trouble)


_DISKS: defaultdict[Path, _Disk] = defaultdict(_Disk)
"""By directory: several trials of a process do not wait for each other's."""


async def _of_the_disk(directory: Path, step: Callable[[], T]) -> T:
    async with asyncio.timeout(DISK_SECONDS):
        return await asyncio.wrap_future(_DISKS[directory].begin(step))


async def _is_there(trial: Trial, checkpoint: Checkpoint) -> bool:
    async with reading(trial.pool) as connection:
        return await checkpoints.find(connection, checkpoint.number) == checkpoint


async def _page(trial: Trial, number: int) -> tuple[Checkpoint, ...]:
    async with reading(trial.pool) as connection:
        return await checkpoints.after(connection, number, _BATCH)

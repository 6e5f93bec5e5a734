"""Trying to prove who one is: one source tries a thing once at a time, slowed when it fails (domain/slowing.py)."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from domain import slowing
from domain.account_mail import FAILURES
from domain.decision import SYSTEM
from domain.errors import SignInBusy, SignInSlowed
from domain.people import Staff
from domain.records import slowing as places
from domain.records import tasks
from domain.records.rows import Connection, reading, transaction
from domain.records.sealing import Vault
from domain.records.write import write
from domain.slowing import OF_LINK, OF_PAIR, OF_SOURCE, Pace, Tries
from domain.task import TaskKind
from notifications.account_mail import tell
from notifications.trial import Trial, machine_now

SLOT_SECONDS = 3.0
"""Whoever waits longer for a slot is told to come again: a person looks at the page meanwhile; ours."""


class Slots:
    """Hashes at once: this node also takes reports, and a flood of tries must leave it the processors for them."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a slot, and hold it; raise SignInBusy where none becomes free in time."""
        try:
            async with asyncio.timeout(SLOT_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise SignInBusy("Too much is being checked at once. Try again in a moment.") from None
        try:
            yield
        finally:
            self._free.release()


SIGN_INS = Slots(2)
"""For whatever anybody may send."""

PAGES = Slots(2)
"""For the links and codes that were sent to somebody: no flood of sign-ins stands before an alert's answer."""

NOBODY = UUID(int=0)
"""Who is looked up where there is nobody, so that it takes as long."""


class Try(Struct, frozen=True, kw_only=True):
    """Who tries what: `source` as `api.addresses` names it, `account` as she names herself, known or not."""

    source: str
    account: str
    staff: Staff | None
    """Whose account it is."""
    link: str = ""
    """What is tried, where that is one link or one person's codes, and not the sign-in of the account."""
    is_genuine: bool = False
    """Whether the link or the code is one that was sent to her: then it is slowed too, from wherever the tries come."""
    request_id: str = ""


class _Place(Struct, frozen=True):
    place: int
    tries: Tries
    pace: Pace


async def _spends_nothing(_: Connection) -> bool:
    return True


async def proves(
    trial: Trial,
    attempt: Try,
    fits: Callable[[], bool],
    spends: Callable[[Connection], Awaitable[bool]] = _spends_nothing,
) -> bool:
    """Say whether a try succeeds; `fits` takes its time in a thread. Raise SignInSlowed, SignInBusy.

    What fits is good once where `spends` says so: false where somebody was quicker, and that is a failure as any other.
    Where it raises, nothing is counted.

    What is tried is held meanwhile: tries at once, on whichever node, are counted one after the other. The source is
    not, for many may be behind it. A success clears what this source has failed at this, and nothing else.
    """
    source = trial.vault.place("slow-down/source", attempt.source)
    await _require_no_wait_yet(trial, attempt, source)
    async with (
        (PAGES if attempt.is_genuine else SIGN_INS).one(),
        transaction(trial.pool) as connection,
    ):
        now = machine_now()
        held = await _hold(trial.vault, connection, attempt, now)
        _require_no_wait((*(each.tries for each in held), *await places.look(connection, (source,))), now)
        good = await asyncio.to_thread(fits) and await spends(connection)
        if good:
            await places.keep(connection, held[0].place, slowing.cleared(held[0].tries))
        else:
            now = machine_now()
            behind = _Place(source, await places.hold(connection, source, now), OF_SOURCE)
            await _note(connection, (*held, behind), now)
            await _count(trial, connection, attempt)
    return good


async def _require_no_wait_yet(trial: Trial, attempt: Try, source: int) -> None:
    """Refuse without a slot and without a lock who must wait anyway; under the lock it is asked again."""
    named = (source, *(place for place, _ in _tried(trial.vault, attempt)))
    async with reading(trial.pool) as connection:
        _require_no_wait(await places.look(connection, named), machine_now())


async def _hold(vault: Vault, connection: Connection, attempt: Try, now: datetime) -> tuple[_Place, ...]:
    """Hold what this source tries, before that from wherever, as everybody does: so nobody waits for each other."""
    return tuple(
        [
            _Place(place, await places.hold(connection, place, now), pace)
            for place, pace in _tried(vault, attempt)
        ]
    )


def _tried(vault: Vault, attempt: Try) -> tuple[tuple[int, Pace], ...]:
    """Name what is tried: by this source, and where it was sent to somebody, from wherever."""
    tried = attempt.link or f"account/{attempt.account}"
    pair = (vault.place("slow-down/pair", f"{attempt.source} {tried}"), OF_PAIR)
    return (pair, (vault.place("slow-down/link", attempt.link), OF_LINK)) if attempt.is_genuine else (pair,)


def _require_no_wait(tries: tuple[Tries, ...], now: datetime) -> None:
    seconds = max((slowing.wait(each, now).total_seconds() for each in tries), default=0)
    if seconds > 0:
        raise SignInSlowed(
            "There were too many failed tries. Wait, and try again.", seconds=math.ceil(seconds)
        )


async def _note(connection: Connection, held: tuple[_Place, ...], now: datetime) -> None:
    for each in held:
        await places.keep(connection, each.place, slowing.failed(each.tries, now, each.pace))


async def _count(trial: Trial, connection: Connection, attempt: Try) -> None:
    """Count a failure on an account, and tell its sites when there are many. It slows nobody."""
    now, place = machine_now(), trial.vault.place("slow-down/account", attempt.account)
    tries = slowing.failed(await places.hold(connection, place, now), now)
    await places.keep(connection, place, tries)
    # Asked for nobody as well: otherwise the time of the answer says whether somebody has this e-mail.
    about_id = NOBODY if attempt.staff is None else attempt.staff.id
    told = await tasks.sites_told(connection, about_id, TaskKind.SIGN_IN_FAILURES)
    if attempt.staff is not None and tries.failures == slowing.ALARM_AT:
        numbers = {"count": tries.failures, "minutes": slowing.WINDOW // timedelta(minutes=1)}
        context = trial.context(SYSTEM)
        await tell(
            trial, connection, attempt.staff, FAILURES, numbers, context, request_id=attempt.request_id
        )
    if attempt.staff is not None:
        for alarm in slowing.alarms(tries, attempt.staff, told, trial.context(SYSTEM)):
            await write(connection, alarm, request_id=attempt.request_id)

"""Trying to prove who one is: one try at a time of one source, slowed when it fails (domain/slowing.py)."""

import asyncio
import math
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from domain import slowing
from domain.decision import SYSTEM
from domain.errors import SignInSlowed
from domain.people import Staff
from domain.records import slowing as places
from domain.records import tasks
from domain.records.rows import Connection, transaction
from domain.records.sealing import Vault
from domain.records.write import write
from domain.slowing import OF_LINK, OF_SOURCE, Pace, Tries
from domain.task import TaskKind
from notifications.trial import Trial, machine_now

hashing = asyncio.Semaphore(2)
"""Hashes at once: this node also takes reports, and a flood of sign-ins must leave it the processors for them."""

_PLACE_BITS = 20


class Try(Struct, frozen=True, kw_only=True):
    """Who tries what: `source` as `api.addresses` names it, `account` as she names herself, known or not."""

    source: str
    account: str
    staff: Staff | None
    """Whose account it is."""
    link: str = ""
    """What is tried, where that is one link or one code: it is slowed too, from wherever the tries come."""
    request_id: str = ""


class _Place(Struct, frozen=True):
    place: int
    tries: Tries
    pace: Pace


async def proves(trial: Trial, attempt: Try, fits: Callable[[], bool]) -> bool:
    """Say whether a try succeeds; `fits` takes its time in a thread. Raise SignInSlowed where it comes too soon.

    The places are held meanwhile: tries at once, on whichever node, are counted one after the other.
    """
    async with hashing, transaction(trial.pool) as connection:
        now = machine_now()
        held = await _hold(trial.vault, connection, attempt, now)
        _require_no_wait(held, now)
        good = await asyncio.to_thread(fits)
        await _note(connection, held, machine_now(), good=good)
        if not good:
            await _count(trial, connection, attempt)
    return good


async def _hold(vault: Vault, connection: Connection, attempt: Try, now: datetime) -> tuple[_Place, ...]:
    """Hold the source before the link, as everybody does, so that nobody waits for each other."""
    named = [("source", attempt.source, OF_SOURCE)]
    if attempt.link:
        named.append(("link", attempt.link, OF_LINK))
    found = []
    for kind, text, pace in named:
        place = _place(vault, kind, text)
        found.append(_Place(place, await places.hold(connection, place, now), pace))
    return tuple(found)


def _require_no_wait(held: tuple[_Place, ...], now: datetime) -> None:
    seconds = max(slowing.wait(each.tries, now).total_seconds() for each in held)
    if seconds > 0:
        raise SignInSlowed(
            "There were too many failed tries. Wait, and try again.", seconds=math.ceil(seconds)
        )


async def _note(connection: Connection, held: tuple[_Place, ...], now: datetime, *, good: bool) -> None:
    for each in held:
        after = slowing.cleared(each.tries) if good else slowing.failed(each.tries, now, each.pace)
        if after != each.tries:
            await places.keep(connection, each.place, after)


async def _count(trial: Trial, connection: Connection, attempt: Try) -> None:
    """Count a failure on an account, and tell its sites when there are many. It slows nobody."""
    now, place = machine_now(), _place(trial.vault, "account", attempt.account)
    tries = slowing.failed(await places.hold(connection, place, now), now)
    await places.keep(connection, place, tries)
    if attempt.staff is not None:
        told = await tasks.sites_told(connection, attempt.staff.id, TaskKind.SIGN_IN_FAILURES)
        for alarm in slowing.alarms(tries, attempt.staff, told, trial.context(SYSTEM)):
            await write(connection, alarm, request_id=attempt.request_id)


def _place(vault: Vault, kind: str, text: str) -> int:
    """Return where failures are counted: 20 bits, so that the table has an end; strangers rarely share one."""
    return int.from_bytes(vault.keyed(f"slow-down/{kind}", text)[:4], "big") >> (32 - _PLACE_BITS)

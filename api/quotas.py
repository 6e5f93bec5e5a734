"""Holding a caller to a quota: one statement, and 429 with when to come again."""

import math
from collections.abc import Mapping
from datetime import datetime

from api.errors import rate_limit
from api.exchange import Request
from api.middleware import ALLOWANCE
from domain import quota as quotas
from domain.errors import TooManyRequests
from domain.quota import Quota, Taken
from domain.records import quotas as records
from domain.records.rows import Connection
from notifications.trial import Trial, machine_now


async def hold_to(
    trial: Trial, connection: Connection, quota: Quota, whose: str, told: Request | None = None
) -> None:
    """Take one of a quota of somebody or something, named as nobody else's; raise TooManyRequests when none is left.

    The answer to the request that is `told` says how many are left, so that a program can slow down by itself.
    """
    now = machine_now()
    place = trial.vault.place(f"quota/{quota.name}", whose)
    taken = await records.take(connection, place, quota, now)
    if told is not None:
        told.state[ALLOWANCE] = _allowance(quota, taken, now)
    if wait := quotas.wait(quota, taken, now):
        seconds = math.ceil(wait.total_seconds())
        raise TooManyRequests(
            f"Ask again in {seconds} s.",
            name=quota.name,
            most=quota.most,
            window=int(quota.window.total_seconds()),
            seconds=seconds,
        )


def _allowance(quota: Quota, taken: Taken, now: datetime) -> Mapping[str, str]:
    window = int(quota.window.total_seconds())
    seconds = math.ceil((taken.since + quota.window - now).total_seconds())
    return rate_limit(quota.name, quota.most, window, max(quota.most - taken.taken, 0), max(seconds, 0))

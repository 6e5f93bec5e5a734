"""Holding a caller to a quota: one statement, and 429 with when to come again."""

import math

from domain import quota as quotas
from domain.errors import TooManyRequests
from domain.quota import Quota
from domain.records import quotas as records
from domain.records.rows import Connection
from notifications.trial import Trial, machine_now


async def hold_to(trial: Trial, connection: Connection, quota: Quota, whose: str) -> None:
    """Take one of a quota of somebody or something, named as nobody else's; raise TooManyRequests when none is left."""
    now = machine_now()
    place = trial.vault.place(f"quota/{quota.name}", whose)
    wait = quotas.wait(quota, await records.take(connection, place, quota, now), now)
    if wait:
        seconds = math.ceil(wait.total_seconds())
        raise TooManyRequests(
            f"Ask again in {seconds} s.",
            name=quota.name,
            most=quota.most,
            window=int(quota.window.total_seconds()),
            seconds=seconds,
        )

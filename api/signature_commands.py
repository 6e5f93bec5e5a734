"""`nightbell signatures verify`: whether each signature still fits what it was given under."""

from collections.abc import Mapping

from api.commands import looking, say
from domain.records import signed


async def verify(environment: Mapping[str, str]) -> int:
    """Make every hash again from what is stored, and name each signature that does not fit, and each that is gone."""
    async with looking(environment) as connection:
        count, broken = await signed.verify(connection)
    for fault in broken:
        say(f"BROKEN {fault.pointer}: {fault.message}")
    say(f"{count} signatures checked, {len(broken)} faults")
    return int(bool(broken))

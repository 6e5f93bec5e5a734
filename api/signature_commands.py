"""`nightbell signatures verify`: whether each signature still fits what it was given under."""

from collections.abc import Mapping

from api.commands import say
from api.logs import configure_logs
from api.settings import read_database_url
from domain.records import signed
from domain.records.identity import THE_SYSTEM, act_as
from domain.records.rows import APP_ROLE, open_pool, snapshot


async def verify(environment: Mapping[str, str]) -> int:
    """Make every hash again from what is stored, and name each signature that does not fit, and each that is gone."""
    configure_logs("warning")
    act_as(THE_SYSTEM)
    pool = await open_pool(read_database_url(environment), APP_ROLE, size=1)
    try:
        async with snapshot(pool) as connection:
            count, broken = await signed.verify(connection)
    finally:
        await pool.close()
    for fault in broken:
        say(f"BROKEN {fault.pointer}: {fault.message}")
    say(f"{count} signatures checked, {len(broken)} faults")
    return int(bool(broken))

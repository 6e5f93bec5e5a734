"""Failed tries by place. As leases they are no records of the trial: no decision, no audit line, machine time."""

from datetime import datetime

from domain.records.rows import Connection, many, one
from domain.slowing import Tries


async def hold(connection: Connection, place: int, now: datetime) -> Tries:
    """Return the tries of a place, which is held until the transaction ends: tries at once are counted one by one."""
    tries = await one(
        connection,
        Tries,
        """
        insert into slow_downs as known (place, failures, since) values ($1, 0, $2)
        on conflict (place) do update set place = known.place
        returning failures, since, wait_until
        """,
        place,
        now,
    )
    return tries or Tries(failures=0, since=now)


async def look(connection: Connection, places: tuple[int, ...]) -> tuple[Tries, ...]:
    """Return the tries of those places that have any, without holding them."""
    return await many(
        connection,
        Tries,
        "select failures, since, wait_until from slow_downs where place = any($1)",
        list(places),
    )


async def keep(connection: Connection, place: int, tries: Tries) -> None:
    """Store the tries of a place that is held."""
    await connection.execute(
        "update slow_downs set failures = $2, since = $3, wait_until = $4 where place = $1",
        place,
        tries.failures,
        tries.since,
        tries.wait_until,
    )

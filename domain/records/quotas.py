"""What was taken of a quota, by place. As leases they are no records of the trial: no decision, no audit line."""

from datetime import datetime

from domain.quota import Quota, Taken
from domain.records.rows import Connection, one


async def take(connection: Connection, place: int, quota: Quota, now: datetime) -> Taken:
    """Take one, atomically: of several at once each is counted."""
    taken = await one(
        connection,
        Taken,
        """
        insert into rate_limits as known (place, taken, since) values ($1, 1, $2)
        on conflict (place) do update set
            taken = case when known.since <= $3 then 1 else least(known.taken, $4) + 1 end,
            since = case when known.since <= $3 then $2 else known.since end
        returning taken, since
        """,
        place,
        now,
        now - quota.window,
        quota.most,
    )
    return taken or Taken(taken=1, since=now)

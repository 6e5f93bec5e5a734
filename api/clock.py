"""Trial time of a sandbox: the machine's clock and an offset that only grows, kept in the database."""

from datetime import datetime, timedelta

from domain.records import deployment
from domain.records.rows import Pool, transaction
from notifications.trial import machine_now


class SandboxClock:
    """Call it for trial time. It runs at the machine's pace, and `move_to` lets it jump ahead."""

    def __init__(self, pool: Pool, offset: timedelta) -> None:
        self._pool = pool
        self._offset = offset

    def __call__(self) -> datetime:
        """Return trial time now."""
        return machine_now() + self._offset

    async def move_to(self, instant: datetime) -> None:
        """Jump ahead to an instant; never back."""
        ahead = instant - machine_now()
        if ahead > self._offset:
            async with transaction(self._pool) as connection:
                await deployment.set_clock(connection, ahead)
            self._offset = ahead

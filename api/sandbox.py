"""A sandbox: a running trial whose time can be moved and whose provider is the emulator."""

import asyncio
import math
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from api.clock import SandboxClock
from domain.records import alerts, deployment
from domain.records.identity import THE_SYSTEM, acting_as
from domain.records.rows import reading
from notifications import worker
from notifications.emulator.emulator import Emulator
from notifications.emulator.play import Play
from notifications.trial import Trial

_BREATH_SECONDS = 0.005
"""While another worker holds what is due, there is nothing to do but wait for it."""

DRAIN_LIMIT = timedelta(seconds=30)
"""Machine time one due instant may take to drain; more means that something is stuck, which must be seen."""


class Place(Struct, frozen=True, kw_only=True):
    """A sandbox and where it is: `api_url` is the base address that an app is given, `inbox_url` shows the phones."""

    key: str
    """Empty for the demo's own."""
    api_url: str
    inbox_url: str
    sandbox: "Sandbox"


class Keeper(Protocol):
    """Who keeps the sandboxes of a process."""

    async def found(self) -> Place:
        """Open a new one under a key of its own. Raises SandboxesFull and SandboxUnavailable."""
        ...

    async def find(self, key: str) -> Place:
        """Return one, opened if it is not. Raises SandboxUnknown."""
        ...

    async def reset(self, key: str) -> Place:
        """Make one anew: a fresh database, the machine's time. Raises SandboxUnknown."""
        ...

    async def discard(self, key: str) -> None:
        """Throw one away, with its database. Raises SandboxUnknown."""
        ...


class Sandbox(Struct, frozen=True, kw_only=True):
    """The trial as its API sees it and as its worker does, its clock and its providers."""

    trial: Trial
    worker: Trial
    clock: SandboxClock
    emulator: Emulator
    others: tuple[Play, ...] = ()
    """Emulated providers beside the first one."""
    key: str = ""
    """Under which it is kept; empty for the demo's own."""
    keeper: Keeper | None = None
    """Who keeps it, and others; None where it is the only one, as in a test."""

    async def advance_to(
        self, target: datetime, patience: timedelta | None = None, seconds: float = math.inf
    ) -> UUID | None:
        """Move trial time ahead, stopping at each due instant until the workers have drained it.

        An alert that nobody answers rings for ever. With `patience` time stands still where one has rung everybody for
        that long: its id is returned, None if the target was reached. After so many `seconds` of machine time it stops
        short of the target, and whoever wants to goes on.
        """
        until = asyncio.get_running_loop().time() + seconds
        await self._drain()
        while (due := await self._next_due(target)) is not None:
            if asyncio.get_running_loop().time() > until:
                return None
            if patience is not None and (alert_id := await self._unanswered(patience)):
                return alert_id
            await self.clock.move_to(due)
            await self._drain()
        await self.clock.move_to(target)
        await self._drain()
        return None

    async def _unanswered(self, patience: timedelta) -> UUID | None:
        with acting_as(THE_SYSTEM):
            async with reading(self.trial.pool) as connection:
                return await alerts.exhausted_since(connection, self.clock() - patience)

    async def _drain(self) -> None:
        async with asyncio.timeout(DRAIN_LIMIT.total_seconds()):
            while True:
                await worker.drain(self.worker)
                for provider in (self.emulator, *self.others):
                    await provider.idle()
                if await self._next_due(self.clock()) is None:
                    return
                await asyncio.sleep(_BREATH_SECONDS)

    async def _next_due(self, until: datetime) -> datetime | None:
        with acting_as(THE_SYSTEM):
            async with reading(self.trial.pool) as connection:
                due = await deployment.next_due(connection, until)
        # A phone that rings in vain stops by trial time too.
        ends = self.emulator.switchboard.next_end(until)
        return min((each for each in (due, ends) if each is not None), default=None)

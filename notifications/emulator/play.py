"""What every emulated provider has: a script of faults, and texts under way that outlive the call that began them."""

import asyncio
import contextlib
from collections.abc import Coroutine

from notifications.emulator.faults import Fault, FaultKind, Medium, Stage, take


class Play:
    """One emulated provider while it is served. It lives in one loop."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()
        self.given_up = 0
        """Callbacks refused by the receiver, or never taken."""
        self._script: tuple[Fault, ...] = ()
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def scripted(self) -> tuple[Fault, ...]:
        """What is left of the script."""
        return self._script

    def script(self, *faults: Fault) -> None:
        """Replace the script; without arguments nothing goes wrong any more."""
        self._script = faults

    def take(self, stage: Stage, number: str, channel: Medium = "sms") -> Fault | None:
        """Return the fault that strikes a text or call for `number` at this stage, and count it off the script."""
        fault, self._script = take(self._script, stage, number, channel)
        return fault

    def is_down(self, number: str) -> bool:
        """Tell whether a question about this number is answered by 503, as a text for it would be."""
        return any(
            fault.kind is FaultKind.DOWN and fault.strikes(Stage.ANSWER, number) for fault in self._script
        )

    async def hold_up(self, number: str, channel: Medium = "sms") -> None:
        """Keep a request waiting as the script says, or until this closes."""
        fault = self.take(Stage.BEFORE, number, channel)
        if fault:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), fault.seconds)

    async def idle(self) -> None:
        """Return when every callback due has been delivered or given up."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    async def close(self) -> None:
        """Stop all that is under way."""
        self.closing.set()
        ways = tuple(self._under_way)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    def start(self, way: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Let a text go its way; `idle` waits for it and `close` stops it."""
        task = asyncio.create_task(way)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

"""The place of one sandbox in a process, open or not, and what of it outlives a pause: the provider and its phones."""

import asyncio
import time

from litestar import Litestar

from api.opened import Opened
from api.settings import Settings
from api.webhooks import INBOUND_PATH
from notifications.emulator.emulator import Emulator
from notifications.trial import machine_now


class Slot:
    """The place of one sandbox, open or not."""

    def __init__(self, key: str, settings: Settings) -> None:
        self.key = key
        self.settings = settings
        self.lock = asyncio.Lock()
        """Of opening, closing, resetting: one after the other."""
        self.opened: Opened | None = None
        self.emulator, self.phones = _provider(settings)
        """What the phones received outlives a pause; `phones` is the provider and the inbox, as a server."""
        self.used = self.noted = time.monotonic()
        self.is_gone = False

    def use(self) -> None:
        """Somebody calls it."""
        self.used = time.monotonic()

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way."""
        return self.opened is not None and bool(self.opened.requests)

    def idle_for(self, seconds: float) -> bool:
        """Say whether it is open and nobody has called it for so long."""
        return self.opened is not None and not self.is_busy and time.monotonic() - self.used >= seconds

    async def begin_anew(self) -> None:
        """Forget what the phones received and what the provider does wrong."""
        await self.emulator.close()
        self.emulator, self.phones = _provider(self.settings)


def _provider(settings: Settings) -> tuple[Emulator, Litestar]:
    inbound = f"{settings.public_url}{INBOUND_PATH}"
    # It follows the trial's clock as soon as that is open.
    emulator = Emulator(settings.twilio_account_sid, settings.twilio_auth_token, machine_now, inbound)
    return emulator, emulator.app()

"""The sandboxes of one process, by key: opened at the first call, closed when nobody calls, in the end thrown away.

Each is a database of its own on the same server, named after its key. What is open is in memory alone: a process that
is killed finds all of them again.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from msgspec import Struct
from msgspec.structs import replace

from api import sandbox_keys
from api.opened import Blueprint, Opened, Parts
from api.sandbox import Place
from api.sandbox_databases import Server
from api.serving import bind
from api.settings import Settings
from api.slot import Slot
from api.wiring import ROOMY, Room
from domain.errors import SandboxesFull, SandboxUnknown
from notifications.mail import read_smtp_url
from notifications.trial import machine_now

MOST_KEPT = 20
"""Sandboxes with a key; ours. More developers than that do not share a machine."""

UNUSED = timedelta(days=14)
"""How long an unused one is kept; ours."""

IDLE_SECONDS = 1800.0
"""An open one that nobody has called for so long is closed, and opened again by the next call; ours."""

SMALL = Room(pool=4, intake=2)
"""Connections of a sandbox with a key, for its API and for its worker; with two that listen at most twelve."""

CONNECTIONS_EACH = 2 * SMALL.pool + SMALL.intake + 2
CONNECTIONS_OF_THE_OWN = 32
"""What the demo's own needs, and what is open beside it for a moment."""

TEND_SECONDS = 60.0

log = structlog.get_logger("nightbell.sandbox")


class Hosting(Struct, frozen=True, kw_only=True):
    """What the sandboxes of a process have in common: the settings of the demo's own, the address of its inbox."""

    settings: Settings
    inbox_url: str
    works: bool


class Sandboxes:
    """All of them. The demo's own has the empty key, is always open, and is never thrown away."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self._server = Server(hosting.settings.database_url)
        self._slots = {"": Slot("", hosting.settings)}
        self._founding = asyncio.Lock()
        self._waiting = 0

    @property
    def own(self) -> Parts:
        """Return the demo's own, which is open."""
        opened = self._slots[""].opened
        if opened is None:
            raise SandboxUnknown("It is being made anew.")
        return opened.parts

    @contextlib.asynccontextmanager
    async def running(self, mail_socket: socket.socket) -> AsyncIterator[None]:
        """Keep the demo's own open, and look after the others, until the block is left; then close all."""
        own = self._slots[""]
        async with own.lock:
            await self._open(own, mail_socket)
        tending = asyncio.create_task(self._tend())
        try:
            yield
        finally:
            tending.cancel()
            for each in tuple(self._slots.values()):
                async with each.lock:
                    await self._close(each)
                await each.emulator.close()

    async def forget(self, key: str) -> None:
        """Close one, as if this process had never opened it."""
        slot = await self.slot(key)
        async with slot.lock:
            await self._close(slot)
            await slot.emulator.close()
            self._slots.pop(key, None)

    async def quiet(self) -> None:
        """End every stream of every sandbox: the servers are about to stop."""
        for each in tuple(self._slots.values()):
            if each.opened is not None:
                await each.opened.quiet()

    async def found(self) -> Place:
        """Open a new one (`api.sandbox.Keeper`)."""
        if self._waiting >= MOST_KEPT:
            # Whoever asks in a loop holds no more than so many requests.
            raise SandboxesFull("Too many wait for a sandbox here.")
        self._waiting += 1
        try:
            key = await self._found()
        finally:
            self._waiting -= 1
        return await self.find(key)

    async def _found(self) -> str:
        async with self._founding:
            known = await self._server.kept()
            if len(known) >= MOST_KEPT:
                raise SandboxesFull(f"{MOST_KEPT} sandboxes are kept here already.")
            key = sandbox_keys.draw()
            await self._server.make(self._settings(key).database_url)
            return key

    async def find(self, key: str) -> Place:
        """Return one, open (`api.sandbox.Keeper`)."""
        slot = await self.slot(key)
        slot.use()
        return self._place(slot, (await self.open(slot)).parts)

    async def reset(self, key: str) -> Place:
        """Make one anew (`api.sandbox.Keeper`). Whoever else is in it is told so."""
        slot = await self.slot(key)
        async with slot.lock:
            await self._close(slot)
            await self._server.drop(slot.settings.database_url)
            await self._server.make(slot.settings.database_url)
            await slot.begin_anew()
            opened = await self._open(slot)
        slot.use()
        return self._place(slot, opened.parts)

    async def discard(self, key: str) -> None:
        """Throw one away (`api.sandbox.Keeper`)."""
        slot = await self.slot(key)
        if not key:
            raise SandboxUnknown("The demo's own sandbox has no key, and stays: reset it.")
        async with slot.lock:
            slot.is_gone = True
            await self._close(slot)
            await slot.emulator.close()
            await self._server.drop(slot.settings.database_url)
            self._slots.pop(key, None)

    async def slot(self, key: str) -> Slot:
        """Return the place of a sandbox, open or not. Raises SandboxUnknown."""
        known = self._slots.get(key)
        if known is not None:
            return known
        settings = self._settings(key)
        # What could be no key asks the database nothing.
        if not sandbox_keys.is_key(key) or not await self._server.has(settings.database_url):
            raise _unknown()
        # Somebody else may have been here meanwhile.
        return self._slots.setdefault(key, Slot(key, settings))

    async def open(self, slot: Slot) -> Opened:
        """Return it open; whoever comes while it is opened or made anew waits. Raises SandboxUnknown."""
        if slot.opened is not None and not slot.opened.is_ending:
            return slot.opened
        async with slot.lock:
            if slot.is_gone:
                raise _unknown()
            return slot.opened or await self._open(slot)

    async def _open(self, slot: Slot, mail_socket: socket.socket | None = None) -> Opened:
        url = slot.settings.database_url
        if slot.key:
            await self._make_room(slot)
        if mail_socket is None and not await self._server.has(url):
            # A reset that broke off in the middle left none.
            await self._server.make(url)
        if slot.key:
            await self._server.bring_up_to_date(url)
            await self._server.note_use(url)
        mail_socket = mail_socket or bind("127.0.0.1", 0)
        mail = read_smtp_url(f"smtp://127.0.0.1:{mail_socket.getsockname()[1]}")
        settings = slot.settings
        blueprint = Blueprint(
            key=slot.key,
            settings=settings if settings.mail is None else replace(settings, mail=mail),
            emulator=slot.emulator,
            keeper=self,
            room=SMALL if slot.key else ROOMY,
            works=self._hosting.works,
        )
        opened = Opened(blueprint, mail_socket)
        await opened.opened()
        slot.opened = opened
        return opened

    async def _close(self, slot: Slot) -> None:
        opened = slot.opened
        if opened is not None:
            await opened.close()
            slot.opened = None

    async def _make_room(self, slot: Slot) -> None:
        """Close the one that nobody has called for longest, where the server has no connections left for another."""
        allowed = (await self._server.most_connections() - CONNECTIONS_OF_THE_OWN) // CONNECTIONS_EACH
        others = [each for each in self._slots.values() if each.key and each.opened and each is not slot]
        if len(others) < max(allowed, 1):
            return
        idle = [each for each in others if each.idle_for(0) and not each.lock.locked()]
        if not idle:
            raise SandboxesFull("The database has no connections for another open sandbox.")
        longest = min(idle, key=lambda each: each.used)
        async with longest.lock:
            await self._close(longest)

    def _settings(self, key: str) -> Settings:
        return sandbox_keys.settings_of(key, self._hosting.settings)

    def _place(self, slot: Slot, parts: Parts) -> Place:
        return Place(
            key=slot.key,
            api_url=slot.settings.public_url,
            inbox_url=self._hosting.inbox_url + sandbox_keys.root_of(slot.key) + "/",
            sandbox=parts.sandbox,
        )

    async def _tend(self) -> None:
        while True:
            try:
                await self.tend()
            except Exception:
                log.exception("sandbox.trouble")
            await asyncio.sleep(TEND_SECONDS)

    async def tend(self) -> None:
        """Close what nobody calls, note what was called, and throw away what was unused for two weeks."""
        for each in [one for one in self._slots.values() if one.key]:
            if each.used > each.noted and not each.is_gone:
                each.noted = time.monotonic()
                await self._server.note_use(each.settings.database_url)
            if each.idle_for(IDLE_SECONDS) and not each.lock.locked():
                async with each.lock:
                    await self._close(each)
        for key in await self._server.unused_since(machine_now() - UNUSED):
            if sandbox_keys.is_key(key) and not self._is_open(key):
                await self.discard(key)

    def _is_open(self, key: str) -> bool:
        slot = self._slots.get(key)
        return slot is not None and slot.opened is not None


def _unknown() -> SandboxUnknown:
    return SandboxUnknown(
        "There is no sandbox under this key. Open a new one with POST /sandbox/keys, at the address without a key."
    )

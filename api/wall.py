"""The list on the wall: what changes of the work list, told at once to whoever watches it.

One ear and one reader a process, however many watch: the ear hears of commits (LISTEN), the reader looks at the live
alerts of all watched sites, at least every few seconds, and gives each watcher what has changed for her. A watcher
holds no connection of the pool. What nobody reads any more is dropped, never kept.
"""

import asyncio
import contextlib
import contextvars
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
import structlog
from msgspec import Struct

from api.shapes.alerts import AlertView
from api.work_list import alert_views
from domain.errors import TooManyStreams
from domain.records import alerts
from domain.records.identity import THE_SYSTEM, act_as
from domain.records.rows import reading
from notifications.listener import listen
from notifications.trial import Trial

Connect = Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]

MOST_SEATS = 50
"""Streams a process serves at once; ours. A site has a few walls, and every node serves as many."""

MOST_OF_ONE = 5
"""Streams a process serves one person at once: her walls and her own screens; ours. Without it one could take all."""

CAUGHT_UP = 200
"""The most alerts put away while somebody was not watching that she is told of when she comes back; ours."""

log = structlog.get_logger("nightbell.wall")


class Pace(Struct, frozen=True, kw_only=True):
    """Seconds of the machine's clock. Ours, but for the ping."""

    look: float = 3.0
    """At least so often the list is read, whatever the ear hears."""
    breath: float = 0.1
    """At most so often, whatever it hears."""
    ping: float = 15.0
    """A watcher hears something so often, and her token is checked (contract: at least every minute)."""
    blind: float = 15.0
    """When the list could not be read for so long, nobody is told any more that all is well: the streams end."""
    slow: float = 10.0
    """A reader who does not take a line for so long is dropped."""


class Seat:
    """One watcher: the sites she may see, and what she has not been told yet; the newest of each alert alone."""

    def __init__(self, staff_id: UUID, site_ids: tuple[UUID, ...], since: datetime | None) -> None:
        self.staff_id = staff_id
        self.site_ids = site_ids
        self.since = since
        """From when on she is told what was put away, if she was here before."""
        self.is_fresh = True
        """She has been told nothing yet: the next look tells her everything."""
        self.is_ended = False
        """She has opened too many since: this one ends."""
        self._untold: dict[UUID, bytes] = {}
        self._bell = asyncio.Event()

    def tell(self, alert_id: UUID, line: bytes) -> None:
        """Have a line for her, in place of an older one about the same alert."""
        self._untold.pop(alert_id, None)
        self._untold[alert_id] = line
        self._bell.set()

    def move_to(self, site_ids: tuple[UUID, ...]) -> None:
        """Her sites as they are now; where they have changed she is told everything anew."""
        if set(site_ids) != set(self.site_ids):
            self.site_ids, self.is_fresh = site_ids, True

    def end(self) -> None:
        """Have her stream end now."""
        self.is_ended = True
        self._bell.set()

    def wake(self) -> None:
        """Have her look whether anything is left to wait for."""
        self._bell.set()

    def take(self) -> bytes:
        """Return what is for her, oldest change first; nothing is kept."""
        lines = b"".join(self._untold.values())
        self._untold.clear()
        self._bell.clear()
        return lines

    async def wait(self, seconds: float) -> None:
        """Wait until there is something for her, or so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0)):
                await self._bell.wait()


class _Found(Struct, frozen=True):
    """What one look brought: every view as a line, with its site and whether it is live still."""

    lines: Mapping[UUID, bytes]
    sites: Mapping[UUID, UUID]
    late: Mapping[UUID, frozenset[Seat]]
    """Of alerts put away while a fresh watcher was not there: who that is."""
    live: frozenset[UUID]


class Wall:
    """All watchers of one trial in this process."""

    def __init__(self, connect: Connect, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self._connect = connect
        self._seats: dict[Seat, None] = {}
        """In the order in which they were taken."""
        self._shown: dict[UUID, bytes] = {}
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._looked_at = 0.0
        self._is_closed = False

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._seats)

    @property
    def is_true(self) -> bool:
        """Whether what watchers were told is what there is, as far as anybody can know."""
        return not self._is_closed and time.monotonic() - self._looked_at < self.pace.blind

    def sit(self, trial: Trial, staff_id: UUID, site_ids: tuple[UUID, ...], since: datetime | None) -> Seat:
        """Let somebody watch; who has too many streams already gives up her oldest.

        Raises TooManyStreams when all seats are taken, or the process is about to stop.
        """
        hers = [seat for seat in self._seats if seat.staff_id == staff_id]
        is_full = len(self._seats) >= MOST_SEATS and len(hers) < MOST_OF_ONE
        if self._is_closed or is_full:
            raise TooManyStreams("No live stream is free here. Read the list, and try again.")
        if len(hers) >= MOST_OF_ONE:
            hers[0].end()
            del self._seats[hers[0]]
        if self._work is None or self._work.done():
            self._looked_at = time.monotonic()
            # In a context of its own: what it logs belongs to no request.
            self._work = asyncio.create_task(self._run(trial), context=contextvars.Context())
        seat = Seat(staff_id, site_ids, since)
        self._seats[seat] = None
        self._wake.set()
        return seat

    def leave(self, seat: Seat) -> None:
        """Somebody watches no more; with the last one the ear is closed."""
        self._seats.pop(seat, None)
        if not self._seats and self._work is not None:
            self._work.cancel()
            self._work = None
            self._shown.clear()

    async def close(self) -> None:
        """End every stream now: the process is about to stop."""
        self._is_closed = True
        for seat in self._seats:
            seat.wake()
        if (work := self._work) is not None:
            work.cancel()
            await asyncio.wait([work])

    async def _run(self, trial: Trial) -> None:
        # One look serves the watchers of all sites; each is told of her own.
        act_as(THE_SYSTEM)
        async with asyncio.TaskGroup() as group:
            group.create_task(listen(self._connect, self._wake))
            group.create_task(self._look_on(trial))

    async def _look_on(self, trial: Trial) -> None:
        while True:
            self._wake.clear()
            try:
                await self._look(trial)
                self._looked_at = time.monotonic()
            except Exception as trouble:  # noqa: BLE001 - the next look may succeed; until then the streams say nothing
                log.warning("wall.trouble", error=type(trouble).__name__)
            await asyncio.sleep(self.pace.breath)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pace.look):
                    await self._wake.wait()

    async def _look(self, trial: Trial) -> None:
        seats = {seat: seat.site_ids for seat in self._seats}
        # Whoever sits down or moves while this reads is told everything by the next look.
        found = await _find(trial, tuple(seats), frozenset(self._shown))
        for seat, site_ids in seats.items():
            _tell(seat, found, self._shown)
            if seat.site_ids == site_ids:
                seat.is_fresh = False
        self._shown = {each: found.lines[each] for each in found.live}


async def _find(trial: Trial, seats: tuple[Seat, ...], shown: frozenset[UUID]) -> _Found:
    """Read all live alerts of the sites watched, and those that were put away unseen."""
    at = trial.now()
    watched = tuple({each for seat in seats for each in seat.site_ids})
    async with reading(trial.pool) as connection:
        live = await alerts.live_at_sites(connection, watched)
        gone = await alerts.among(connection, tuple(shown - {each.id for each in live}))
        late = {}
        for seat in seats:
            if seat.is_fresh and seat.since is not None:
                late[seat] = await alerts.resolved_since(connection, seat.site_ids, seat.since, CAUGHT_UP)
        every = {each.id: each for each in (*live, *gone, *(one for row in late.values() for one in row))}
        views = await alert_views(connection, tuple(every.values()))
    return _Found(
        lines={view.alert_id: _line(view, at) for view in views},
        sites={each.id: each.site_id for each in every.values()},
        late={
            each: frozenset(seat for seat, row in late.items() if each in {one.id for one in row})
            for each in every
        },
        live=frozenset(each.id for each in live),
    )


def _tell(seat: Seat, found: _Found, shown: Mapping[UUID, bytes]) -> None:
    """Tell one watcher what has changed since she was last told; everything, if she was told nothing yet."""
    for alert_id, line in found.lines.items():
        if found.sites[alert_id] not in seat.site_ids:
            continue
        if seat.is_fresh:
            is_news = alert_id in found.live or seat in found.late[alert_id]
        else:
            # An alert that this process has never shown alive is news for nobody but whoever was away.
            is_news = _said(line) != _said(shown.get(alert_id, b"")) and (
                alert_id in found.live or alert_id in shown
            )
        if is_news:
            seat.tell(alert_id, line)


def _line(view: AlertView, at: datetime) -> bytes:
    """Return one event; its id is the trial time of the look, from which a watcher who comes back is told."""
    return b"id: %s\nevent: alert\ndata: %s\n\n" % (at.isoformat().encode(), msgspec.json.encode(view))


def _said(line: bytes) -> bytes:
    """Return an event without its id, which differs with every look."""
    return line.partition(b"\n")[2]

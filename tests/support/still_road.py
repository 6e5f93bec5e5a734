"""The road between a node and its database, which falls still: it takes what is said, and never answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import Enum
from urllib.parse import urlsplit


class Way(Enum):
    """Which way something goes."""

    THERE = "what the node says"
    BACK = "what the database answers"


class StillRoad:
    """A TCP proxy on 127.0.0.1, before the database of a URL."""

    def __init__(self, url: str) -> None:
        self.beyond = urlsplit(url)
        self.port = 0
        self.held = asyncio.Event()
        """Somebody waits for what will not come."""
        self._left: dict[Way, int | None] = dict.fromkeys(Way)
        self._ends: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """The database by this road."""
        there = self.beyond
        who, _, _ = there.netloc.rpartition("@")
        return there._replace(netloc=f"{who}@127.0.0.1:{self.port}").geturl()

    def fall_still(self, way: Way = Way.THERE, *, after: int = 0) -> None:
        """Carry so many more messages one way, then nothing that way, new connections included."""
        self._left[way] = after

    def mend(self) -> None:
        """Break what hangs, as a network does in the end: what was held is lost. Whatever comes now is carried."""
        self._left = dict.fromkeys(Way)
        self.held.clear()
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def carry(self, node: asyncio.StreamReader, to_node: asyncio.StreamWriter) -> None:
        """Carry one connection until either side closes it."""
        database, to_database = await asyncio.open_connection(self.beyond.hostname, self.beyond.port)
        self._ends |= {to_node, to_database}
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(
                self._one_way(Way.THERE, node, to_database), self._one_way(Way.BACK, database, to_node)
            )

    async def _one_way(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(1 << 16):
            if self._is_still(way):
                self.held.set()
            else:
                writer.write(said)
        # A network that is still does not tell either that the other side has hung up.
        if self._left[way] != 0:
            writer.close()

    def _is_still(self, way: Way) -> bool:
        left = self._left[way]
        if left:
            self._left[way] = left - 1
        return left == 0


@contextlib.asynccontextmanager
async def still_road(url: str) -> AsyncIterator[StillRoad]:
    """A road to the database of a URL, smooth at first."""
    road = StillRoad(url)
    async with await asyncio.start_server(road.carry, "127.0.0.1", 0) as server:
        road.port = server.sockets[0].getsockname()[1]
        yield road
        road.mend()

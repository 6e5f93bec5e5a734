"""The road between the app and the sandbox: it carries every request, reads it, and by script does worse."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import msgspec
from aiohttp import web
from msgspec import Struct

from api.conformance.sent import Json, Sent
from api.conformance.world import connections

_LEFT_BEHIND = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "content-encoding"}
)
_END = ".kit"
_HELD_SECONDS = 60.0
"""How long a request hangs at most, if nobody lets it go."""


class Reply(Struct, frozen=True):
    """An answer on its way back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body, empty where it is no JSON object."""
        try:
            return msgspec.json.decode(self.body, type=Json)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {}


class Passage:
    """One request on the road, as a trick has it in hand."""

    def __init__(self, road: "Road", sent: Sent, request: web.Request) -> None:
        self.road, self.sent, self.request = road, sent, request

    async def forward(self, body: bytes | None = None) -> Reply:
        """Let the sandbox act; return what it says."""
        reply = await self.road.ask(self.sent, self.sent.body if body is None else body)
        return self.road.learn(self.sent, reply)

    def give(self, reply: Reply) -> web.Response:
        """Answer the app."""
        self.sent.status = reply.status
        if reply.status >= 400:
            self.sent.request_id = str(reply.json.get("requestId", ""))
        self.road.learn_given(self.sent, reply)
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)

    def drop(self) -> web.Response:
        """Answer nothing: the connection is gone."""
        if self.request.transport is not None:
            self.request.transport.abort()
        return web.Response()

    async def give_half(self, reply: Reply) -> web.StreamResponse:
        """Begin to answer, and break off in the middle of the body."""
        headers = {**reply.headers, "Content-Length": str(len(reply.body))}
        answer = web.StreamResponse(status=reply.status, headers=headers)
        await answer.prepare(self.request)
        await answer.write(reply.body[: len(reply.body) // 2])
        if self.request.transport is not None:
            self.request.transport.close()
        return answer


When = Callable[[Sent], bool]
Play = Callable[[Passage], Awaitable[web.StreamResponse]]


class Trick(Struct):
    """What becomes of the next requests for which `when` is true; `times` None: of all of them."""

    when: When
    play: Play
    times: int | None = None
    played: int = 0

    @property
    def is_over(self) -> bool:
        """Say whether it was played as often as it should be."""
        return self.times is not None and self.played >= self.times


class Road:
    """A server on 127.0.0.1 before the sandbox; what it cannot carry it drops."""

    def __init__(self, target: str) -> None:
        self._target, self._http = target, connections()
        self.url = self.elsewhere = ""
        """Where the app finds the server; and another host, where it has no business."""
        self._ports: tuple[int, int] = (0, 0)
        self.begin()

    def begin(self) -> None:
        """Forget all of the scene before."""
        self.sent: list[Sent] = []
        self.tricks: list[Trick] = []
        self.names: dict[str, str] = {}
        self.documents: dict[str, Json] = {}
        """What the sandbox answered last, by path."""
        self.tags: dict[str, list[str]] = {}
        self.at_once = self.most_at_once = 0
        self.let_go = asyncio.Event()

    def end(self) -> None:
        """Let go of what hangs."""
        self.tricks.clear()
        self.let_go.set()

    def play(self, when: When, play: Play, times: int | None = None) -> Trick:
        """Add a trick; the newest that fits is played first."""
        trick = Trick(when, play, times)
        self.tricks.insert(0, trick)
        return trick

    async def carry(self, request: web.Request) -> web.StreamResponse:
        """Carry one request."""
        sent = await self._read(request)
        self.sent.append(sent)
        if sent.astray:
            return web.Response(body=b"{}", content_type="application/json")
        trick = next((each for each in self.tricks if not each.is_over and each.when(sent)), None)
        passage = Passage(self, sent, request)
        try:
            if trick is None:
                return passage.give(await passage.forward())
            trick.played += 1
            return await trick.play(passage)
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return passage.drop()

    async def _read(self, request: web.Request) -> Sent:
        headers = {name.lower(): value for name, value in request.headers.items()}
        _, _, token = headers.get("authorization", "").partition(" ")
        return Sent(
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers=headers,
            body=await request.read(),
            bearer=self.names.get(token, "an unknown token") if token else "",
            astray=_port(request) == self._ports[1],
            tags=[*self.tags.get(request.path_qs, ())],
        )

    async def ask(self, sent: Sent, body: bytes) -> Reply:
        """Hand a request on to the sandbox."""
        headers = {name: value for name, value in sent.headers.items() if name not in _LEFT_BEHIND}
        if "authorization" in headers:
            headers["authorization"] = headers["authorization"].partition(_END)[0]
        url = self._target + sent.path + (f"?{sent.query}" if sent.query else "")
        async with self._http.request(
            sent.method, url, data=body or None, headers=headers, allow_redirects=False
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _LEFT_BEHIND}
            return Reply(answer.status, kept, await answer.read())

    def learn(self, sent: Sent, reply: Reply) -> Reply:
        """Give the tokens of an answer their names, in the order in which they were issued.

        Two access tokens of one second are the same to the letter: here each gets an end of its own.
        """
        said = reply.json
        if said:
            self.documents[sent.path] = said
        if reply.status != 201 or sent.path not in {"/v1/activations", "/v1/tokens"}:
            return reply
        refresh = self.names.setdefault(said["refreshToken"], f"refresh {self._issued() + 1}")
        pair = refresh.rpartition(" ")[2]
        said["accessToken"] += f"{_END}{len(self.names)}"
        self.names[said["accessToken"]] = f"access {pair}"
        self.names[said["submissionToken"]] = f"submission {pair}"
        return Reply(reply.status, reply.headers, msgspec.json.encode(said))

    def _issued(self) -> int:
        return sum(name.startswith("refresh") for name in self.names.values())

    def learn_given(self, sent: Sent, reply: Reply) -> None:
        """Remember the ETag that the app holds from now on."""
        etag = {name.lower(): value for name, value in reply.headers.items()}.get("etag")
        if etag and reply.status == 200:
            self.tags.setdefault(sent.path + (f"?{sent.query}" if sent.query else ""), []).append(etag)

    async def hold(self) -> None:
        """Wait until the scene lets go."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.let_go.wait(), _HELD_SECONDS)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Road"]:
        """Serve it until the block is left."""
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/{path:.*}", self.carry)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            for _ in range(2):
                await web.TCPSite(runner, "127.0.0.1", 0).start()
            ours, other = (address[1] for address in runner.addresses)
            self._ports = (ours, other)
            self.url, self.elsewhere = f"http://127.0.0.1:{ours}", f"http://127.0.0.1:{other}"
            yield self
        finally:
            self.end()
            await runner.cleanup()
            await self._http.close()


def _port(request: web.Request) -> int:
    name = None if request.transport is None else request.transport.get_extra_info("sockname")
    return 0 if name is None else int(name[1])

"""One request to the server, and whether it was the server that answered."""

from collections.abc import Mapping

import aiohttp
import msgspec
from msgspec import Struct

from openapi.clients.python.store import Json

_OURS = frozenset({"application/json", "application/problem+json"})


class Answer(Struct, frozen=True):
    """What the server said, whole. `body` is empty where it sent none (204, 304)."""

    status: int
    body: Json = {}
    etag: str = ""
    retry_after: float = 0.0
    """Seconds; 0 where it asks for no patience."""
    request_id: str = ""


class Server:
    """The server at one base URL."""

    def __init__(self, base_url: str, patience: float) -> None:
        # A connection for each request: aiohttp repeats by itself what breaks on an old one.
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            timeout=aiohttp.ClientTimeout(total=patience),
        )
        self._base_url = base_url.rstrip("/")

    async def send(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        body: Json | None = None,
        headers: Mapping[str, str] = {},
    ) -> Answer | None:
        """Send one request; return None where nobody answered in time, or somebody else did."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self._http.request(
                method,
                self._base_url + path,
                json=body,
                headers={**bearer, **headers},
                # A network that wants its own page seen first would get the token.
                allow_redirects=False,
            ) as answered:
                return _answer(answered, await answered.read())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    async def close(self) -> None:
        """Let go of the network."""
        await self._http.close()


def _answer(answered: aiohttp.ClientResponse, content: bytes) -> Answer | None:
    if answered.status in {204, 304}:
        return Answer(answered.status, etag=answered.headers.get("ETag", ""))
    body = _json(answered.content_type, content)
    if body is None:
        return None
    return Answer(
        answered.status,
        body,
        answered.headers.get("ETag", ""),
        _seconds(answered.headers.get("Retry-After", "")),
        answered.headers.get("X-Request-Id", ""),
    )


def _json(content_type: str, content: bytes) -> Json | None:
    """Return the body where it is one of ours: a café's login page is no answer, whatever its status."""
    if content_type not in _OURS:
        return None
    try:
        return msgspec.json.decode(content, type=Json)
    except msgspec.DecodeError:
        return None


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdecimal() else 0.0

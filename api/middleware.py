"""Around every request: an id, the security headers, one line in the log. Nothing of its content."""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from api.operations import operation_in
from domain import blinding
from domain.errors import BodyTooSlow
from notifications.metrics import Meters

REQUEST_ID_HEADER = b"x-request-id"

ALLOWANCE = "allowance"
"""In the state of a request: the headers that say what is left of the quota it has taken from, once it has."""

_ALLOWED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""On every answer. There are no CORS headers: no page of another origin has any business here (docs/threats.md)."""

_UNLESS_SET = (
    # What is no page loads nothing and is framed by nobody, even where a browser is made to show it.
    (
        b"content-security-policy",
        b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (b"cache-control", b"no-store"),
)

_TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")
"""In production, where the public address is https; of other names below that address nothing is known here."""

BODY_SECONDS = 30.0
"""How long a body may take, from when it is first asked for: 64 KiB over the slowest of phones take ten; ours."""

log = structlog.get_logger("nightbell.api")


def traced(app: ASGIApp, given: Mapping[str, object], meters: Meters, *, tls_only: bool = False) -> ASGIApp:
    """Wrap an application; a caller's own X-Request-Id is kept when it is a plain one.

    `given` is put into the state of every request, where the routes' dependencies are taken from. `tls_only` tells
    browsers never to come without TLS.
    """
    always = [*_SECURITY_HEADERS, *((_TLS_ONLY,) if tls_only else ())]

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await live(receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {}).update(given, request_id=request_id)
        asked, send_whole = (
            (_as_get(scope), _without_body(send)) if scope["method"] == "HEAD" else (scope, send)
        )
        started = time.perf_counter()
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                always_said = [*always, *_announced(asked)]
                message["headers"] = _dressed(
                    message["headers"], _left(scope, status), request_id, always_said
                )
            await send_whole(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await app(asked, _in_time(receive), send_dressed)
            seconds, operation = time.perf_counter() - started, _operation(asked)
            meters.answered(operation, status, seconds)
            log.info(
                "request.done", operation=operation, status=status, milliseconds=round(seconds * 1000, 1)
            )

    return around


def _in_time(receive: Receive) -> Receive:
    """Receive as `receive` does, but raise BodyTooSlow for a body that has not come in time: uvicorn would wait on."""
    until: float | None = None
    is_whole = False

    async def received() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal until, is_whole
        if is_whole:
            # From here on only whether the caller is still there.
            return await receive()
        until = until or asyncio.get_running_loop().time() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise BodyTooSlow(
                "The body stopped coming. Nothing was stored; send the same request again."
            ) from None
        is_whole = not message.get("more_body", False)
        return message

    return received


def _as_get(scope: HTTPScope) -> HTTPScope:
    """Let what answers GET answer HEAD: it does the same, and has been read as much (RFC 9110 §9.3.2)."""
    return cast("HTTPScope", {**scope, "method": "GET"})


def _without_body(send: Send) -> Send:
    """End an answer behind its headers; of one that never ends by itself, as a stream, nothing more is waited for."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head


_Headers = Iterable[tuple[bytes, bytes]]


def _dressed(own: _Headers, left: _Headers, request_id: str, always: _Headers) -> list[tuple[bytes, bytes]]:
    said = [(name, _with_head(value) if name.lower() == b"allow" else value) for name, value in own]
    headers = [*said, (REQUEST_ID_HEADER, request_id.encode()), *always]
    there = {name.lower() for name, _ in headers}
    return headers + [header for header in (*left, *_UNLESS_SET) if header[0] not in there]


def _left(scope: HTTPScope, status: int) -> _Headers:
    """Return what is left of the quota that a request has taken from, once it is served; a spent one says so itself."""
    allowance: Mapping[str, str] = (
        scope["state"].get(ALLOWANCE, {}) if status < HTTPStatus.BAD_REQUEST else {}
    )
    return [(name.lower().encode(), value.encode()) for name, value in allowance.items()]


def _with_head(allowed: bytes) -> bytes:
    methods = {each.strip() for each in allowed.split(b",")}
    return b", ".join(sorted(methods | ({b"HEAD"} if b"GET" in methods else set())))


def _announced(scope: Any) -> _Headers:
    """Return what is said of an operation that will end, on its refusals too."""
    handler = scope.get("route_handler")
    headers = {} if handler is None else handler.opt.get("headers", {})
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


async def live(receive: Receive, send: Send) -> None:
    """Answer the server's start and stop (ASGI lifespan): the routes have nothing to open, and many servers."""
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send(cast("Message", {"type": f"{kind}.complete"}))


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(REQUEST_ID_HEADER, b"").decode("ascii", "replace")
    # It is stored with what the request did, and given back.
    return given if _ALLOWED_ID.fullmatch(given) and not blinding.in_name(given) else uuid4().hex


def _operation(scope: Any) -> str:
    operation = operation_in(scope)
    return "" if operation is None else operation.name

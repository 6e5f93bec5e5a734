"""Around every request: an id, the security headers, one line in the log. Nothing of its content."""

import re
import time
from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain import blinding
from notifications.metrics import Meters

REQUEST_ID_HEADER = b"x-request-id"

_ALLOWED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]

log = structlog.get_logger("nightbell.api")


def traced(app: ASGIApp, given: Mapping[str, object], meters: Meters) -> ASGIApp:
    """Wrap an application; a caller's own X-Request-Id is kept when it is a plain one.

    `given` is put into the state of every request, where the routes' dependencies are taken from.
    """

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await _live(receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {}).update(given, request_id=request_id)
        started = time.perf_counter()
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (REQUEST_ID_HEADER, request_id.encode()),
                    *_SECURITY_HEADERS,
                ]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await app(scope, receive, send_dressed)
            seconds, operation = time.perf_counter() - started, _operation(scope)
            meters.answered(operation, status, seconds)
            log.info(
                "request.done", operation=operation, status=status, milliseconds=round(seconds * 1000, 1)
            )

    return around


async def _live(receive: Receive, send: Send) -> None:
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
    handler = scope.get("route_handler")
    operation = None if handler is None else handler.opt.get("operation")
    return "" if operation is None else str(operation.name)

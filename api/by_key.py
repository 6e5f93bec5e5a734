"""The layer in front of all sandboxes: it takes the key off the path, and hands the request to the sandbox of the key.

`/k/{key}/v1/me` is `/v1/me` in the sandbox of that key; a path without a key is in the demo's own.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from api import sandbox_keys
from api.errors import PROBLEM_JSON, problem_of
from api.middleware import live, traced
from api.opened import Opened
from api.sandboxes import Sandboxes
from api.slot import Slot
from domain.errors import SandboxInterrupted
from notifications.metrics import Meters

_WEBHOOKS = "/webhooks/"
"""What the provider calls is no use: an alert that nobody answers would keep its sandbox open for ever."""


def api_by_key(sandboxes: Sandboxes) -> ASGIApp:
    """Return the API of all sandboxes as one application."""

    async def entered(slot: Slot, path: str) -> tuple[Opened, ASGIApp]:
        if not path.startswith(_WEBHOOKS):
            slot.use()
        opened = await sandboxes.open(slot)
        return opened, opened.parts.app

    return _by_key(sandboxes, entered)


def phones_by_key(sandboxes: Sandboxes) -> ASGIApp:
    """Return the provider of all sandboxes, with the inbox of each, as one application."""

    async def entered(slot: Slot, _: str) -> tuple[Opened | None, ASGIApp]:
        return None, cast("ASGIApp", slot.phones)

    return _by_key(sandboxes, entered)


def _by_key(sandboxes: Sandboxes, entered: Callable[[Slot, str], Any]) -> ASGIApp:
    meters = Meters()

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await live(receive, send)
            return
        key, path = sandbox_keys.split(scope["path"])
        try:
            opened, app = await entered(await sandboxes.slot(key), path)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered as a problem
            await traced(_refusal(error), {}, meters)(scope, receive, send)
            return
        inside = _below(scope, key, path)
        if opened is None:
            await app(inside, receive, send)
        else:
            await _answered(opened, app, inside, receive, send)

    return around


def _below(scope: HTTPScope, key: str, path: str) -> HTTPScope:
    """Return the request as the sandbox sees it: below its own root (ASGI, `root_path`)."""
    if not key:
        return scope
    root = sandbox_keys.root_of(key)
    raw = (scope.get("raw_path") or b"").removeprefix(root.encode()) or b"/"
    below: Any = {**scope, "path": path or "/", "raw_path": raw, "root_path": root}
    return cast("HTTPScope", below)


async def _answered(opened: Opened, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Run a request in a task that the sandbox can end; whoever sent it is told that it was."""
    began = False

    async def sending(message: Message) -> None:
        nonlocal began
        began = True
        await send(message)

    task = asyncio.ensure_future(app(scope, receive, sending))
    opened.requests.add(task)
    try:
        await asyncio.wait([task])
    finally:
        # Where the server itself gives the request up.
        task.cancel()
        opened.requests.discard(task)
    if task.cancelled() and not began:
        await traced(_refusal(_interrupted()), {}, opened.parts.sandbox.trial.meters)(scope, receive, send)
    elif not task.cancelled():
        task.result()


def _interrupted() -> SandboxInterrupted:
    return SandboxInterrupted("The sandbox was reset or closed meanwhile: whatever this did is gone.")


def _refusal(error: Exception) -> ASGIApp:
    """Return an application that answers an error, as the routes do."""

    async def refused(scope: Scope, _: Receive, send: Send) -> None:
        problem, headers = problem_of(error, str(scope.get("state", {}).get("request_id", "")))
        written = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        begin: Any = {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [(b"content-type", PROBLEM_JSON.encode()), *written],
        }
        await send(begin)
        await send({"type": "http.response.body", "body": msgspec.json.encode(problem), "more_body": False})

    return refused

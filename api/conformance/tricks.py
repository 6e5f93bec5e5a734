"""What the road can do to a request: each is a `Play`."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

import msgspec
from aiohttp import web

from api.conformance.road import Passage, Play, Reply
from api.conformance.sent import Json
from api.errors import PROBLEM_JSON, type_of_problem


async def lose(passage: Passage) -> web.StreamResponse:
    """Let the server act, and lose its answer."""
    await passage.forward()
    return passage.drop()


async def refuse(passage: Passage) -> web.StreamResponse:
    """Let no connection come about: there is no network."""
    return passage.drop()


async def cut(passage: Passage) -> web.StreamResponse:
    """Let the server act, and cut its answer in the middle."""
    return await passage.give_half(await passage.forward())


async def hang(passage: Passage) -> web.StreamResponse:
    """Answer nothing until the scene lets go; the server never hears of it."""
    await passage.road.hold()
    return passage.drop()


async def dawdle(passage: Passage) -> web.StreamResponse:
    """Be slow, and count how many are under way at once."""
    road = passage.road
    road.at_once += 1
    road.most_at_once = max(road.most_at_once, road.at_once)
    await asyncio.sleep(0.15)
    reply = await passage.forward()
    road.at_once -= 1
    return passage.give(reply)


async def portal(passage: Passage) -> web.StreamResponse:
    """Be a café's network that wants its own page seen first."""
    body = b"<!DOCTYPE html><title>Free Wi-Fi</title><p>Please accept our terms."
    return passage.give(Reply(200, {"Content-Type": "text/html; charset=utf-8"}, body))


async def too_large_for_another(passage: Passage) -> web.StreamResponse:
    """Be a proxy on the way that takes nothing so large, and says so with a page of its own."""
    body = b"<!DOCTYPE html><title>413</title><h1>413 Request Entity Too Large</h1>"
    return passage.give(Reply(413, {"Content-Type": "text/html; charset=utf-8"}, body))


async def astray(passage: Passage) -> web.StreamResponse:
    """Send the app elsewhere."""
    where = passage.road.elsewhere + passage.sent.path
    return passage.give(Reply(307, {"Location": where, "Content-Type": "text/html"}, b""))


async def malform(passage: Passage) -> web.StreamResponse:
    """Mangle the request: only a part of its body arrives."""
    body = passage.sent.body
    return passage.give(await passage.forward(body[: len(body) * 2 // 3]))


async def bloat(passage: Passage) -> web.StreamResponse:
    """Let the request arrive larger than the server takes."""
    return passage.give(await passage.forward(passage.sent.body + b" " * 70_000))


async def hinder(passage: Passage) -> web.StreamResponse:
    """Let the server store other answers under the same id first, and lose what it says."""
    body = passage.sent.json
    body["answers"] = [*body.get("answers", []), {"type": "choice", "itemId": "fainted", "choice": "no"}]
    await passage.forward(msgspec.json.encode(body))
    return passage.drop()


def fail(status: int, code: str, *, retry_after: int | None = None, what_to_do: Json | None = None) -> Play:
    """Answer a problem; the server never hears of the request."""

    async def play(passage: Passage) -> web.StreamResponse:
        request_id = uuid4().hex
        problem = {
            "type": type_of_problem(code),
            "title": "Played by the conformance kit.",
            "status": status,
            "code": code,
            "detail": "Played by the conformance kit.",
            "retrySafe": status >= HTTPStatus.INTERNAL_SERVER_ERROR
            and (code != "internal" or bool(what_to_do)),
            "requestId": request_id,
            "errors": [],
            **({"whatToDo": what_to_do} if what_to_do else {}),
        }
        headers = {"Content-Type": PROBLEM_JSON, "X-Request-Id": request_id}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return passage.give(Reply(status, headers, msgspec.json.encode(problem)))

    return play


def rewrite(change: Callable[[str, Json], Json | None], **headers: str) -> Play:
    """Change the JSON of a good answer, by path; None leaves it as it is."""

    async def play(passage: Passage) -> web.StreamResponse:
        reply = await passage.forward()
        said = reply.json if reply.status in {200, 201} else {}
        changed = change(passage.sent.path, said) if said else None
        if changed is None:
            return passage.give(Reply(reply.status, reply.headers | headers, reply.body))
        # Another content has another tag.
        kept = {name: value for name, value in reply.headers.items() if name.lower() != "etag"}
        return passage.give(Reply(reply.status, kept | headers, msgspec.json.encode(changed)))

    return play


def say(document: Callable[[], Json], etag: Callable[[], str]) -> Play:
    """Answer a document of the kit's own, by ETag as the server would."""

    async def play(passage: Passage) -> web.StreamResponse:
        headers = {"ETag": etag(), "Content-Type": "application/json"}
        if etag() in passage.sent.headers.get("if-none-match", ""):
            return passage.give(Reply(304, headers, b""))
        return passage.give(Reply(200, headers, msgspec.json.encode(document())))

    return play

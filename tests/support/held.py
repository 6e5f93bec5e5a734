"""Every answer that the tests receive, held to the document: what is not written there must never leave.

Apps may meet fields and values of next year, so the schemas of answers are open. Here they are closed first: a field,
a value, a header or a status that the document does not name is a fault of this year's program.
"""

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from functools import cache
from typing import Any

import msgspec
from jsonschema_rs import Draft202012Validator

from api.errors import PROBLEM_JSON
from api.openapi_files import committed_contract, committed_sandbox_contract
from api.operations import Auth, Operation, operation_in

Json = Any
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

FAULTS: list[str] = []
"""What was answered and is not documented, in a sentence each."""

_TELLING = frozenset(
    {
        "allow",
        "etag",
        "link",
        "location",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "vary",
        "www-authenticate",
    }
)
"""Headers by which a client does something: none is sent that the document does not name."""


_OTHERS = frozenset({Auth.PROVIDER, Auth.ADDRESS})
"""What providers post is taken whatever it says; what is in the document is theirs to keep."""


def held(wrap: Callable[..., Any]) -> Callable[..., App]:
    """Return what wraps an application as `wrap` does, and looks at everything that goes through."""

    def wrapped(*given: Any, **named: Any) -> App:
        inside: App = wrap(*given, **named)

        async def around(scope: Any, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                exchange = _Exchange(scope, receive, send)
                await inside(scope, exchange.receive, exchange.send)
            else:
                await inside(scope, receive, send)

        return around

    return wrapped


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Any, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self.sent = b""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.answered = b""

    async def receive(self) -> Message:
        message = await self._receive()
        self.sent += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        elif self.media_type != "text/event-stream":
            self.answered += message.get("body", b"")
            if not message.get("more_body"):
                FAULTS.extend(f"{self._name}: {fault}" for fault in self._faults())
        await self._send(message)

    def _faults(self) -> list[str]:
        try:
            return list(faults_of(self))
        except Exception as trouble:  # noqa: BLE001 - whoever is being answered gets the answer all the same
            return [f"cannot be read by its document: {trouble!r}"]

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def operation(self) -> Operation | None:
        """The operation that answers; None for a page, and where another method is asked for."""
        operation = operation_in(self._scope)
        if operation is None or self._scope["method"] not in self._scope["route_handler"].http_methods:
            return None
        return operation if operation.operation_id in _operations() else None

    @property
    def is_head(self) -> bool:
        return bool(self._scope["method"] == "HEAD")

    @property
    def _name(self) -> str:
        return f"{self._scope['method']} {self._scope['path']} {self.status}"


def faults_of(exchange: _Exchange) -> Iterator[str]:
    """Say what of an answer is not in the document, and what was taken that the document refuses."""
    operation = exchange.operation
    if exchange.is_head:
        # The same answer as to GET, without its body (RFC 9110 §9.3.2).
        return
    if operation is None:
        if exchange.media_type == PROBLEM_JSON:
            yield from _misfits("#/components/schemas/Problem", exchange.answered)
        return
    response = _response(operation.operation_id, exchange.status)
    yield from _of_headers(response, exchange.headers)
    yield from _of_body(response, exchange)
    if exchange.status // 100 == 2 and not operation.lenient and operation.auth not in _OTHERS:
        yield from _of_request(operation.operation_id, exchange.sent)


def _of_headers(response: Json, headers: dict[str, str]) -> Iterator[str]:
    named = {name.lower(): _component(each) for name, each in response.get("headers", {}).items()}
    lacking = {name for name, each in named.items() if each.get("required")} - headers.keys()
    unnamed = headers.keys() & _TELLING - named.keys()
    yield from (f"lacks the header {name}" for name in sorted(lacking))
    yield from (f"has the header {name}, which is not documented" for name in sorted(unnamed))
    for name in sorted(named.keys() & headers.keys()):
        schema = named[name]["schema"]
        value: Json = int(headers[name]) if schema["type"] == "integer" else headers[name]
        for error in _validator(msgspec.json.encode(schema).decode()).iter_errors(value):
            yield f"has the header {name} as {error.message[:300]}"


def _of_body(response: Json, exchange: _Exchange) -> Iterator[str]:
    content = response.get("content", {})
    if not exchange.answered and not content:
        return
    if exchange.media_type not in content:
        yield f"is {exchange.media_type or 'without a media type'}, which is not documented"
        return
    schema = content[exchange.media_type]["schema"]
    if exchange.media_type.endswith("json"):
        yield from _misfits(schema.get("$ref") or msgspec.json.encode(schema).decode(), exchange.answered)
    if exchange.media_type == PROBLEM_JSON:
        code = msgspec.json.decode(exchange.answered)["code"]
        if code not in response["x-codes"]:
            yield f"has the code {code}, which is not documented for it"


def _of_request(operation_id: str, body: bytes) -> Iterator[str]:
    content = _operations()[operation_id].get("requestBody", {}).get("content", {})
    if "application/json" in content:
        schema = content["application/json"]["schema"]
        for fault in _misfits(schema.get("$ref") or msgspec.json.encode(schema).decode(), body):
            yield f"took a body that is not documented: {fault}"


def _misfits(schema: str, body: bytes) -> Iterator[str]:
    for error in _validator(schema).iter_errors(msgspec.json.decode(body)):
        yield f"at /{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"


@cache
def _validator(schema: str) -> Draft202012Validator:
    """Compile a schema, given by its address or in full, together with what it refers to."""
    whole = {"$ref": schema} if schema.startswith("#") else msgspec.json.decode(schema)
    return Draft202012Validator({**whole, "components": {"schemas": _shapes()}}, validate_formats=True)


@cache
def _documents() -> tuple[Json, ...]:
    paths = (committed_contract(), committed_sandbox_contract())
    return tuple(msgspec.json.decode(path.read_bytes()) for path in paths)


@cache
def _operations() -> dict[str, Json]:
    return {
        operation["operationId"]: operation
        for document in _documents()
        for path in document["paths"].values()
        for operation in path.values()
    }


@cache
def _shapes() -> dict[str, Json]:
    """All shapes of both documents, closed."""
    return {
        name: closed(shape)
        for document in _documents()
        for name, shape in document["components"]["schemas"].items()
    }


def closed(schema: Json) -> Json:
    """Return the twin of a schema that takes the known values and the named fields alone."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    twin = {"enum" if key == "x-extensible-enum" else key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **twin} if isinstance(twin.get("properties"), dict) else twin


@cache
def _response(operation_id: str, status: int) -> Json:
    responses = _operations()[operation_id]["responses"]
    return _component(responses.get(str(status), responses["default"]))


def _component(part: Json) -> Json:
    """Return a part of a document, or what it refers to: both documents have the same of one name."""
    if "$ref" not in part:
        return part
    _, _, kind, name = part["$ref"].split("/")
    return next(
        document["components"][kind][name]
        for document in _documents()
        if name in document["components"].get(kind, {})
    )

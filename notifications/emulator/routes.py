"""The emulated provider over HTTP: the public API for texts and calls, the script, the phones, the inbox."""

import asyncio
import base64
import hmac
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from litestar import Litestar, MediaType, Request, Response, Router, get, post, put
from litestar.background_tasks import BackgroundTask
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from notifications.emulator.calls import call_request, call_resource, page_of_calls
from notifications.emulator.connection import hang_up, keep_silent
from notifications.emulator.faults import Fault, FaultKind, Medium, Stage
from notifications.emulator.inbox import render
from notifications.emulator.messages import API_VERSION, PhoneMessage, resource
from notifications.emulator.requests import RefusalError, page, pairs, repeated, submission

if TYPE_CHECKING:
    from notifications.emulator.emulator import Emulator

_Request = Request[Any, Any, Any]

_Way: TypeAlias = tuple[Mapping[str, object], asyncio.Task[None]]
"""What was accepted, as the API shows it, and how it goes on."""

_PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def application(emulator: "Emulator") -> Litestar:
    """Return the ASGI application of one emulated account."""
    account = Router(
        path=f"/{API_VERSION}/Accounts/{{account_sid:str}}",
        guards=[_authenticated],
        route_handlers=[
            _create_message,
            _list_messages,
            _fetch_message,
            _create_call,
            _list_calls,
            _fetch_call,
        ],
    )
    return Litestar(
        route_handlers=[account, _script_faults, _phone_messages, _inbox],
        dependencies={"emulator": Provide(lambda: emulator, sync_to_thread=False)},
        exception_handlers={RefusalError: _refused},
        signature_namespace={"Emulator": type(emulator)},
        on_shutdown=[emulator.close],
        # For the guard, which gets no dependencies.
        opt={"emulator": emulator},
        openapi_config=None,
        logging_config=None,
    )


@post("/Messages.json")
async def _create_message(request: _Request, emulator: "NamedDependency[Emulator]") -> Response[Any]:
    asked = submission(pairs(await request.body()))

    def accept(answered: asyncio.Event) -> _Way:
        message, way = emulator.accept(asked, answered)
        return resource(message), way

    return await _create(request, emulator, asked.to, "sms", accept)


@post("/Calls.json")
async def _create_call(request: _Request, emulator: "NamedDependency[Emulator]") -> Response[Any]:
    body = await request.body()
    asked = call_request(pairs(body), repeated(body, "StatusCallbackEvent"))

    def accept(answered: asyncio.Event) -> _Way:
        call, way = emulator.switchboard.accept(asked, answered)
        return call_resource(call), way

    return await _create(request, emulator, asked.to, "voice", accept)


async def _create(
    request: _Request,
    emulator: "Emulator",
    number: str,
    channel: Medium,
    accept: Callable[[asyncio.Event], _Way],
) -> Response[Any]:
    await emulator.hold_up(number, channel)
    fault = emulator.take(Stage.ANSWER, number, channel)
    kind = fault.kind if fault else None
    if kind is FaultKind.DROP or emulator.closing.is_set():
        await hang_up(request.receive)
        return _nobody_listens()
    if fault and kind in (FaultKind.RATE_LIMIT, FaultKind.REFUSE, FaultKind.DOWN):
        raise _refusal(fault)
    answered = asyncio.Event()
    shown, way = accept(answered)
    if fault:
        answered.set()
        await _answer_badly(request, emulator, fault, way)
    return Response(shown, status_code=201, background=BackgroundTask(_note, answered))


@get("/Calls.json")
async def _list_calls(request: _Request, emulator: "NamedDependency[Emulator]") -> dict[str, Any]:
    kept = emulator.switchboard.calls
    return dict(page_of_calls(emulator.account_sid, kept, pairs(request.scope["query_string"])))


@get("/Calls/{file_name:str}")
async def _fetch_call(emulator: "NamedDependency[Emulator]", file_name: FromPath[str]) -> dict[str, Any]:
    call = emulator.switchboard.call(file_name.removesuffix(".json"))
    if call is None:
        raise _unknown()
    return dict(call_resource(call))


@get("/Messages.json")
async def _list_messages(request: _Request, emulator: "NamedDependency[Emulator]") -> dict[str, Any]:
    query = pairs(request.scope["query_string"])
    _require_up(emulator, query.get("To", ""))
    return dict(page(emulator.account_sid, emulator.messages, query))


@get("/Messages/{file_name:str}")
async def _fetch_message(emulator: "NamedDependency[Emulator]", file_name: FromPath[str]) -> dict[str, Any]:
    message = emulator.message(file_name.removesuffix(".json"))
    if message is None:
        raise _unknown()
    _require_up(emulator, message.to)
    return dict(resource(message))


@put("/emulator/faults", status_code=204)
async def _script_faults(emulator: "NamedDependency[Emulator]", data: JSONBody[tuple[Fault, ...]]) -> None:
    emulator.script(*data)


@get("/emulator/phones/{number:str}/messages")
async def _phone_messages(
    emulator: "NamedDependency[Emulator]", number: FromPath[str]
) -> tuple[PhoneMessage, ...]:
    return emulator.phone(number)


@get("/", media_type=MediaType.HTML)
async def _inbox(emulator: "NamedDependency[Emulator]") -> Response[str]:
    return Response(
        render(emulator.messages, emulator.switchboard.calls, emulator.mail_server.mails),
        media_type=MediaType.HTML,
        headers=_PAGE_HEADERS,
    )


def _authenticated(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    emulator: Emulator = handler.opt["emulator"]
    pair = f"{emulator.account_sid}:{emulator.auth_token}".encode()
    expected = "Basic " + base64.b64encode(pair).decode()
    given = connection.headers.get("authorization", "")
    ours = connection.path_params["account_sid"] == emulator.account_sid
    if not (hmac.compare_digest(given.encode(), expected.encode()) and ours):
        raise RefusalError(401, 20003, "Authenticate")


def _refused(_: _Request, error: RefusalError) -> Response[Any]:
    body = {
        "code": error.code,
        "message": error.message,
        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
        "status": error.status,
    }
    return Response(body, status_code=error.status)


def _unknown() -> RefusalError:
    return RefusalError(404, 20404, "The requested resource was not found")


def _refusal(fault: Fault) -> RefusalError:
    if fault.kind is FaultKind.RATE_LIMIT:
        return RefusalError(429, 20429, "Too Many Requests")
    if fault.kind is FaultKind.DOWN:
        return _unavailable()
    return RefusalError(400, fault.code, "Refused by the script")


def _require_up(emulator: "Emulator", number: str) -> None:
    if emulator.is_down(number):
        raise _unavailable()


def _unavailable() -> RefusalError:
    return RefusalError(503, 20503, "Service Unavailable")


async def _answer_badly(
    request: _Request, emulator: "Emulator", fault: Fault, way: asyncio.Task[None]
) -> None:
    if fault.kind is FaultKind.ERROR_AFTER_ACCEPT:
        raise RefusalError(500, 20500, "Internal Server Error")
    if fault.kind is FaultKind.TIMEOUT:
        await keep_silent(request.receive, emulator.closing, fault.seconds)
    if fault.kind is FaultKind.RECEIPT_FIRST:
        await way


async def _note(answered: asyncio.Event) -> None:
    """Begin the text's way once its answer is out: a coroutine, or Litestar would call it in a thread."""
    answered.set()


def _nobody_listens() -> Response[Any]:
    return Response(None, status_code=500)

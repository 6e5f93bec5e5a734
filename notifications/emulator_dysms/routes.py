"""Emulated Dysms over HTTP: SendSms and QuerySendDetails, the script, the phones."""

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from litestar import Litestar, Request, Response, get, post, put
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from notifications.emulator import Fault, FaultKind, PhoneMessage
from notifications.emulator.connection import hang_up, keep_silent
from notifications.emulator.faults import Stage
from notifications.emulator.requests import pairs
from notifications.emulator_dysms.requests import RefusalError, mobile, page, submission
from notifications.emulator_dysms.signature import credential, is_genuine

if TYPE_CHECKING:
    from notifications.emulator_dysms.emulator import DysmsEmulator

_Request = Request[Any, Any, Any]

_VERSION = "2017-05-25"


def application(emulator: "DysmsEmulator") -> Litestar:
    """Return the ASGI application of one emulated account."""
    return Litestar(
        route_handlers=[_call, _script_faults, _phone_messages],
        dependencies={"emulator": Provide(lambda: emulator, sync_to_thread=False)},
        exception_handlers={RefusalError: _refused},
        signature_namespace={"DysmsEmulator": type(emulator)},
        on_shutdown=[emulator.close],
        openapi_config=None,
        logging_config=None,
    )


@post("/", status_code=200)
async def _call(request: _Request, emulator: "NamedDependency[DysmsEmulator]") -> Response[Any]:
    body = await request.body()
    _require_genuine(request, emulator, body)
    asked = {**pairs(request.scope["query_string"]), **pairs(body)}
    action = request.headers.get("x-acs-action", "")
    if request.headers.get("x-acs-version") != _VERSION:
        raise RefusalError("InvalidVersion", 400)
    if action == "SendSms":
        return await _send(request, emulator, asked)
    if action == "QuerySendDetails":
        if emulator.is_down(mobile(asked.get("PhoneNumber", ""))):
            raise _UNAVAILABLE
        return Response({**_ok(), **page(emulator.texts, asked)})
    raise RefusalError("InvalidAction.NotFound", 404)


async def _send(request: _Request, emulator: "DysmsEmulator", asked: dict[str, str]) -> Response[Any]:
    wanted = submission(asked, emulator.registered)
    await emulator.hold_up(wanted.to)
    fault = emulator.take(Stage.ANSWER, wanted.to)
    if (fault and fault.kind is FaultKind.DROP) or emulator.closing.is_set():
        await hang_up(request.receive)
        return Response(None, status_code=500)
    if fault and fault.kind in _REFUSALS:
        raise _refusal(fault)
    answered = asyncio.Event()
    text, way = emulator.accept(wanted, answered)
    if fault:
        answered.set()
        await _answer_badly(request, emulator, fault, way)
    return Response({**_ok(), "BizId": text.biz_id}, background=BackgroundTask(_note, answered))


@put("/emulator/faults", status_code=204)
async def _script_faults(
    emulator: "NamedDependency[DysmsEmulator]", data: JSONBody[tuple[Fault, ...]]
) -> None:
    emulator.script(*data)


@get("/emulator/phones/{number:str}/messages")
async def _phone_messages(
    emulator: "NamedDependency[DysmsEmulator]", number: FromPath[str]
) -> tuple[PhoneMessage, ...]:
    return emulator.phone(number)


def _require_genuine(request: _Request, emulator: "DysmsEmulator", body: bytes) -> None:
    headers = {name.lower(): value for name, value in request.headers.items()}
    if credential(headers.get("authorization", "")) != emulator.access_key_id:
        raise RefusalError("InvalidAccessKeyId.NotFound", 404)
    query = request.scope["query_string"]
    if not is_genuine(emulator.access_key_secret, request.method, "/", query, headers, body):
        raise RefusalError("SignatureDoesNotMatch", 400)
    if headers["x-acs-signature-nonce"] in emulator.nonces:
        raise RefusalError("SignatureNonceUsed", 400)
    emulator.nonces.add(headers["x-acs-signature-nonce"])


_REFUSALS = (FaultKind.REFUSE, FaultKind.RATE_LIMIT, FaultKind.DOWN)

_UNAVAILABLE = RefusalError("ServiceUnavailable", 503)


def _refusal(fault: Fault) -> RefusalError:
    if fault.kind is FaultKind.DOWN:
        return _UNAVAILABLE
    return (
        RefusalError("Throttling.User", 400)
        if fault.kind is FaultKind.RATE_LIMIT
        else RefusalError(fault.reason)
    )


def _refused(_: _Request, error: RefusalError) -> Response[Any]:
    # The real one's words may quote what was asked, which is why no caller may repeat them.
    body = {"Code": error.code, "Message": "Refused", "RequestId": str(uuid4())}
    return Response(body, status_code=error.status)


def _ok() -> dict[str, object]:
    return {"Code": "OK", "Message": "OK", "RequestId": str(uuid4()).upper()}


async def _answer_badly(
    request: _Request, emulator: "DysmsEmulator", fault: Fault, way: asyncio.Task[None]
) -> None:
    if fault.kind is FaultKind.ERROR_AFTER_ACCEPT:
        raise RefusalError("InternalError", 500)
    if fault.kind is FaultKind.TIMEOUT:
        await keep_silent(request.receive, emulator.closing, fault.seconds)
    if fault.kind is FaultKind.RECEIPT_FIRST:
        await way


async def _note(answered: asyncio.Event) -> None:
    """Begin the text's way once its answer is out: a coroutine, or Litestar would call it in a thread."""
    answered.set()

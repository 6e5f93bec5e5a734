"""Errors as answers: one table code → status, one constraint → error, RFC 9457 problem details for all of them."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from api.operations import operation_in
from api.shapes.advice import WhatToDo
from api.shapes.problems import Problem, ProblemError
from domain import errors
from domain.errors import Fault, NightbellError

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 5
RETRY_HOUR = 3600
TOLD_WHEN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Every problem of these says when to come again (RFC 6585 §4, RFC 9110 §15.6.4)."""

STATUS: Mapping[type[NightbellError], HTTPStatus] = {
    errors.BodyMalformed: HTTPStatus.BAD_REQUEST,
    errors.QueryInvalid: HTTPStatus.BAD_REQUEST,
    errors.TokenRefused: HTTPStatus.UNAUTHORIZED,
    errors.SignInRefused: HTTPStatus.UNAUTHORIZED,
    errors.DirectoryRefused: HTTPStatus.UNAUTHORIZED,
    errors.ActivationRefused: HTTPStatus.FORBIDDEN,
    errors.NotEntitled: HTTPStatus.FORBIDDEN,
    errors.ProofRefused: HTTPStatus.FORBIDDEN,
    errors.SignatureRefused: HTTPStatus.FORBIDDEN,
    errors.SiteNotLive: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.PreconditionMissing: HTTPStatus.PRECONDITION_REQUIRED,
    errors.PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    errors.AccountMissing: HTTPStatus.CONFLICT,
    errors.ParticipationEnded: HTTPStatus.CONFLICT,
    errors.ConsentMissing: HTTPStatus.CONFLICT,
    errors.ComplicationExists: HTTPStatus.CONFLICT,
    errors.NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    errors.MethodRefused: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.RequestRefused: HTTPStatus.BAD_REQUEST,
    errors.IllegalEvent: HTTPStatus.CONFLICT,
    errors.AlreadyAcknowledged: HTTPStatus.CONFLICT,
    errors.ReportConflict: HTTPStatus.CONFLICT,
    errors.SubjectNumberTaken: HTTPStatus.CONFLICT,
    errors.AdministrationExists: HTTPStatus.CONFLICT,
    errors.DrillRunning: HTTPStatus.CONFLICT,
    errors.StaffExists: HTTPStatus.CONFLICT,
    errors.AlertUnanswered: HTTPStatus.CONFLICT,
    errors.TextsSpent: HTTPStatus.CONFLICT,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    errors.MediaTypeRefused: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.BodyInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.FieldRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownPhase: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownTimeZone: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ReportMalformed: HTTPStatus.BAD_REQUEST,
    errors.PasswordWeak: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PinTrivial: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyReports: HTTPStatus.TOO_MANY_REQUESTS,
    errors.ActivationSlowed: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.SignInSlowed: HTTPStatus.TOO_MANY_REQUESTS,
    errors.SignInBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DirectoryUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooManyStreams: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SandboxUnknown: HTTPStatus.NOT_FOUND,
    errors.SandboxesFull: HTTPStatus.TOO_MANY_REQUESTS,
    errors.SandboxInterrupted: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SandboxUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

CONSTRAINTS: Mapping[str, type[NightbellError]] = {
    "participants_subject_number_key": errors.SubjectNumberTaken,
    "administrations_given_on_key": errors.AdministrationExists,
    "complications_once_key": errors.ComplicationExists,
    "alerts_live_drill_key": errors.DrillRunning,
    "contacts_email_key": errors.StaffExists,
}

_DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What the server said was cut off, or came for nobody: the connection is of no use, another one may be.
    asyncpg.InternalClientError,
    # Somebody holds the participant for too long: a node that froze, until the server ends it.
    asyncpg.LockNotAvailableError,
    # Shut down, starting up, or a statement cancelled.
    asyncpg.OperatorInterventionError,
    # No connections, memory or disk left.
    asyncpg.InsufficientResourcesError,
    # A deadlock or a lost race: the same request may succeed now.
    asyncpg.TransactionRollbackError,
    # In the middle of a change of primary, or of a restore.
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    ConnectionError,
    TimeoutError,
)
"""The database cannot serve for now. A commit may have been lost or only its answer: sending again is right."""

log = structlog.get_logger("nightbell.api")


def as_nightbell_error(error: Exception) -> NightbellError | None:
    """Return the catalogue's error for what a library raised; None if it has none."""
    if isinstance(error, NightbellError):
        return error
    if isinstance(error, asyncpg.UniqueViolationError):
        kind = CONSTRAINTS.get(error.constraint_name or "")
        return None if kind is None else kind("This is stored already.")
    if isinstance(error, _DATABASE_AWAY):
        return errors.DatabaseUnavailable(
            "The database cannot be reached, and nothing may have been stored. Send the same request again."
        )
    if isinstance(error, HTTPException):
        return _from_framework(error)
    return None


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer any exception as a problem. What nobody foresaw says nothing of itself outside, and all in the log."""
    operation = operation_in(request.scope)
    problem, headers = problem_of(
        error,
        str(request.state.get("request_id", "")),
        request.state.get("advise"),
        is_report=operation is not None and operation.lenient,
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers=dict(headers),
    )


Advise = Callable[[], WhatToDo]
"""What a person is to be told beside a problem."""


def problem_of(
    error: Exception, request_id: str, advise: Advise | None = None, *, is_report: bool = False
) -> tuple[Problem, Mapping[str, str]]:
    """Return what is answered for an exception, and the headers that go with it."""
    known = as_nightbell_error(error)
    what_to_do = UNSET if advise is None else advise()
    if known is None and isinstance(error, HTTPException):
        refused = errors.RequestRefused("The request cannot be read.")
        return _problem(refused, error.status_code, request_id, what_to_do), error.headers or {}
    if known is None:
        log.error("request.failed", exc_info=error)
        unforeseen = NightbellError("Something failed here. Whether anything was stored is not known.")
        problem = _problem(unforeseen, HTTPStatus.INTERNAL_SERVER_ERROR, request_id, what_to_do)
        # A report is the same report under its id, however often it is sent.
        return replace(problem, retry_safe=is_report), {}
    status = STATUS.get(type(known), HTTPStatus.INTERNAL_SERVER_ERROR)
    log.info("request.refused", code=known.code, status=int(status), inside=known.inside)
    headers = {**_later(status), **_headers(known), **_allowed(error)}
    return _problem(known, status, request_id, what_to_do), headers


def _later(status: int) -> Mapping[str, str]:
    """Say when to come again with every 429 and 503; an error that knows better says it itself."""
    return {"Retry-After": str(RETRY_SECONDS)} if status in TOLD_WHEN else {}


def title(kind: type[NightbellError]) -> str:
    """Return the meaning of a code: the first sentence of its docstring."""
    return " ".join((kind.__doc__ or "").split())


def type_of_problem(code: str) -> str:
    """Return the `type` of a problem (RFC 9457 §3.1.1): its page, on whichever host it is answered."""
    return f"/docs/problems/{code}"


def as_problem(kind: type[NightbellError], detail: str, faults: tuple[Fault, ...]) -> Problem:
    """Return a problem of a kind as it is answered, for the page about it."""
    example = Exception.__new__(kind)
    example.detail, example.faults = detail, faults
    if isinstance(example, errors.AlreadyAcknowledged):
        example.holder_name = "Dana"
    status = STATUS.get(kind, HTTPStatus.INTERNAL_SERVER_ERROR)
    return _problem(example, status, "5e0c8f7a1b2d4c3e9f60718293a4b5c6", UNSET)


def _problem(
    error: NightbellError, status: int, request_id: str, what_to_do: WhatToDo | UnsetType
) -> Problem:
    holder = error.holder_name if isinstance(error, errors.AlreadyAcknowledged) else ""
    return Problem(
        type=type_of_problem(error.code),
        title=title(type(error)),
        status=status,
        code=error.code,
        detail=error.detail,
        retry_safe=error.retry_safe,
        request_id=request_id,
        errors=tuple(ProblemError(fault.pointer, fault.message) for fault in error.faults),
        taken_by=holder or UNSET,
        what_to_do=what_to_do,
    )


_FIXED: Mapping[type[NightbellError], Mapping[str, str]] = {
    errors.TooManyReports: {"Retry-After": str(RETRY_HOUR)},
    errors.SandboxesFull: {"Retry-After": str(RETRY_HOUR)},
    errors.SandboxInterrupted: {"Retry-After": "1"},
    errors.TokenRefused: {"WWW-Authenticate": 'Bearer realm="nightbell"'},
    errors.SignInRefused: {"WWW-Authenticate": 'Bearer realm="nightbell"'},
    errors.DirectoryRefused: {"WWW-Authenticate": 'Bearer realm="nightbell"'},
    # What came next would be the rest of the body (RFC 9110 §15.5.9).
    errors.BodyTooSlow: {"Connection": "close"},
}


def _headers(error: NightbellError) -> Mapping[str, str]:
    match error:
        case errors.SignInSlowed(seconds=seconds) | errors.ActivationSlowed(seconds=seconds):
            return {"Retry-After": str(seconds)}
        case errors.TooManyRequests(name=name, seconds=seconds):
            return {"Retry-After": str(seconds), **rate_limit(name, error.most, error.window, 0, seconds)}
        case _:
            return _FIXED.get(type(error), {})


def rate_limit(name: str, most: int, window: int, left: int, seconds: int) -> Mapping[str, str]:
    """Return the headers of a quota: so many in a window, so many left, and in how many seconds there is more.

    draft-ietf-httpapi-ratelimit-headers; `window` and `seconds` are seconds.
    """
    return {
        "RateLimit-Policy": f'"{name}";q={most};w={window}',
        "RateLimit": f'"{name}";r={left};t={seconds}',
    }


def _allowed(error: Exception) -> Mapping[str, str]:
    """Keep the framework's Allow header of a 405 (RFC 9110 §15.5.6)."""
    return (error.headers or {}) if isinstance(error, HTTPException) else {}


NOWHERE = (
    "There is nothing at this address. An id in it is a UUID with its dashes, a number one without a sign."
)


def _from_framework(error: HTTPException) -> NightbellError | None:
    if isinstance(error, ValidationException):
        # The framework reads nothing but the path; what cannot be a name there names nothing.
        return errors.NotFound(NOWHERE)
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return errors.NotFound(NOWHERE)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return errors.MethodRefused("This address does not answer this method.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return errors.BodyTooLarge("The body is larger than this operation takes.")
        case _:
            return None


def pointer_of(error: msgspec.ValidationError) -> Fault:
    """Turn msgspec's "… - at `$.answers[3].choice`" into a JSON pointer and a sentence without any value."""
    message, _, path = str(error).partition(" - at `$")
    parts = path.rstrip("`").replace("[...]", "").replace("[", ".").replace("]", "").split(".")
    pointer = "".join(f"/{_escape(part)}" for part in parts if part)
    if message.startswith("Object contains unknown field"):
        # Its name may hold anything.
        return Fault(pointer, "Object contains a field that is not one of the documented ones")
    # These two messages end in the value itself, which no error repeats.
    names_a_value = message.startswith(("Invalid enum value", "Invalid value"))
    return Fault(
        pointer, "Not one of the documented values" if names_a_value else message.partition(", got ")[0]
    )


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")

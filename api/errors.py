"""Errors as answers: one table code → status, one constraint → error, RFC 9457 problem details for all of them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import UNSET, Struct, UnsetType

from domain import errors
from domain.errors import Fault, NightbellError

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 5

STATUS: Mapping[type[NightbellError], HTTPStatus] = {
    errors.BodyMalformed: HTTPStatus.BAD_REQUEST,
    errors.QueryInvalid: HTTPStatus.BAD_REQUEST,
    errors.TokenRefused: HTTPStatus.UNAUTHORIZED,
    errors.SignInRefused: HTTPStatus.UNAUTHORIZED,
    errors.ActivationRefused: HTTPStatus.FORBIDDEN,
    errors.NotEntitled: HTTPStatus.FORBIDDEN,
    errors.SignatureRefused: HTTPStatus.FORBIDDEN,
    errors.SiteNotLive: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.PreconditionMissing: HTTPStatus.PRECONDITION_REQUIRED,
    errors.PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    errors.AccountMissing: HTTPStatus.CONFLICT,
    errors.ParticipationEnded: HTTPStatus.CONFLICT,
    errors.ComplicationExists: HTTPStatus.CONFLICT,
    errors.MethodRefused: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.RequestRefused: HTTPStatus.BAD_REQUEST,
    errors.IllegalEvent: HTTPStatus.CONFLICT,
    errors.AlreadyAcknowledged: HTTPStatus.CONFLICT,
    errors.ReportConflict: HTTPStatus.CONFLICT,
    errors.SubjectNumberTaken: HTTPStatus.CONFLICT,
    errors.AdministrationExists: HTTPStatus.CONFLICT,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.MediaTypeRefused: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.BodyInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.FormUnknown: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownPhase: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownTimeZone: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

CONSTRAINTS: Mapping[str, type[NightbellError]] = {
    "participants_subject_number_key": errors.SubjectNumberTaken,
    "administrations_given_on_key": errors.AdministrationExists,
    "complications_once_key": errors.ComplicationExists,
}

_DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
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


class ProblemError(Struct, frozen=True, rename="camel"):
    """One thing wrong with the request."""

    pointer: str
    """JSON pointer (RFC 6901) into the body, or the name of a query parameter."""
    message: str


class Problem(Struct, frozen=True, kw_only=True, rename="camel"):
    """What went wrong (RFC 9457). Branch on `code`; show `detail` to nobody but a developer."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    retry_safe: bool
    """Whether the same request may be sent again unchanged."""
    request_id: str
    errors: tuple[ProblemError, ...] = ()
    taken_by: str | UnsetType = UNSET
    """`alert.taken`: the name of who has taken the alert."""


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
    known = as_nightbell_error(error)
    if known is None and isinstance(error, HTTPException):
        refused = errors.RequestRefused("The request cannot be read.")
        return _problem(request, refused, error.status_code, error.headers or {})
    if known is None:
        log.error("request.failed", exc_info=error)
        unforeseen = NightbellError("Something failed here. Whether anything was stored is not known.")
        return _problem(request, unforeseen, HTTPStatus.INTERNAL_SERVER_ERROR, {})
    status = STATUS.get(type(known), HTTPStatus.INTERNAL_SERVER_ERROR)
    log.info("request.refused", code=known.code, status=int(status), inside=known.inside)
    return _problem(request, known, status, {**_headers(known), **_allowed(error)})


def title(kind: type[NightbellError]) -> str:
    """Return the meaning of a code: the first sentence of its docstring."""
    return " ".join((kind.__doc__ or "").split())


def _problem(
    request: Request[Any, Any, Any], error: NightbellError, status: int, headers: Mapping[str, str]
) -> Response[bytes]:
    request_id = str(request.state.get("request_id", ""))
    holder = error.holder_name if isinstance(error, errors.AlreadyAcknowledged) else ""
    problem = Problem(
        type=f"/docs/problems#{error.code}",
        title=title(type(error)),
        status=status,
        code=error.code,
        detail=error.detail,
        retry_safe=error.retry_safe,
        request_id=request_id,
        errors=tuple(ProblemError(fault.pointer, fault.message) for fault in error.faults),
        taken_by=holder or UNSET,
    )
    return Response(
        msgspec.json.encode(problem), status_code=status, media_type=PROBLEM_JSON, headers=dict(headers)
    )


def _headers(error: NightbellError) -> dict[str, str]:
    match error:
        case errors.DatabaseUnavailable():
            return {"Retry-After": str(RETRY_SECONDS)}
        case errors.TokenRefused() | errors.SignInRefused():
            return {"WWW-Authenticate": 'Bearer realm="nightbell"'}
        case _:
            return {}


def _allowed(error: Exception) -> Mapping[str, str]:
    """Keep the framework's Allow header of a 405 (RFC 9110 §15.5.6)."""
    return (error.headers or {}) if isinstance(error, HTTPException) else {}


def _from_framework(error: HTTPException) -> NightbellError | None:
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return errors.NotFound("There is nothing at this address.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return errors.MethodRefused("This address does not answer this method.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return errors.BodyTooLarge("The body is larger than 64 KiB.")
        case _:
            return None


def pointer_of(error: msgspec.ValidationError) -> Fault:
    """Turn msgspec's "… - at `$.answers[3].choice`" into a JSON pointer and a sentence without any value."""
    message, _, path = str(error).partition(" - at `$")
    parts = path.rstrip("`").replace("[...]", "").replace("[", ".").replace("]", "").split(".")
    pointer = "".join(f"/{_escape(part)}" for part in parts if part)
    # These two messages end in the value itself, which no error repeats.
    names_a_value = message.startswith(("Invalid enum value", "Invalid value"))
    return Fault(
        pointer, "Not one of the documented values" if names_a_value else message.partition(", got ")[0]
    )


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")

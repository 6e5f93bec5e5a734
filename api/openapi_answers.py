"""What an operation answers, and how it can fail, as Response Objects (OpenAPI 3.1 §4.8.17).

A status that is problems and nothing else is a component, named after their codes: what many operations answer
alike is written once.
"""

import inspect
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, get_origin

from api.errors import PROBLEM_JSON, STATUS, title
from api.openapi_examples import answer_examples
from api.openapi_links import links_of
from api.openapi_problems import OF_REPORT, component_of, problem_examples
from api.openapi_schemas import Schema
from api.operations import Operation
from api.shapes.problems import Problem
from domain.errors import NightbellError, TooManyRequests

Errors = Iterable[type[NightbellError]]

_CACHED: Mapping[str, str] = {"ETag": "ETag", "Cache-Control": "CacheControlPrivate"}
_UNCACHED: Mapping[str, str] = {"Cache-Control": "CacheControlNoStore"}

_QUOTA: Mapping[str, str] = {"RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}

_OF_STATUS: Mapping[int, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "WWWAuthenticate"},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "RetryAfter"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "RetryAfter"},
}
"""The headers that every problem of a status has (`api/errors.py`)."""


def responses(operation: Operation, errors: Errors, shapes: Mapping[Any, Schema]) -> Schema:
    """Return every answer of an operation by status, and one for whatever else."""
    answers = _answers(operation, shapes)
    failures = _by_status(errors)
    known = {
        str(status): _response(operation, answers.get(status), failures.get(status, []), shapes)
        for status in sorted({*answers, *failures})
    }
    unforeseen = f"{OF_REPORT if operation.lenient else ''}Unforeseen"
    return {**known, "default": {"$ref": f"#/components/responses/{unforeseen}"}}


def shared_responses(operations: Iterable[tuple[Operation, Errors]], shapes: Mapping[Any, Schema]) -> Schema:
    """Return the responses that operations refer to, by name."""
    found = {
        _name(operation, kinds): (kinds, operation.lenient)
        for operation, errors in operations
        for status, kinds in _by_status(errors).items()
        if status not in operation.answers
    }
    return {
        name: _failure(kinds, shapes, of_report=of_report)
        for name, (kinds, of_report) in sorted(found.items())
    }


def _answers(operation: Operation, shapes: Mapping[Any, Schema]) -> dict[int, Schema]:
    answers = {status: _answer(operation, status, kind, shapes) for status, kind in operation.answers.items()}
    if operation.etag:
        answers[HTTPStatus.NOT_MODIFIED] = {
            "description": "Unchanged: the caller holds this already.",
            "headers": _headers(**_of_cache(operation), **_of_quota(operation)),
        }
    return answers


def _response(
    operation: Operation,
    answer: Schema | None,
    kinds: list[type[NightbellError]],
    shapes: Mapping[Any, Schema],
) -> Schema:
    if answer is None and operation.deprecated is not None:
        # Its refusals announce the end too, so that none is as another's.
        return _failure(kinds, shapes, of_report=operation.lenient)
    if answer is None:
        return {"$ref": f"#/components/responses/{_name(operation, kinds)}"}
    return _joined(answer, _failure(kinds, shapes, of_report=operation.lenient)) if kinds else answer


def _name(operation: Operation, kinds: Iterable[type[NightbellError]]) -> str:
    """`body.too-large`, `not-found` → `BodyTooLargeOrNotFound`."""
    name = "Or".join(component_of(kind.code) for kind in kinds)
    return f"{OF_REPORT}{name}" if operation.lenient else name


def _answer(operation: Operation, status: int, kind: Any, shapes: Mapping[Any, Schema]) -> Schema:
    if kind is None:
        return {
            "description": "Done; the answer is empty.",
            "headers": _headers(**_UNCACHED, **_of_quota(operation)),
        }
    # A text or a list has no words of ours.
    words = operation.summary if kind is str or get_origin(kind) else inspect.getdoc(kind)
    return {
        "description": f"{_word(operation, status)}{words}",
        "headers": _headers(**_of_cache(operation), **_of_quota(operation)),
        "content": {
            media_type: {"schema": shapes[shown], **answer_examples(operation, status, media_type)}
            for media_type, shown in {operation.media_type: kind, **operation.also}.items()
        },
        **links_of(operation.name),
    }


def _of_cache(operation: Operation) -> Mapping[str, str]:
    """Return the headers by which an answer is kept and asked for again."""
    varies = {"Vary": "VaryAccept"} if operation.also else {}
    if operation.is_public:
        return {"Cache-Control": "CacheControlPublic"}
    if operation.etag:
        return {**_CACHED, **varies}
    # What replaces something is kept by nobody, and tells the tag for the next write.
    return {**_UNCACHED, "ETag": "ETag"} if operation.if_match else _UNCACHED


def _of_quota(operation: Operation) -> Mapping[str, str]:
    """Return the headers that say what is left. Of the directory's a source is told when it is spent: many share it."""
    has_quota = TooManyRequests in operation.errors and operation.name != "directory-sign-in.complete"
    return _QUOTA if has_quota else {}


def _word(operation: Operation, status: int) -> str:
    """Tell the first time from an equal repeat, where an operation answers both."""
    if {200, 201} - operation.answers.keys():
        return ""
    return "Done now. " if status == HTTPStatus.CREATED else "Was done before; nothing changed by this. "


def _failure(
    kinds: list[type[NightbellError]], shapes: Mapping[Any, Schema], *, of_report: bool = False
) -> Schema:
    headers = dict(_OF_STATUS.get(int(STATUS[kinds[0]]), {}))
    if TooManyRequests in kinds:
        headers |= _QUOTA
    return {
        "description": "\n".join(f"- `{kind.code}`: {title(kind)}" for kind in kinds),
        "headers": _headers(**_UNCACHED, **headers),
        "content": {
            PROBLEM_JSON: {"schema": shapes[Problem], **problem_examples(kinds, of_report=of_report)}
        },
        "x-codes": [kind.code for kind in kinds],
    }


def _joined(answer: Schema, failure: Schema) -> Schema:
    """One status can be an answer of the route's own and a problem; the media type tells them apart."""
    headers = failure["headers"] | answer["headers"]
    if "Retry-After" in headers:
        headers |= _headers(**{"Retry-After": "RetryAfterProblem"})
    return failure | {
        "description": f"{answer['description']}\n\n{failure['description']}",
        "headers": headers,
        "content": answer["content"] | failure["content"],
    }


def _by_status(kinds: Errors) -> dict[int, list[type[NightbellError]]]:
    grouped: dict[int, list[type[NightbellError]]] = {}
    for kind in sorted(kinds, key=lambda each: each.code):
        grouped.setdefault(int(STATUS[kind]), []).append(kind)
    return grouped


def _headers(**named: str) -> dict[str, Schema]:
    components = {**named, "X-Request-Id": "XRequestId"}
    return {name: {"$ref": f"#/components/headers/{component}"} for name, component in components.items()}

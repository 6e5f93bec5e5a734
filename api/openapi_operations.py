"""One route as an operation of the document: what it takes, what it answers, how it can fail."""

import inspect
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from litestar.handlers import HTTPRouteHandler

from api.errors import PROBLEM_JSON, STATUS, title
from api.examples import EXAMPLES
from api.exchange import PAGE_LIMIT
from api.openapi_forms import FORM_BODIES
from api.openapi_schemas import Schema
from api.operations import Auth, Operation
from api.shapes.problems import Problem
from domain import coverage
from domain.errors import DatabaseUnavailable, NightbellError, NotFound, TokenRefused, TooManyRequests

_PATH_PARAMETER = re.compile(r"\{(\w+):(\w+)\}")

_PATH_SCHEMAS: Mapping[str, Schema] = {
    "uuid": {"type": "string", "format": "uuid"},
    "str": {"type": "string", "minLength": 1},
    "int": {"type": "integer", "minimum": 0},
}

_PATH_WORDS: Mapping[str, str] = {
    "report_id": "A UUID that the app makes for the report before it first sends it.",
    "form_id": "Which form, from `GET /v1/me/forms`.",
    "version": "Which version of the form.",
    "participant_id": "Which participant.",
    "session_id": "Which session: one signed-in device.",
    "alert_id": "Which alert.",
    "task_id": "Which task.",
    "drill_id": "Which drill.",
    "site_id": "Which site.",
    "staff_id": "Which member of staff.",
    "week": "The week of the visit, from 1 to 52.",
    "administration": "Which administration, from 1 in the order in which they were recorded.",
    "kind": "Of the site: `data` or `caregiver-access`; of oneself: `sms` or `caregiver-access`.",
    "role": "`participant` or `caregiver`.",
    "secret": "The secret of the address, as `POST /v1/me/calendar-feed` gave it.",
    "report_secret": "The secret that the operator has given to the provider.",
    "number": "A phone number, E.164.",
}

_QUERY_SCHEMAS: Mapping[str, Schema] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": 50},
    "cursor": {"type": "string", "minLength": 1},
    "attempt": {"type": "string", "format": "uuid"},
    "again": {"type": "string", "enum": ["1"]},
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
    "days": {"type": "integer", "minimum": 1, "maximum": 60},
    "state": {"type": "string", "enum": ["live", "resolved"]},
    "siteId": {"type": "string", "format": "uuid"},
    "participantId": {"type": "string", "format": "uuid"},
    "action": {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*\\.[a-z]+(-[a-z]+)*$"},
}

_QUERY_DEFAULTS: Mapping[tuple[str, str], int] = {
    ("site-schedule.list", "days"): 7,
    ("coverage.read", "days"): coverage.DAYS,
}
"""Where one parameter means the same with another default."""

_REQUIRED_QUERY = frozenset({"attempt"})

_SECURITY: Mapping[Auth, list[dict[str, list[str]]]] = {
    Auth.NONE: [],
    Auth.ACCOUNT: [{"accessToken": []}],
    Auth.REPORTING: [{"accessToken": []}, {"submissionToken": []}],
    Auth.STAFF: [{"accessToken": []}],
    Auth.PROVIDER: [{"providerSignature": []}],
    Auth.ADDRESS: [],
}

_CALLERS: Mapping[Auth, str] = {
    Auth.NONE: "Anybody may call this; no token is read.",
    Auth.ACCOUNT: "For a participant or caregiver, with the access token.",
    Auth.REPORTING: "For a participant or caregiver, with the access token or the submission token.",
    Auth.STAFF: "For site staff, with the access token, within their own sites.",
    Auth.PROVIDER: "For the SMS provider alone.",
    Auth.ADDRESS: "For the SMS provider alone, whose address has a secret in it; no token is read.",
}

_CALENDAR_BODIES: Mapping[str, Schema] = {
    "rota.import": {"description": "A calendar (RFC 5545).", "type": "string", "minLength": 1}
}


def operation_of(handler: HTTPRouteHandler) -> Operation:
    """Return what the contract says of a route."""
    operation = handler.opt["operation"]
    if not isinstance(operation, Operation):
        raise TypeError(f"{handler} has no operation")
    return operation


def path_of(handler: HTTPRouteHandler) -> str:
    """Return the address as the document writes it: `/v1/me/reports/{reportId}`."""
    path = _PATH_PARAMETER.sub(lambda found: f"{{{_camel(found[1])}}}", _only(handler.paths))
    return path + operation_of(handler).path_suffix


def method_of(handler: HTTPRouteHandler) -> str:
    """Return the method in small letters."""
    return str(_only(handler.http_methods)).lower()


def errors_of(handler: HTTPRouteHandler) -> tuple[type[NightbellError], ...]:
    """Return every error of a route: an id in the path that is none of ours is not found, readable or not."""
    of_path = (NotFound,) if _PATH_PARAMETER.search(_only(handler.paths)) else ()
    return tuple(dict.fromkeys((*operation_of(handler).all_errors, *of_path)))


def operation_object(handler: HTTPRouteHandler, shapes: Mapping[Any, Schema]) -> Schema:
    """Return the Operation Object (OpenAPI 3.1 §4.8.10) of a route."""
    operation = operation_of(handler)
    body = _body(operation, shapes)
    return {
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{inspect.getdoc(handler.fn)}\n\n{_CALLERS[operation.auth]}",
        "operationId": operation.operation_id,
        "parameters": _parameters(handler, operation),
        **({"requestBody": body} if body else {}),
        "responses": _responses(operation, errors_of(handler), shapes),
        "security": _SECURITY[operation.auth],
    }


def _parameters(handler: HTTPRouteHandler, operation: Operation) -> list[Schema]:
    return [
        *(
            _parameter(_camel(name), "path", _PATH_WORDS[name], _PATH_SCHEMAS[kind], required=True)
            for name, kind in _PATH_PARAMETER.findall(_only(handler.paths))
        ),
        *(
            _parameter(name, "query", words, _query_schema(operation, name), required=name in _REQUIRED_QUERY)
            for name, words in operation.query.items()
        ),
        *([{"$ref": "#/components/parameters/IfNoneMatch"}] if operation.etag else []),
        *([{"$ref": "#/components/parameters/IfMatch"}] if operation.if_match else []),
        {"$ref": "#/components/parameters/XRequestId"},
    ]


def _query_schema(operation: Operation, name: str) -> Schema:
    default = _QUERY_DEFAULTS.get((operation.name, name))
    return _QUERY_SCHEMAS[name] | ({} if default is None else {"default": default})


def _parameter(name: str, place: str, description: str, schema: Schema, *, required: bool) -> Schema:
    return {
        "name": name,
        "in": place,
        "required": required,
        "description": description,
        "schema": schema,
    }


def _body(operation: Operation, shapes: Mapping[Any, Schema]) -> Schema | None:
    if operation.name in FORM_BODIES:
        media_type, schema = "application/x-www-form-urlencoded", FORM_BODIES[operation.name]
    elif operation.name in _CALENDAR_BODIES:
        media_type, schema = "text/calendar", _CALENDAR_BODIES[operation.name]
    elif operation.body is not None:
        media_type, schema = "application/json", shapes[operation.body]
    else:
        return None
    examples = {
        each.name: {"summary": each.summary, "value": each.value} for each in EXAMPLES[operation.name]
    }
    return {"required": True, "content": {media_type: {"schema": schema, "examples": examples}}}


def _responses(
    operation: Operation, errors: Iterable[type[NightbellError]], shapes: Mapping[Any, Schema]
) -> Schema:
    answers: dict[int, Schema] = {
        status: _answer(operation, status, kind, shapes) for status, kind in operation.answers.items()
    }
    if operation.etag:
        answers[304] = {
            "description": "Unchanged: the caller holds this already.",
            "headers": _headers(**_CACHED),
        }
    failures = {status: _failure(kinds, shapes) for status, kinds in _by_status(errors).items()}
    known = {
        str(status): _joined(answers.get(status), failures.get(status))
        for status in sorted({*answers, *failures})
    }
    return {**known, "default": {"$ref": "#/components/responses/Unforeseen"}}


_CACHED: Mapping[str, str] = {"ETag": "ETag", "Cache-Control": "CacheControlPrivate"}


def _answer(operation: Operation, status: int, kind: Any, shapes: Mapping[Any, Schema]) -> Schema:
    if kind is None:
        return {"description": "Done; the answer is empty.", "headers": _headers()}
    tagged = operation.etag or operation.if_match
    cached = _CACHED if tagged else {"Cache-Control": "CacheControlNoStore"}
    words = operation.summary if kind is str else inspect.getdoc(kind)
    return {
        "description": f"{_word(operation, status)}{words}",
        "headers": _headers(**cached),
        "content": {
            operation.media_type: {"schema": shapes[kind]},
            **{media_type: {"schema": shapes[other]} for media_type, other in operation.also.items()},
        },
    }


def _word(operation: Operation, status: int) -> str:
    """Tell the first time from an equal repeat, where an operation answers both."""
    if {200, 201} - operation.answers.keys():
        return ""
    return "Done now. " if status == HTTPStatus.CREATED else "Was done before; nothing changed by this. "


def _failure(kinds: list[type[NightbellError]], shapes: Mapping[Any, Schema]) -> Schema:
    headers = {}
    if TokenRefused in kinds:
        headers["WWW-Authenticate"] = "WWWAuthenticate"
    if TooManyRequests in kinds:
        headers |= {"RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}
    if DatabaseUnavailable in kinds or TooManyRequests in kinds:
        headers["Retry-After"] = "RetryAfter"
    return {
        "description": "\n".join(f"- `{kind.code}`: {title(kind)}" for kind in kinds),
        "headers": _headers(**headers),
        "content": {PROBLEM_JSON: {"schema": shapes[Problem]}},
        "x-codes": [kind.code for kind in kinds],
    }


def _joined(answer: Schema | None, failure: Schema | None) -> Schema:
    """One status can be an answer of the route's own and a problem; the media type tells them apart."""
    if answer is None or failure is None:
        return answer or failure or {}
    return failure | {
        "description": f"{answer['description']}\n\n{failure['description']}",
        "headers": answer["headers"] | failure["headers"],
        "content": answer["content"] | failure["content"],
    }


def _by_status(kinds: Iterable[type[NightbellError]]) -> dict[int, list[type[NightbellError]]]:
    grouped: dict[int, list[type[NightbellError]]] = {}
    for kind in sorted(kinds, key=lambda each: each.code):
        grouped.setdefault(int(STATUS[kind]), []).append(kind)
    return grouped


def _headers(**named: str) -> dict[str, Schema]:
    components = {**named, "X-Request-Id": "XRequestId"}
    return {name: {"$ref": f"#/components/headers/{component}"} for name, component in components.items()}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _only(values: Iterable[Any]) -> Any:
    (value,) = values
    return value

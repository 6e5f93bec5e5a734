"""What an operation takes in its address and its headers, as Parameter Objects (OpenAPI 3.1 §4.8.12)."""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from litestar.handlers import HTTPRouteHandler

from api.exchange import MOST_DAYS, PAGE_LIMIT
from api.openapi_schemas import Schema
from api.operations import Operation
from api.shapes.site import PHONE
from domain import coverage

PATH_PARAMETER = re.compile(r"\{(\w+):(\w+)\}")

_PATH_SCHEMAS: Mapping[str, Schema] = {
    "uuid": {"type": "string", "format": "uuid"},
    "str": {"type": "string", "minLength": 1},
    "int": {"type": "integer", "minimum": 0},
}

_PATH_LIMITS: Mapping[str, Schema] = {
    "week": {"minimum": 1, "maximum": 52},
    "administration": {"minimum": 1},
    "version": {"minimum": 1},
    # As the contract writes the end of a text (ECMA-262).
    "number": {"pattern": PHONE.replace(r"\Z", "$")},
}
"""Where a parameter has narrower limits than its kind: there is nothing at any other."""

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
    "key": "The key of a sandbox, as `POST /sandbox/keys` gave it.",
}

_QUERY_SCHEMAS: Mapping[str, Schema] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": 50},
    "cursor": {"type": "string", "minLength": 1},
    "attempt": {"type": "string", "format": "uuid"},
    "again": {"type": "string", "enum": ["1"]},
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
    "days": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS},
    "state": {"type": "string", "enum": ["live", "resolved"]},
    "siteId": {"type": "string", "format": "uuid"},
    "participantId": {"type": "string", "format": "uuid"},
    "action": {"type": "string", "maxLength": 64, "pattern": "^[a-z]+(-[a-z]+)*\\.[a-z]+(-[a-z]+)*$"},
}

_QUERY_DEFAULTS: Mapping[tuple[str, str], int] = {
    ("site-schedule.list", "days"): 7,
    ("coverage.read", "days"): coverage.DAYS,
}
"""Where one parameter means the same with another default."""

_REQUIRED_QUERY = frozenset({"attempt"})


def parameters(handler: HTTPRouteHandler, operation: Operation) -> list[Schema]:
    """Return the parameters of a route: those of its path, its query and its headers."""
    return [
        *_of_path(handler),
        *(
            _parameter(name, "query", words, _query_schema(operation, name), required=name in _REQUIRED_QUERY)
            for name, words in operation.query.items()
        ),
        *([{"$ref": "#/components/parameters/IfNoneMatch"}] if operation.etag else []),
        *([{"$ref": "#/components/parameters/IfMatch"}] if operation.if_match else []),
        {"$ref": "#/components/parameters/XRequestId"},
    ]


def camel(name: str) -> str:
    """Return a name as the wire has it: `report_id` → `reportId`."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _of_path(handler: HTTPRouteHandler) -> list[Schema]:
    kinds = get_type_hints(handler.fn)
    (path,) = handler.paths
    return [
        _parameter(
            camel(name), "path", _PATH_WORDS[name], _path_schema(name, kind, kinds[name]), required=True
        )
        for name, kind in PATH_PARAMETER.findall(path)
    ]


def _path_schema(name: str, kind: str, annotation: Any) -> Schema:
    """Name the words of a Literal: there is nothing at any other address."""
    if get_origin(annotation) is Literal:
        return {"type": "string", "enum": sorted(get_args(annotation))}
    return {**_PATH_SCHEMAS[kind], **_PATH_LIMITS.get(name, {})}


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

"""What the operations of a document share: shapes, headers, problems, and the ways to say who calls."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from api.errors import PROBLEM_JSON, RETRY_SECONDS, STATUS
from api.openapi_answers import shared_responses
from api.openapi_operations import errors_of, operation_of
from api.openapi_problems import OF_REPORT, problem_examples, shared_examples
from api.openapi_schemas import Schema, opened
from domain.errors import MethodRefused, NightbellError, RequestRefused

_REFERENCE = re.compile(r'"#/components/(\w+)/(\w+)"')


def components(
    routes: Sequence[HTTPRouteHandler],
    paths: Mapping[str, Schema],
    shapes: Mapping[Any, Schema],
    named: Mapping[str, Schema],
) -> Schema:
    """Return the Components Object (OpenAPI 3.1 §4.8.7): all shapes, and of the rest what these routes refer to."""
    of_routes = ((operation_of(route), errors_of(route)) for route in routes)
    rest = {
        "parameters": _PARAMETERS,
        "headers": _HEADERS,
        "responses": {**shared_responses(of_routes, shapes), **_RESPONSES},
        "examples": shared_examples(),
    }
    of_paths = _references(paths)
    used = of_paths | _references(
        {name: each for name, each in rest["responses"].items() if ("responses", name) in of_paths}
    )
    kept = {
        kind: {name: value for name, value in values.items() if (kind, name) in used}
        for kind, values in rest.items()
    }
    schemes = {name: _SECURITY_SCHEMES[name] for name in _SECURITY_SCHEMES if name in _schemes(paths)}
    return {
        "schemas": {**named, "Problem": _with_codes(named["Problem"])},
        **kept,
        **({"securitySchemes": schemes} if schemes else {}),
    }


def _references(part: object) -> set[tuple[str, str]]:
    return set(_REFERENCE.findall(msgspec.json.encode(part).decode()))


def _schemes(paths: Mapping[str, Schema]) -> set[str]:
    operations: Iterator[Schema] = (operation for path in paths.values() for operation in path.values())
    return {name for operation in operations for one_of in operation["security"] for name in one_of}


def _with_codes(problem: Schema) -> Schema:
    """Name every code that a problem may have: it is what a client branches on."""
    codes = sorted({NightbellError.code, *(kind.code for kind in STATUS)})
    properties = problem["properties"]
    return problem | {"properties": {**properties, "code": opened(properties["code"] | {"enum": codes})}}


_REQUEST_ID: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}

_PARAMETERS: Schema = {
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of what the caller holds; 304 if that is still so (RFC 9110 §13.1.2).",
        "schema": {"type": "string"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag of what is to be changed, as it was read (RFC 9110 §13.1.1).",
        "schema": {"type": "string"},
    },
    "XRequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "required": False,
        "description": "The caller's own name for the request: 1 to 64 letters, digits, dots, dashes and underscores; "
        "anything else is replaced, never refused.",
        "schema": {"type": "string"},
    },
}

_HEADERS: Schema = {
    "Allow": {
        "description": "With 405 `method.not-allowed`: the methods that there are (RFC 9110 §10.2.1).",
        "schema": {"type": "string", "examples": ["GET, PATCH"]},
    },
    "CacheControlNoStore": {
        "description": "Kept by nobody on the way.",
        "required": True,
        "schema": {"type": "string", "const": "no-store"},
    },
    "CacheControlPrivate": {
        "description": "Kept by the caller alone, and asked about before it is used again.",
        "required": True,
        "schema": {"type": "string", "const": "private, no-cache"},
    },
    "CacheControlPublic": {
        "description": "Kept by anybody, for so many seconds.",
        "required": True,
        "schema": {"type": "string", "pattern": "^public, max-age=[0-9]+$"},
    },
    "ETag": {
        "description": "Strong: the same tag is the same bytes (RFC 9110 §8.8.3).",
        "required": True,
        "schema": {"type": "string"},
    },
    "RetryAfter": {
        "description": "Seconds to wait before the same request is sent again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0, "examples": [RETRY_SECONDS]},
    },
    "RetryAfterProblem": {
        "description": "With a problem: seconds to wait before the same request is sent again.",
        "schema": {"type": "integer", "minimum": 0, "examples": [RETRY_SECONDS]},
    },
    "RateLimit": {
        "description": "Of what has a quota: what is left (`r`) and in how many seconds there is more (`t`).",
        "schema": {"type": "string", "examples": ['"calendar";r=0;t=1740']},
    },
    "RateLimitPolicy": {
        "description": "Of what has a quota: how many (`q`) in how many seconds (`w`).",
        "schema": {"type": "string", "examples": ['"calendar";q=120;w=3600']},
    },
    "VaryAccept": {
        "description": "`Accept` chose among its media types.",
        "required": True,
        "schema": {"type": "string", "const": "Accept"},
    },
    "WWWAuthenticate": {
        "description": "A bearer token is wanted (RFC 6750 §3).",
        "required": True,
        "schema": {"type": "string"},
    },
    "XRequestId": {
        "description": "The name of this request in our log; tell it to whoever helps you.",
        "required": True,
        "schema": _REQUEST_ID,
    },
}


def _unforeseen(*, of_report: bool) -> Schema:
    kinds = (MethodRefused, NightbellError, RequestRefused)
    again = "; the same report is safe to send again" if of_report else ""
    return {
        "description": "Whatever else: 400 `request.refused`, what cannot be read as a request; 405 "
        f"`method.not-allowed`, another method; 500 `internal`, what nobody foresaw{again}.",
        "headers": {
            "Allow": {"$ref": "#/components/headers/Allow"},
            "Cache-Control": {"$ref": "#/components/headers/CacheControlNoStore"},
            "X-Request-Id": {"$ref": "#/components/headers/XRequestId"},
        },
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                **problem_examples(kinds, of_report=of_report),
            }
        },
        "x-codes": [kind.code for kind in kinds],
    }


_RESPONSES: Schema = {
    "Unforeseen": _unforeseen(of_report=False),
    f"{OF_REPORT}Unforeseen": _unforeseen(of_report=True),
}

_SECURITY_SCHEMES: Schema = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Of a participant or caregiver, from `POST /v1/activations` and `POST /v1/tokens`, good for 15 "
        "minutes. It opens nothing of the staff's.",
    },
    "staffToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a member of staff, from `POST /v1/staff/sessions`, `POST "
        "/v1/staff/directory-sessions` and `POST /v1/staff/tokens`. What it opens follows from her role at each site; "
        "nothing of a phone's.",
    },
    "submissionToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "From `POST /v1/activations`. It hands in reports, nothing else, and does so for 30 days "
        "after the session has ended.",
    },
    "providerSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Twilio-Signature",
        "description": "The provider's signature over our configured public address and the form.",
    },
}

"""One route as an operation of the document: what it takes, what it answers, how it can fail."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from litestar.handlers import HTTPRouteHandler

from api.examples import EXAMPLES
from api.openapi_answers import responses
from api.openapi_forms import FORM_BODIES, OTHER_BODIES
from api.openapi_parameters import PATH_PARAMETER, camel, parameters
from api.openapi_schemas import Schema
from api.operations import Auth, Operation
from domain.errors import NightbellError, NotFound

_SECURITY: Mapping[Auth, list[dict[str, list[str]]]] = {
    Auth.NONE: [],
    Auth.ACCOUNT: [{"accessToken": []}],
    Auth.REPORTING: [{"accessToken": []}, {"submissionToken": []}],
    Auth.STAFF: [{"staffToken": []}],
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


def operation_of(handler: HTTPRouteHandler) -> Operation:
    """Return what the contract says of a route."""
    operation = handler.opt["operation"]
    if not isinstance(operation, Operation):
        raise TypeError(f"{handler} has no operation")
    return operation


def path_of(handler: HTTPRouteHandler) -> str:
    """Return the address as the document writes it: `/v1/me/reports/{reportId}`."""
    path = PATH_PARAMETER.sub(lambda found: f"{{{camel(found[1])}}}", _only(handler.paths))
    return path + operation_of(handler).path_suffix


def method_of(handler: HTTPRouteHandler) -> str:
    """Return the method in small letters."""
    return str(_only(handler.http_methods)).lower()


def errors_of(handler: HTTPRouteHandler) -> tuple[type[NightbellError], ...]:
    """Return every error of a route: an id in the path that is none of ours is not found, readable or not."""
    of_path = (NotFound,) if PATH_PARAMETER.search(_only(handler.paths)) else ()
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
        "parameters": parameters(handler, operation),
        **({"requestBody": body} if body else {}),
        "responses": responses(operation, errors_of(handler), shapes),
        "security": _SECURITY[operation.auth],
    }


def _body(operation: Operation, shapes: Mapping[Any, Schema]) -> Schema | None:
    if operation.name in FORM_BODIES:
        media_type, schema = "application/x-www-form-urlencoded", FORM_BODIES[operation.name]
    elif operation.name in OTHER_BODIES:
        media_type, schema = OTHER_BODIES[operation.name]
    elif operation.body is not None:
        media_type, schema = "application/json", shapes[operation.body]
    else:
        return None
    examples = {
        each.name: {"summary": each.summary, "value": each.value} for each in EXAMPLES[operation.name]
    }
    return {"required": True, "content": {media_type: {"schema": schema, "examples": examples}}}


def _only(values: Iterable[Any]) -> Any:
    (value,) = values
    return value

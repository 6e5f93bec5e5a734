"""The contract as one OpenAPI 3.1 document, written from the routes themselves; no server, no database.

It is committed and compared byte for byte, so that no change of it goes unseen.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from api.app import ROUTES
from api.deprecation import announced
from api.openapi_components import components
from api.openapi_files import committed_contract
from api.openapi_operations import method_of, operation_object, operation_of, path_of
from api.openapi_schemas import Schema, schemas
from api.openapi_webhooks import WEBHOOKS
from api.operations import Operation
from api.problem_catalogue import summary
from api.shapes.problems import Problem

__all__ = [
    "committed_contract",
    "document",
    "drift",
    "first_difference",
    "render",
    "render_contract",
    "write",
]

VERSION = "1.0.0"
"""The contract's own version (semver.org): it moves when the document does."""

_DESCRIPTION = """\
Reports of trial participants between visits, and pages to site staff until a named person has answered.

The road of an app:

1. `POST /v1/activations`: redeem the one-time code from the site. Keep the device id and all three tokens.
2. `POST /v1/tokens`: rotate when a call is answered 401, about every 15 minutes; no phone's clock decides that.
3. `GET /v1/me/schedule`: the visits and check-ins of all 52 weeks; `version` moves with every re-plan.
4. `GET /v1/me/forms` and `GET /v1/forms/{formId}/versions/{version}`: the questions, in the account's language.
5. `GET /v1/me/reminders`: set an alarm for each, and say so with `POST /v1/me/reminder-receipts`.
6. `PUT /v1/me/reports/{reportId}`: hand in under a UUID of your own; show `advice` at once. Sending again is safe.
7. `GET /v1/me/reports/{reportId}`: how far the page to staff has come. Show `page.text` as it is.

What is absent is absent, never null. Times are RFC 3339 with an offset. Expect fields and enum values that are not
here yet. An error is a problem (RFC 9457): branch on its `code`. Its `type` leads to
[what to do, whether to send it again, and what to tell the person](/docs/problems); `x-problems` has the words.
"""

TAGS: Mapping[str, str] = {
    "Activation": "From a code on paper to a device that is signed in, and out again.",
    "Me": "Who is signed in, and the plan of the year.",
    "Reminders": "What the phone shows and when, what it says back, and the calendar of other apps.",
    "Forms": "The questions, which in a version never change, and the rules in force.",
    "Reports": "What the phone hands in, and the truth about who has seen it.",
    "Staff": "Sign-in of site staff, and their sites.",
    "Participants": "What a site registers and records.",
    "Schedule": "What becomes of visits and check-ins, and what is due at a site.",
    "Rota": "Who is on call at a site, and which hours nobody would answer in.",
    "Alerts": "The work list: urgent reports until somebody has taken them and reached the patient.",
    "Drills": "Alerts about nobody, which show that the next shift can be reached.",
    "Tasks": "Everything a human must look at that is no alert.",
    "Audit": "Who did what, when and why, for those who look at what others did.",
    "Provider": "What the SMS provider reports. Not for apps.",
    "Health": "For load balancers and for whoever is on call.",
}
"""The chapters of the contract, in the order of reading."""


def document(
    routes: Sequence[HTTPRouteHandler],
    *,
    title: str,
    version: str,
    description: str,
    tags: Mapping[str, str],
    webhooks: Mapping[str, Schema] = {},
) -> Schema:
    """Return the document of some routes, in their order, with its chapters in the order of `tags`."""
    shapes, named = schemas(_kinds(operation_of(route) for route in routes))
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(path_of(route), {})[method_of(route)] = announced(
            operation_object(route, shapes), operation_of(route).deprecated
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": description,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": words} for name, words in tags.items()],
        "paths": paths,
        **({"webhooks": webhooks} if webhooks else {}),
        "components": components(routes, paths, shapes, named),
        "x-problems": summary(sandbox=any(path.startswith("/sandbox/") for path in paths)),
    }


def render(document: Schema) -> bytes:
    """Return the document as it is committed: the order it was built in, two spaces, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def render_contract() -> bytes:
    """Return the contract as the code has it now."""
    return render(
        document(
            ROUTES,
            title="Nightbell",
            version=VERSION,
            description=_DESCRIPTION,
            tags=TAGS,
            webhooks=WEBHOOKS,
        )
    )


def drift() -> str | None:
    """Say in a sentence how the committed contract differs from the code; None when it does not."""
    path = committed_contract()
    if not path.exists():
        return f"{path.name} is missing."
    line = first_difference(path.read_bytes(), render_contract())
    return None if line is None else f"{path.name} is not what the code says, from line {line} on."


def first_difference(committed: bytes, rendered: bytes) -> int | None:
    """Return the first line, from 1, in which two documents differ; None when they are equal."""
    lines = zip_longest(committed.splitlines(keepends=True), rendered.splitlines(keepends=True))
    return next((number for number, (old, new) in enumerate(lines, 1) if old != new), None)


def write() -> None:
    """Bring the committed contract up to the code."""
    committed_contract().write_bytes(render_contract())


def _kinds(operations: Iterable[Operation]) -> list[Any]:
    named = [kind for each in operations for kind in (each.body, *each.answers.values(), *each.also.values())]
    return [Problem, *(kind for kind in named if kind is not None)]

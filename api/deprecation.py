"""An operation that will end: since when, until when, and what to call instead (RFC 9745, RFC 8594).

Whoever calls it is told by every answer, and whoever reads the contract by the document.
"""

from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any

from msgspec import Struct

from api.openapi_schemas import Schema

SHORTEST = timedelta(days=180)
"""Ours. A trial's app is validated anew before each release, a phone is updated when its owner thinks of it, and
somebody in hospital for weeks does not: half a year is two such releases."""


class Deprecation(Struct, frozen=True, kw_only=True):
    """What was announced of an operation; refused at the start where the end comes too soon."""

    since: date
    """From 00:00 UTC on, it is deprecated."""
    until: date
    """From 00:00 UTC on, it may be gone; it goes with the next major version, not before."""
    instead: str
    """What to call in its place, for an app's developer: `Use \\`readPlan\\`.`"""

    def __post_init__(self) -> None:
        """Raise ValueError where less than SHORTEST lies between the two days."""
        if self.until - self.since < SHORTEST:
            raise ValueError(f"{self.until} is less than {SHORTEST.days} days after {self.since}")

    def headers(self, tag: str, operation_id: str) -> dict[str, str]:
        """Return what every answer of the operation says; the links lead to its place in the reference."""
        page = f"</docs#/{tag}/{operation_id}>"
        return {
            "Deprecation": f"@{int(_instant(self.since).timestamp())}",
            "Sunset": format_datetime(_instant(self.until), usegmt=True),
            "Link": f'{page}; rel="deprecation"; type="text/html", {page}; rel="sunset"; type="text/html"',
        }


def announced(operation: Schema, deprecated: Deprecation | None) -> Schema:
    """Return an Operation Object with what was announced of it: words, days, and the headers of each answer."""
    if deprecated is None:
        return operation
    headers = deprecated.headers(operation["tags"][0], operation["operationId"])
    return operation | {
        "description": f"{_words(deprecated)}\n\n{operation['description']}",
        "deprecated": True,
        "x-sunset": deprecated.until.isoformat(),
        "responses": {
            status: answer
            if "$ref" in answer
            else answer | {"headers": answer["headers"] | _described(headers)}
            for status, answer in operation["responses"].items()
        },
    }


def _words(deprecated: Deprecation) -> str:
    return (
        f"Deprecated since {deprecated.since}; may be gone from {deprecated.until} on. {deprecated.instead}"
    )


_MEANINGS = {
    "Deprecation": "Since when this is deprecated: `@` and the seconds of Unix time (RFC 9745).",
    "Sunset": "From when on it may be gone (RFC 8594).",
    "Link": "Where the reference says what to call instead (RFC 8288).",
}


def _described(headers: dict[str, str]) -> dict[str, Any]:
    return {
        name: {"description": _MEANINGS[name], "schema": {"type": "string", "examples": [value]}}
        for name, value in headers.items()
    }


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

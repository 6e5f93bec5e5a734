"""One operation of the contract: its name, who may call it, what it answers and which errors it can give.

The name is `noun.verb` (design.md, rule 7): audit action and log event as it stands, operation id as `verbNoun`.
`api/openapi.py` prints the document from these, so a route cannot exist without its contract.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from api.deprecation import Deprecation
from domain import errors
from domain.errors import NightbellError


class Auth(StrEnum):
    """What a caller must hold."""

    NONE = "none"
    ACCOUNT = "account"
    REPORTING = "reporting"
    STAFF = "staff"
    PROVIDER = "provider"
    ADDRESS = "address"
    """A secret that stands in the address."""


class Operation(Struct, frozen=True, kw_only=True):
    """What the contract says of one route."""

    name: str
    tag: str
    summary: str
    auth: Auth
    body: Any = None
    answers: Mapping[int, Any] = {}
    """Status → Struct, or None for an empty answer."""
    errors: tuple[type[NightbellError], ...] = ()
    query: Mapping[str, str] = {}
    """Parameter name → what it means."""
    etag: bool = False
    if_match: bool = False
    """The write needs the ETag of what it changes."""
    path_suffix: str = ""
    """What follows the last parameter of the path."""
    is_public: bool = False
    """Its answer is everybody's, and anybody on the way may keep it."""
    media_type: str = "application/json"
    """Of its answers."""
    also: Mapping[str, Any] = {}
    """Media type → Struct: what a caller may ask for instead, by `Accept`."""
    lenient: bool = False
    """Its body is never refused for what it says: what does not fit is kept and named."""
    any_query: bool = False
    """Never refused for a parameter that it does not know: what it does cannot wait for a better request."""
    needs_database: bool = True
    """False where a database that is away is no error: not asked, or an answer of its own."""
    deprecated: Deprecation | None = None
    """Set once it is announced that it will end."""

    def __post_init__(self) -> None:
        """Raise ValueError where a report could not be handed in by an old app any more (design.md, the contract)."""
        if self.deprecated is not None and self.auth is Auth.REPORTING:
            raise ValueError(f"{self.name}: a report is taken from every app that was ever released")

    @property
    def operation_id(self) -> str:
        """`report.submit` → `submitReport`."""
        noun, _, verb = self.name.partition(".")
        head, *tail = f"{verb}-{noun}".split("-")
        return head + "".join(word.capitalize() for word in tail)

    @property
    def refuses_queries(self) -> bool:
        """Whether a query that it does not take as it is ends the request: not for a report, a bell, or a callback."""
        return not (self.any_query or self.lenient or self.auth in {Auth.PROVIDER, Auth.ADDRESS})

    @property
    def all_errors(self) -> tuple[type[NightbellError], ...]:
        """The errors of its own, and those that follow from what it takes."""
        implied: list[type[NightbellError]] = []
        if self.refuses_queries:
            implied += [errors.QueryInvalid, errors.FieldRefused]
        elif self.query:
            implied.append(errors.QueryInvalid)
        if self.auth in {Auth.ACCOUNT, Auth.REPORTING, Auth.STAFF}:
            implied.append(errors.TokenRefused)
        implied += self._errors_of_its_body
        if self.also:
            implied.append(errors.NotAcceptable)
        if self.if_match:
            implied += [errors.PreconditionMissing, errors.PreconditionFailed]
        if self.needs_database:
            implied.append(errors.DatabaseUnavailable)
        return tuple(dict.fromkeys((*implied, *self.errors)))

    @property
    def _errors_of_its_body(self) -> tuple[type[NightbellError], ...]:
        if self.auth is Auth.PROVIDER:
            return (errors.BodyTooLarge, errors.BodyTooSlow)
        if self.body is None:
            return ()
        if self.lenient:
            return (errors.BodyTooSlow,)
        return (
            errors.BodyMalformed,
            errors.BodyInvalid,
            errors.FieldRefused,
            errors.BodyTooLarge,
            errors.BodyTooSlow,
            errors.MediaTypeRefused,
        )


def paged(rows: str) -> Mapping[str, str]:
    """Return the query parameters of a list of these rows."""
    return {"cursor": "Where to go on, from `nextCursor`.", "limit": f"{rows} a page, 1 to 100."}


def contract(operation: Operation) -> dict[str, Any]:
    """Return the keyword arguments of a Litestar route for an operation."""
    deprecated = operation.deprecated
    headers = {} if deprecated is None else deprecated.headers(operation.tag, operation.operation_id)
    return {
        "operation_id": operation.operation_id,
        "opt": {"operation": operation, "headers": headers},
        "status_code": min(operation.answers, default=204),
    }


def operation_in(scope: Any) -> Operation | None:
    """Return the operation that a request (an ASGI scope) has come to; None where its address has none."""
    handler = scope.get("route_handler")
    found: Operation | None = None if handler is None else handler.opt.get("operation")
    return found

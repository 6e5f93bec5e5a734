"""What went wrong, as every operation says it (RFC 9457)."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from api.shapes.advice import WhatToDo


class ProblemError(Struct, frozen=True, rename="camel"):
    """One thing wrong with the request."""

    pointer: str
    """JSON pointer (RFC 6901) into the body, or the name of a query parameter."""
    message: str


class Problem(Struct, frozen=True, kw_only=True, rename="camel"):
    """What went wrong (RFC 9457). Branch on `code`; show `detail` to nobody but a developer."""

    type: Annotated[str, Meta(extra_json_schema={"format": "uri-reference"})]
    """Where the page about this `code` is, on this host: `/docs/problems/{code}`."""
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    code: str
    detail: str
    retry_safe: bool
    """Whether the same request may be sent again unchanged. After 500 `internal`: true of a report, which is safe under
    its id; else false, for nobody knows what was stored."""
    request_id: str
    errors: tuple[ProblemError, ...] = ()
    taken_by: str | UnsetType = UNSET
    """`alert.taken`: the name of who has taken the alert."""
    what_to_do: WhatToDo | UnsetType = UNSET
    """On every problem of handing in a report: show this to the person, who must not be left alone with an error."""

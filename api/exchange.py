"""Reading a request and writing an answer: JSON in, JSON out, nothing by halves."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request as LitestarRequest
from litestar import Response

from api import whole_numbers
from api.errors import pointer_of
from api.faults import faults_of
from api.written import is_written_out
from domain import blinding
from domain.errors import (
    BodyInvalid,
    BodyMalformed,
    Fault,
    FieldRefused,
    MediaTypeRefused,
    NotAcceptable,
    PreconditionFailed,
    PreconditionMissing,
    QueryInvalid,
)

T = TypeVar("T")

Request: TypeAlias = LitestarRequest[Any, Any, Any]

BODY_LIMIT = 64 * 1024
"""Bytes; a report of every item with a full free text has less than 20 KiB."""

PAGE_LIMIT = 100
"""The most rows of one page of a list."""

MOST_DAYS = 60
"""How far ahead anybody may ask; ours."""

_NOT_TAKEN = "The body is not what this operation takes."
_BLINDED = "The request speaks of what this trial is blind to."


async def read_body(request: Request, kind: type[T]) -> T:
    """Decode the JSON body; raise MediaTypeRefused, BodyMalformed or BodyInvalid with a pointer."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise MediaTypeRefused("Send application/json.")
    return decode_json(await request.body(), kind)


async def read_one_of(request: Request, union: Any) -> Any:
    """As `read_body`, for a union of shapes that a tag tells apart."""
    return await read_body(request, union)


def decode_json(body: bytes, kind: type[T]) -> T:
    """Decode JSON into `kind`; raise BodyMalformed, FieldRefused, or BodyInvalid with every fault and its pointer.

    A name given twice is refused: of two answers to one question nothing says which counts (RFC 8259 §4).
    """
    try:
        decoded = whole_numbers.decode(body, kind)
    except msgspec.ValidationError as fault:
        raise _refused(body, kind, fault) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyMalformed("The body is not JSON.") from None
    except RecursionError:
        raise BodyMalformed("The body is nested too deeply.") from None
    value = _read_names(body)
    if not is_written_out(body, kind):
        raise BodyInvalid(_NOT_TAKEN, faults=faults_of(value, kind))
    return decoded


def _refused(body: bytes, kind: type[T], first: msgspec.ValidationError) -> BodyInvalid:
    # What is wrong with a body names its fields, so it is looked first at which they are.
    value = _read_names(body)
    _require_json(body)
    faults = faults_of(value, kind) or (pointer_of(first),)
    return BodyInvalid(_NOT_TAKEN, faults=faults)


def _require_json(body: bytes) -> None:
    """Raise BodyMalformed for a body that is no JSON behind its first fault: where it ends does not matter."""
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        # A number that no machine holds is a fault of its place.
        return
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BodyMalformed("The body is not JSON, or is nested too deeply.") from None


def _read_names(body: bytes) -> object:
    """Decode a body by its names alone; raise FieldRefused or BodyMalformed."""
    try:
        return json.loads(body, object_pairs_hook=_refuse_pairs)
    except (ValueError, RecursionError):
        raise BodyMalformed("The body is not JSON, or is nested too deeply.") from None


def _refuse_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if any(blinding.in_name(name) for name, _ in pairs):
        raise FieldRefused(_BLINDED)
    known = dict(pairs)
    if len(known) != len(pairs):
        raise BodyMalformed("The body gives a name twice.")
    return known


Pairs: TypeAlias = Sequence[tuple[str, str]]
"""The parameters of a query as they were written."""


def read_query(request: Request) -> Mapping[str, str]:
    """Return the query parameters of an operation, which were looked at before it began (`api/queries.py`)."""
    return dict(pairs_of(request.scope["query_string"]))


def pairs_of(written: bytes) -> Pairs:
    """Return the parameters of a query string; raise FieldRefused for a name that could unblind."""
    pairs = parse_qsl(written.decode("ascii", "replace"), keep_blank_values=True)
    if any(blinding.in_name(name) for name, _ in pairs):
        raise FieldRefused(_BLINDED)
    return pairs


def name_faults(pairs: Pairs, allowed: Iterable[str]) -> tuple[Fault, ...]:
    """Return a fault for each parameter that is given twice, and one if any is none of these."""
    names, known = [name for name, _ in pairs], sorted(allowed)
    twice = tuple(Fault(name, "is given twice") for name in known if names.count(name) > 1)
    if set(names) <= set(known):
        return twice
    # Its name may hold anything, a number or a name: no error repeats it.
    takes = f"takes {', '.join(known)}" if known else "takes none"
    return (*twice, Fault("", f"A parameter is not one of this operation: it {takes}."))


def read_limit(query: Mapping[str, str]) -> int:
    """Return how many rows a page shall have, 1 to 100; 50 unless asked otherwise."""
    text = query.get("limit", "50")
    limit = int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else 0  # noqa: PLR2004 - digits of 100
    if not 1 <= limit <= PAGE_LIMIT:
        raise QueryInvalid("The page size is not one.", faults=(Fault("limit", "must be 1 to 100"),))
    return limit


def read_days(query: Mapping[str, str], usual: int) -> int:
    """Return how many days to look ahead, 1 to 60; `usual` unless asked otherwise."""
    text = query.get("days", str(usual))
    days = int(text) if text.isascii() and text.isdecimal() and len(text) <= 2 else 0  # noqa: PLR2004 - digits of 60
    if not 1 <= days <= MOST_DAYS:
        raise QueryInvalid("The days are none.", faults=(Fault("days", f"must be 1 to {MOST_DAYS}"),))
    return days


def negotiated(request: Request, *offered: str) -> str:
    """Return the offered media type that the caller wants most, the first one if she minds none of them more.

    Raises NotAcceptable where she wants none of them (RFC 9110 §12.5.1).
    """
    wanted = [_accepted(part) for part in request.headers.get("accept", "*/*").split(",")]
    quality = {each: _quality(each, wanted) for each in offered}
    best = max(offered, key=lambda each: quality[each])
    if quality[best] <= 0:
        raise NotAcceptable(f"Accept one of {', '.join(offered)}.")
    return best


def _accepted(part: str) -> tuple[str, float]:
    name, *parameters = (each.strip().lower() for each in part.split(";"))
    given = [each.removeprefix("q=") for each in parameters if each.startswith("q=")]
    try:
        return name, float(given[0]) if given else 1.0
    except ValueError:
        return name, 0.0


def _quality(offered: str, wanted: list[tuple[str, float]]) -> float:
    """Return how much a media type is wanted; the most specific range that names it decides."""
    ranges = (offered, f"{offered.partition('/')[0]}/*", "*/*")
    return next((quality for name in ranges for each, quality in wanted if each == name), 0.0)


def tagged(request: Request, payload: object) -> Response[bytes]:
    """Answer personal data with a strong ETag, or 304 when the caller holds the same bytes (RFC 9110 §13.1.2)."""
    return tagged_bytes(request, msgspec.json.encode(payload), "application/json")


def tagged_bytes(request: Request, body: bytes, media_type: str) -> Response[bytes]:
    """As `tagged`, for a body that is written already."""
    etag = _etag(body)
    return unchanged(request, etag) or under_tag(body, etag, media_type)


def unchanged(request: Request, etag: str, *, varies: str = "") -> Response[bytes] | None:
    """Return the 304 for a caller who holds what this tag names; None: she needs the body."""
    held = request.headers.get("if-none-match", "")
    if held == "*" or etag in [tag.strip().removeprefix("W/") for tag in held.split(",")]:
        return Response(b"", status_code=304, headers=_tag_headers(etag, varies))
    return None


def under_tag(
    body: bytes, etag: str, media_type: str = "application/json", *, varies: str = ""
) -> Response[bytes]:
    """Answer personal data under its strong ETag; `varies` names the header that chose it."""
    return Response(body, status_code=200, media_type=media_type, headers=_tag_headers(etag, varies))


def _tag_headers(etag: str, varies: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache", **({"Vary": varies} if varies else {})}


def require_unchanged(request: Request, payload: object) -> None:
    """Raise PreconditionMissing without If-Match, PreconditionFailed if it names another ETag than the payload's."""
    require_tag(request, _etag(msgspec.json.encode(payload)))


def require_tag(request: Request, etag: str) -> None:
    """As `require_unchanged`, for what is read under this tag."""
    held = request.headers.get("if-match")
    if held is None:
        raise PreconditionMissing("Send If-Match with the ETag of what you have read.")
    # Strong comparison (RFC 9110 §8.8.3.2): a weak tag never matches.
    if held.strip() != "*" and etag not in [tag.strip() for tag in held.split(",")]:
        raise PreconditionFailed("It has changed meanwhile. Read it again.")


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def created(payload: object, status: int = 201) -> Response[bytes]:
    """Answer a write; never stored by anybody on the way."""
    return Response(
        msgspec.json.encode(payload),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def replaced(payload: object, etag: str = "") -> Response[bytes]:
    """Answer a write that replaced what a GET shows, with the ETag for the next one; a write is never answered 304.

    `etag` is the tag under which it is read, where that is not made from its bytes.
    """
    answer = created(payload, 200)
    answer.set_header("ETag", etag or _etag(msgspec.json.encode(payload)))
    return answer

"""Opaque cursors: where a list goes on."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.base64url import base64url
from domain.answers import NO_NUL
from domain.errors import Fault, QueryInvalid

T = TypeVar("T")

NEWEST = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
"""Before every row there can be."""

OLDEST = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
"""Before every row of a list that goes the other way."""

_Position = Annotated[int, Meta(ge=0, le=2**63 - 1)]

_Text = Annotated[str, Meta(pattern=NO_NUL)]


def cursor_of(at: datetime, row_id: UUID) -> str:
    """Return the cursor after a row of a list that is ordered by time and id."""
    return _encode((at, row_id))


def read_cursor(text: str | None, beginning: tuple[datetime, UUID] = NEWEST) -> tuple[datetime, UUID]:
    """Return where such a list goes on; its beginning without a cursor. Raises QueryInvalid."""
    if text is None:
        return beginning
    at, row_id = _decode(text, tuple[datetime, UUID])
    # Ours are always in UTC; an offset could lead out of the years that there are.
    if at.utcoffset() != timedelta():
        raise _unreadable()
    return at, row_id


def cursor_of_entry(at: datetime, chain: str, position: int) -> str:
    """Return the cursor after an entry of the audit trail."""
    return _encode((at, chain, position))


def read_entry_cursor(text: str | None) -> tuple[datetime, str, int]:
    """Return where the trail goes on, newest first; its end without a cursor. Raises QueryInvalid."""
    if text is None:
        return NEWEST[0], "", 0
    at, chain, position = _decode(text, tuple[datetime, _Text, _Position])
    if at.utcoffset() != timedelta():
        raise _unreadable()
    return at, chain, position


def cursor_of_text(text: str) -> str:
    """Return the cursor after a row of a list that is ordered by a text."""
    return _encode((text,))


def read_text_cursor(text: str | None) -> str:
    """Return where such a list goes on; its beginning without a cursor. Raises QueryInvalid."""
    return "" if text is None else _decode(text, tuple[_Text])[0]


def cut(
    found: tuple[T, ...], limit: int, cursor: Callable[[T], str]
) -> tuple[tuple[T, ...], str | UnsetType]:
    """Cut a page of `limit` from one row more; return it with the cursor after it, if anything follows."""
    page = found[:limit]
    return page, cursor(page[-1]) if len(found) > limit else UNSET


def _encode(place: tuple[object, ...]) -> str:
    return base64url(msgspec.json.encode(place))


def _decode(text: str, kind: type[T]) -> T:
    try:
        place = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(place, type=kind)
    except (ValueError, binascii.Error, msgspec.MsgspecError, RecursionError):
        raise _unreadable() from None


def _unreadable() -> QueryInvalid:
    faults = (Fault("cursor", "is not a cursor of this list"),)
    return QueryInvalid("The cursor cannot be read.", faults=faults)

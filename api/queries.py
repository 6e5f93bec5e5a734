"""The query of a request, looked at in one place before anything else: every fault of it at once.

What follows from two of them together, or from whose they are, its route looks at.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final, TypeVar
from uuid import UUID

import msgspec

from api.cursors import read_cursor, read_entry_cursor, read_text_cursor
from api.exchange import MOST_DAYS, Pairs, name_faults, pairs_of, read_days, read_limit
from api.operations import Operation
from api.written import is_written_out
from domain.errors import Fault, QueryInvalid

T = TypeVar("T")

Query = Mapping[str, str]

_CANNOT_BE_READ: Final = "A query parameter cannot be read."

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Action = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$")]


def look_at(written: bytes, operation: Operation) -> None:
    """Raise QueryInvalid with every fault of a query that an operation takes, FieldRefused if it could unblind."""
    pairs = pairs_of(written)
    faults = (*name_faults(pairs, tuple(operation.query)), *_value_faults(pairs, operation))
    if faults:
        raise QueryInvalid(_CANNOT_BE_READ, faults=faults)


def _value_faults(pairs: Pairs, operation: Operation) -> tuple[Fault, ...]:
    names = [name for name, _ in pairs]
    once = {name: value for name, value in pairs if name in operation.query and names.count(name) == 1}
    faults: list[Fault] = []
    for name in sorted(once):
        try:
            _reader(operation, name)(once)
        except QueryInvalid as fault:
            faults += fault.faults
    return tuple(faults)


def read_instant(query: Query, name: str) -> datetime | None:
    """Return an instant in UTC, None where it is not asked for. A plus sign that was not escaped arrives as a blank."""
    words = "must be RFC 3339 with an offset; its plus sign is written %2B"
    moment = _read(query, name, _Instant, words, lambda text: text.replace(" ", "+"))
    try:
        return None if moment is None else moment.astimezone(UTC)
    except OverflowError:
        raise _unreadable(name, words) from None


def read_id(query: Query, name: str) -> UUID | None:
    """Return an id, None where it is not asked for."""
    return _read(query, name, UUID, "must be a UUID with its dashes")


def read_action(query: Query) -> str | None:
    """Return the action asked for, `noun.verb`; None for all of them."""
    return _read(query, "action", _Action, "must be noun.verb")


def read_is_live(query: Query) -> bool | None:
    """Return whether only live alerts are asked for, or only those put away; None for both."""
    scopes = {None: None, "live": True, "resolved": False}
    asked = query.get("state")
    if asked not in scopes:
        raise _unreadable("state", "must be live or resolved")
    return scopes[asked]


def _read(query: Query, name: str, kind: type[T], words: str, mended: Callable[[str], str] = str) -> T | None:
    if name not in query:
        return None
    text = mended(query[name])
    try:
        value = msgspec.convert(text, kind)
    except msgspec.ValidationError:
        raise _unreadable(name, words) from None
    if not is_written_out(msgspec.json.encode(text), kind):
        raise _unreadable(name, words)
    return value


def _unreadable(name: str, words: str) -> QueryInvalid:
    return QueryInvalid(_CANNOT_BE_READ, faults=(Fault(name, words),))


Reader = Callable[[Query], object]


def _cursor(read: Callable[[str | None], object]) -> Reader:
    return lambda query: read(query["cursor"])


_READERS: Final[Mapping[str, Reader]] = {
    "limit": read_limit,
    "days": lambda query: read_days(query, MOST_DAYS),
    "cursor": _cursor(read_cursor),
    "from": partial(read_instant, name="from"),
    "to": partial(read_instant, name="to"),
    "siteId": partial(read_id, name="siteId"),
    "participantId": partial(read_id, name="participantId"),
    "action": read_action,
    "state": read_is_live,
}

_CURSORS: Final[Mapping[str, Reader]] = {
    "audit.list": _cursor(read_entry_cursor),
    "site-schedule.list": _cursor(read_text_cursor),
    "participant.list": _cursor(read_text_cursor),
}
"""Of the lists that are not ordered by time and id."""


def _reader(operation: Operation, name: str) -> Reader:
    return _CURSORS.get(operation.name, _READERS[name]) if name == "cursor" else _READERS[name]

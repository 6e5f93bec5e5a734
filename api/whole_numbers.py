"""1.0 is a whole number, as the contract's schemas read JSON: a phone whose language has but one kind writes it so."""

import json
from typing import TypeVar

import msgspec

T = TypeVar("T")

_EXACT = 2**53
"""Up to here a binary float has every whole number."""


def decode(body: bytes, kind: type[T]) -> T:
    """Decode JSON as msgspec does, which takes no 1.0 where a whole number is wanted; it is asked again with a 1."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        written = _written_whole(body)
        if written is None:
            raise
        return msgspec.json.decode(written, type=kind)


def as_whole(value: T) -> T | int:
    """Return a whole number without its point, and whatever else there is as it is."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    return value


def _written_whole(body: bytes) -> bytes | None:
    """Return JSON with its whole numbers written without a point; None where there is nothing to write anew."""
    found = False

    def read(text: str) -> float:
        nonlocal found
        number = float(text)
        written = as_whole(number)
        found = found or isinstance(written, int)
        return written

    try:
        whole = json.loads(body, parse_float=read)
        return json.dumps(whole).encode() if found else None
    except (ValueError, RecursionError):
        return None

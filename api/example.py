"""A body that the contract shows and a test sends."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

Value: TypeAlias = Mapping[str, "Value"] | tuple["Value", ...] | str | float


class Example(Struct, frozen=True):
    """A body that can be sent, and a line on what it says."""

    name: Literal["en", "zh-CN"]
    summary: str
    value: Value


def both(english: str, chinese: str, value: Value) -> tuple[Example, ...]:
    """Return the same body with a line in each language."""
    return (Example("en", english, value), Example("zh-CN", chinese, value))

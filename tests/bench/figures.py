"""What a benchmark says: one line of the table and of bench.json each."""

import sys
from collections.abc import Mapping

from msgspec import Struct


class Figure(Struct, frozen=True, kw_only=True):
    """One measured value beside its goal. `met` is None where nothing was promised."""

    name: str
    value: float
    goal: str
    met: bool | None
    figures: Mapping[str, object]


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")

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


PROMISED_AT = 32
"""Connections at which a goal of the performance notes counts; fewer are measured beside it."""


def at(
    connections: int, name: str, value: float, goal: str, figures: Mapping[str, object], *, met: bool
) -> Figure:
    """Return what was measured at so many connections; without a goal where none was promised."""
    promised = connections == PROMISED_AT
    return Figure(
        name=name.format(f"{connections} connections"),
        value=round(value, 3),
        goal=goal if promised else "",
        met=met if promised else None,
        figures=figures,
    )


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")

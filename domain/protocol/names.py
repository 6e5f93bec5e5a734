"""The words the protocol is written in: keys, levels, signals, readers, and what nobody has confirmed yet."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

from msgspec import Meta

from domain.protocol.table import Table

T = TypeVar("T")

Key = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=64)]
"""A name inside the protocol: an item, a choice, an assessment, a text."""


class Level(StrEnum):
    """How fast a report must be answered, lowest first (trial.md §2)."""

    NONE = "none"
    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """Return 0 for none up to 3 for emergency; a report's level is the maximum over its fired rules."""
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(Level)}


class Signal(StrEnum):
    """The four complications the trial counts separately (trial.md §1)."""

    BLEEDING = "bleeding"
    CONFUSION = "confusion"
    INFECTION = "infection"
    KIDNEY = "kidney"


class Audience(StrEnum):
    """Who fills in a form. A caregiver's form has observable signs only (trial.md §2)."""

    PARTICIPANT = "participant"
    CAREGIVER = "caregiver"


class Stated(Table, Generic[T], frozen=True):
    """A value the registration text does not give: stated so that the program runs, and marked.

    `confirmed = false` keeps every site from going live (trial.md §1).
    """

    value: T
    confirmed: bool
    source: str


class CutOff(Table, frozen=True):
    """A number that is the investigator's to give. Without a value, what asks for it cannot be decided."""

    confirmed: bool
    source: str
    value: float | None = None


class Approval(Table, frozen=True):
    """An investigator's signature under a version."""

    name: str
    role: str
    signed_on: date

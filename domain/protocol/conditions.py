"""What a rule asks of the answers, of the calendar, of the other rules, and of earlier reports.

Every condition is true, false or unknown (domain/triage.py). None says "not", so that an answer more never takes a
fired rule back. Durations are ISO 8601 ("P7D").
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta

from domain.protocol.names import CutOff, Key, Stated
from domain.protocol.table import Table


class Is(Table, frozen=True, tag="is", tag_field="test"):
    """True when the item's choice is one of `choices`; unknown when unanswered."""

    item: Key
    choices: tuple[Key, ...]


class Between(Table, frozen=True, tag="between", tag_field="test"):
    """True when at_least <= number < below (a missing bound is open); unknown when unanswered."""

    item: Key
    at_least: float | None = None
    below: float | None = None


class Written(Table, frozen=True, tag="written", tag_field="test"):
    """True when the item holds any text but white space; unknown when unanswered."""

    item: Key


class Under(Table, frozen=True, tag="under", tag_field="test"):
    """True when the number is under the investigator's cut-off; unknown as long as she has given none."""

    item: Key
    cut_off: CutOff


class Day(Table, frozen=True, tag="day", tag_field="test"):
    """True on days `first` to `last`, both included, after any administration, at onset or at receipt.

    Unknown while no administration is recorded: it may have been given and not been entered yet.
    """

    first: int
    last: int
    or_unknown: bool = False
    """True then, too: doubt raises."""


class RuleFired(Table, frozen=True, tag="fired", tag_field="test"):
    """True when a rule of one of these sources has fired; they stand above the one that asks."""

    sources: tuple[str, ...]


class Again(Table, frozen=True, tag="again", tag_field="test"):
    """True when an earlier report within this time had the number at `at_least` or more."""

    item: Key
    at_least: float
    within: Stated[timedelta]


class Risen(Table, frozen=True, tag="risen", tag_field="test"):
    """True when the number is `by` or more above one reported within this time."""

    item: Key
    by: float
    within: timedelta


class RisenDaily(Table, frozen=True, tag="risen-daily", tag_field="test"):
    """True when the number rose by `by` or more from one day to the next, on so many `days` within this time."""

    item: Key
    by: float
    days: Annotated[int, Meta(ge=1)]
    within: timedelta


class Fallen(Table, frozen=True, tag="fallen", tag_field="test"):
    """True when the number is `by` or more under the reporter's baseline."""

    item: Key
    by: float


class Worse(Table, frozen=True, tag="worse", tag_field="test"):
    """True when one of the items is `grades` or more above the reporter's last report that answered it, or baseline."""

    items: tuple[Key, ...]
    grades: Annotated[int, Meta(ge=1)]
    than: Literal["last", "baseline"]


class Disagrees(Table, frozen=True, tag="disagrees", tag_field="test"):
    """True when the other one, participant or caregiver, graded one of the items otherwise within this time."""

    items: tuple[Key, ...]
    within: timedelta


class AnyOf(Table, frozen=True, tag="any", tag_field="test"):
    """Kleene "or": true if one is true, else unknown if one is unknown, else false."""

    of: tuple["Condition", ...]


class AllOf(Table, frozen=True, tag="all", tag_field="test"):
    """Kleene "and": false if one is false, else unknown if one is unknown, else true."""

    of: tuple["Condition", ...]


OfAnswer = Is | Between | Written | Under
"""Reads one answer of the report."""
OfPast = Again | Risen | RisenDaily | Fallen | Worse | Disagrees
"""Compares an answer with earlier reports."""
Condition = OfAnswer | OfPast | Day | RuleFired | AnyOf | AllOf

AskWhen = Is | Between | Day | AnyOf | AllOf
"""What skip logic may ask: a phone that is offline must be able to tell."""


def items_of(condition: Condition) -> tuple[Key, ...]:
    """Return the items of the report that a condition reads, in the order it names them, each once."""
    if isinstance(condition, AnyOf | AllOf):
        return tuple(dict.fromkeys(item for part in condition.of for item in items_of(part)))
    if isinstance(condition, Worse | Disagrees):
        return condition.items
    return () if isinstance(condition, Day | RuleFired) else (condition.item,)


def sources_of(condition: Condition) -> tuple[str, ...]:
    """Return the sources of the rules that a condition asks about."""
    if isinstance(condition, AnyOf | AllOf):
        return tuple(dict.fromkeys(each for part in condition.of for each in sources_of(part)))
    return condition.sources if isinstance(condition, RuleFired) else ()


def parts_of(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that a condition is made of, itself where it is made of none."""
    if isinstance(condition, AnyOf | AllOf):
        for part in condition.of:
            yield from parts_of(part)
    else:
        yield condition

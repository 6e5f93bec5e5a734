"""Rules as data, each with the cases it must prove itself on."""

from functools import cache
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from domain.protocol.conditions import Condition
from domain.protocol.forms import Form
from domain.protocol.names import Approval, Audience, Key, Level, Signal, Stated
from domain.protocol.table import Table

NEWEST: Final = 99999
"""No form has so many versions."""


class ExampleEarlier(Table, frozen=True):
    """An earlier report of an example, so many hours before."""

    hours_ago: Annotated[float, Meta(gt=0)]
    form: Key
    answers: dict[Key, str | float]
    reporter: Audience | None = None
    """Of the form's audience unless given."""


class Example(Table, frozen=True):
    """A case a rule ships with: the answers as {item: choice, number or text} and whether it fires.

    `form` is the newest version of that form which the rule covers, or the one it names: `caregiver.1`.
    """

    form: Key
    answers: dict[Key, str | float]
    fires: bool
    days: tuple[int, ...] = ()
    """Days since each administration."""
    earlier: tuple[ExampleEarlier, ...] = ()


class Rule(Table, frozen=True):
    """One rule of trial.md §2. `source` is its name there; rules that share a source differ in level or form."""

    id: Key
    source: str
    forms: tuple[Key, ...]
    """`caregiver` is every version of that form, `caregiver.2` those from 2 on, `caregiver.1-1` those from 1 to 1."""
    when: Condition
    level: Level
    signal: Signal | None = None
    advice: Key | None = None
    examples: tuple[Example, ...] = ()

    def covers(self, form: Form) -> bool:
        """Say whether the rule judges reports on this form version."""
        return any(versions(each).holds(form) for each in self.forms)


class Versions(Struct, frozen=True):
    """Some versions of a form, both ends included."""

    form_id: Key
    since: int
    until: int

    def holds(self, form: Form) -> bool:
        """Say whether a form version is one of them."""
        return form.id == self.form_id and self.since <= form.version <= self.until


@cache
def versions(entry: Key) -> Versions:
    """Read an entry of `Rule.forms`; what cannot be read names no version."""
    form_id, _, numbers = entry.partition(".")
    since, _, until = numbers.partition("-")
    if not numbers:
        return Versions(form_id, 1, NEWEST)
    if not since.isdecimal() or (until and not until.isdecimal()):
        return Versions(form_id, NEWEST, 0)
    return Versions(form_id, int(since), int(until) if until else NEWEST)


class RuleSet(Table, frozen=True):
    """`rules.toml`: all rules of one version, and the level of "don't know" on a red-flag item."""

    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    dont_know_choice: Key
    dont_know_level: Level
    untriaged_level: Level
    baseline: Stated[Literal["first-report"]]
    """What an answer is compared with as baseline: the reporter's first report that answered the item."""
    rules: tuple[Rule, ...]
    approvals: tuple[Approval, ...] = ()

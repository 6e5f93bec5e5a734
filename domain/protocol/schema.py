"""The protocol as values: what `domain/protocol/*.toml` says, decoded into frozen Structs.

Nothing here decides; `check.py` says whether a protocol holds together, the rest of `domain/` reads it.
TOML keys are kebab-case. Durations are ISO 8601 strings in the files ("PT10M") and `timedelta` here.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct, field

from domain.protocol.clocks import Escalation
from domain.protocol.reminders import Reminders
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
        return list(Level).index(self)


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


class Approval(Table, frozen=True):
    """An investigator's signature under a version."""

    name: str
    role: str
    signed_on: date


class Trial(Table, frozen=True):
    """`trial.toml`: which trial and version the other files describe."""

    id: Key
    version: str
    status: Literal["draft", "approved"]
    emergency_number: Annotated[str, Meta(pattern=r"^[0-9]{2,6}$")]
    approvals: tuple[Approval, ...]


class Window(Table, frozen=True):
    """Whole days before and after a target day in which a visit counts."""

    days_before: Annotated[int, Meta(ge=0, le=60)]
    days_after: Annotated[int, Meta(ge=0, le=60)]


class Visit(Table, frozen=True):
    """A visit of the protocol (trial.md §1). Its target day is 7 * week days after the anchor date."""

    week: Annotated[int, Meta(ge=1, le=52)]
    assessments: tuple[Key, ...]
    preparation: tuple[Key, ...]
    """Text keys; only this visit's preparation is named to the participant (trial.md §3)."""


class Phase(Table, frozen=True):
    """How one phase of the trial counts its weeks: from the first or the last administration."""

    anchor: Stated[Literal["first-administration", "last-administration"]]
    visit_window: Stated[Window]


class SafetyWindow(Table, frozen=True):
    """Days after an administration, both ends included (trial.md §1)."""

    id: Key
    first_day: int
    last_day: int


class CheckIns(Table, frozen=True):
    """Weekly symptom check-ins: the first and last week, both included, and the days each stays open."""

    first_week: Annotated[int, Meta(ge=1)]
    last_week: Annotated[int, Meta(le=52)]
    forms: tuple[Key, ...]
    """The forms with which a participant checks in; no other report does it for her (trial.md §2, Forms)."""
    window: Stated[Window]


class Calendar(Table, frozen=True):
    """`calendar.toml`: visits, check-ins, phases, safety windows, and what nobody has said yet."""

    assessments: tuple[Key, ...]
    visits: tuple[Visit, ...]
    check_ins: CheckIns
    phases: dict[Key, Phase]
    safety_windows: tuple[SafetyWindow, ...]
    left_open: dict[Key, Stated[str]] = field(default_factory=dict)
    """What the registration text leaves open and no visit plans, in words for people (trial.md §1)."""


class Choice(Table, frozen=True):
    """One answer of a choice item. A higher grade is a worse answer; "don't know" has no grade."""

    id: Key
    grade: Annotated[int, Meta(ge=0, le=4)] | None = None


class ChoiceItem(Table, frozen=True, tag="choice", tag_field="type"):
    """A question answered by exactly one of its choices; `red_flag` items make "don't know" urgent."""

    id: Key
    choices: tuple[Choice, ...]
    red_flag: bool = False
    signal: Signal | None = None


class NumberItem(Table, frozen=True, tag="number", tag_field="type"):
    """A question answered by a number in `unit`, in steps of 10**-decimals."""

    id: Key
    unit: str
    minimum: float
    maximum: float
    decimals: Annotated[int, Meta(ge=0, le=3)]


class TextItem(Table, frozen=True, tag="text", tag_field="type"):
    """A question answered in free words, never judged by the program (trial.md §2, F1)."""

    id: Key
    max_length: Annotated[int, Meta(ge=1, le=4000)]


Item = ChoiceItem | NumberItem | TextItem


class Form(Table, frozen=True):
    """`form-*.toml`: one immutable version of an instrument. Item texts are in the text files."""

    id: Key
    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    audience: Audience
    recall: Key
    items: tuple[Item, ...]


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


class AnyOf(Table, frozen=True, tag="any", tag_field="test"):
    """Kleene "or": true if one is true, else unknown if one is unknown, else false."""

    of: tuple["Condition", ...]


class AllOf(Table, frozen=True, tag="all", tag_field="test"):
    """Kleene "and": false if one is false, else unknown if one is unknown, else true."""

    of: tuple["Condition", ...]


Condition = Is | Between | Written | AnyOf | AllOf


class Example(Table, frozen=True):
    """A case a rule ships with: the answers as {item: choice, number or text} and whether it fires."""

    form: Key
    answers: dict[Key, str | float]
    fires: bool


class Rule(Table, frozen=True):
    """One rule of trial.md §2. `source` is its name there; rules that share a source differ in level or form."""

    id: Key
    source: str
    forms: tuple[Key, ...]
    when: Condition
    level: Level
    signal: Signal | None = None
    advice: Key | None = None
    examples: tuple[Example, ...] = ()


class RuleSet(Table, frozen=True):
    """`rules.toml`: all rules of one version, and the level of "don't know" on a red-flag item."""

    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    dont_know_choice: Key
    dont_know_level: Level
    untriaged_level: Level
    rules: tuple[Rule, ...]
    approvals: tuple[Approval, ...] = ()


class Texts(Table, frozen=True):
    """`texts-*.toml`: every sentence somebody reads, in one language, by key; {names} are placeholders."""

    language: Literal["en", "zh-CN"]
    texts: dict[Key, str]


class Protocol(Struct, frozen=True, kw_only=True):
    """The whole protocol of one trial, checked."""

    id: str
    version: str
    status: Literal["draft", "approved"]
    approvals: tuple[Approval, ...]
    emergency_number: str
    calendar: Calendar
    forms: tuple[Form, ...]
    rules: RuleSet
    escalation: Escalation
    reminders: Reminders
    texts: dict[str, Texts]
    """By language tag."""
    unconfirmed: tuple[str, ...]
    """Dotted paths of every value still to be confirmed, e.g. `calendar.phases.phase-1.anchor`."""
    digest: str = ""
    """SHA-256 in hex over the names and bytes of its files: which protocol a report was judged by."""

    @property
    def current_forms(self) -> tuple[Form, ...]:
        """The newest version of each form."""
        return tuple({form.id: form for form in sorted(self.forms, key=lambda each: each.version)}.values())

    def form(self, form_id: str, version: int) -> Form | None:
        """Return one version of a form."""
        return next((form for form in self.forms if (form.id, form.version) == (form_id, version)), None)

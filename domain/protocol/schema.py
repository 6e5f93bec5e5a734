"""The protocol as values: what `domain/protocol/*.toml` says, decoded into frozen Structs.

Nothing here decides; `check.py` says whether a protocol holds together, the rest of `domain/` reads it.
TOML keys are kebab-case. Durations are ISO 8601 strings in the files ("PT10M") and `timedelta` here.
"""

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct

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


class _File(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    pass


class Stated(_File, Generic[T], frozen=True):
    """A value the registration text does not give: stated so that the program runs, and marked.

    `confirmed = false` keeps every site from going live (trial.md §1).
    """

    value: T
    confirmed: bool
    source: str


class Approval(_File, frozen=True):
    """An investigator's signature under a version."""

    name: str
    role: str
    signed_on: date


class Trial(_File, frozen=True):
    """`trial.toml`: which trial and version the other files describe."""

    id: Key
    version: str
    status: Literal["draft", "approved"]
    emergency_number: Annotated[str, Meta(pattern=r"^[0-9]{2,6}$")]
    approvals: tuple[Approval, ...]


class Window(_File, frozen=True):
    """Whole days before and after a target day in which a visit counts."""

    days_before: Annotated[int, Meta(ge=0, le=60)]
    days_after: Annotated[int, Meta(ge=0, le=60)]


class Visit(_File, frozen=True):
    """A visit of the protocol (trial.md §1). Its target day is 7 * week days after the anchor date."""

    week: Annotated[int, Meta(ge=1, le=52)]
    assessments: tuple[Key, ...]
    preparation: tuple[Key, ...]
    """Text keys; only this visit's preparation is named to the participant (trial.md §3)."""


class Phase(_File, frozen=True):
    """How one phase of the trial counts its weeks: from the first or the last administration."""

    anchor: Stated[Literal["first-administration", "last-administration"]]
    visit_window: Stated[Window]


class SafetyWindow(_File, frozen=True):
    """Days after an administration, both ends included (trial.md §1)."""

    id: Key
    first_day: int
    last_day: int


class CheckIns(_File, frozen=True):
    """Weekly symptom check-ins: the first and last week, both included, and the days each stays open."""

    first_week: Annotated[int, Meta(ge=1)]
    last_week: Annotated[int, Meta(le=52)]
    window: Stated[Window]


class Calendar(_File, frozen=True):
    """`calendar.toml`: visits, check-ins, phases, safety windows, and what nobody has said yet."""

    assessments: tuple[Key, ...]
    visits: tuple[Visit, ...]
    check_ins: CheckIns
    phases: dict[Key, Phase]
    safety_windows: tuple[SafetyWindow, ...]
    left_open: dict[Key, Stated[str]] = {}
    """What the registration text leaves open and no visit plans, in words for people (trial.md §1)."""


class Choice(_File, frozen=True):
    """One answer of a choice item. A higher grade is a worse answer; "don't know" has no grade."""

    id: Key
    grade: Annotated[int, Meta(ge=0, le=4)] | None = None


class ChoiceItem(_File, frozen=True, tag="choice", tag_field="type"):
    """A question answered by exactly one of its choices; `red_flag` items make "don't know" urgent."""

    id: Key
    choices: tuple[Choice, ...]
    red_flag: bool = False
    signal: Signal | None = None


class NumberItem(_File, frozen=True, tag="number", tag_field="type"):
    """A question answered by a number in `unit`, in steps of 10**-decimals."""

    id: Key
    unit: str
    minimum: float
    maximum: float
    decimals: Annotated[int, Meta(ge=0, le=3)]


class TextItem(_File, frozen=True, tag="text", tag_field="type"):
    """A question answered in free words, never judged by the program (trial.md §2, F1)."""

    id: Key
    max_length: Annotated[int, Meta(ge=1, le=4000)]


Item = ChoiceItem | NumberItem | TextItem


class Form(_File, frozen=True):
    """`form-*.toml`: one immutable version of an instrument. Item texts are in the text files."""

    id: Key
    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    audience: Audience
    recall: Key
    items: tuple[Item, ...]


class Is(_File, frozen=True, tag="is", tag_field="test"):
    """True when the item's choice is one of `choices`; unknown when unanswered."""

    item: Key
    choices: tuple[Key, ...]


class Between(_File, frozen=True, tag="between", tag_field="test"):
    """True when at_least <= number < below (a missing bound is open); unknown when unanswered."""

    item: Key
    at_least: float | None = None
    below: float | None = None


class Written(_File, frozen=True, tag="written", tag_field="test"):
    """True when the item holds any text but white space; unknown when unanswered."""

    item: Key


class AnyOf(_File, frozen=True, tag="any", tag_field="test"):
    """Kleene "or": true if one is true, else unknown if one is unknown, else false."""

    of: tuple["Condition", ...]


class AllOf(_File, frozen=True, tag="all", tag_field="test"):
    """Kleene "and": false if one is false, else unknown if one is unknown, else true."""

    of: tuple["Condition", ...]


Condition = Is | Between | Written | AnyOf | AllOf


class Example(_File, frozen=True):
    """A case a rule ships with: the answers as {item: choice, number or text} and whether it fires."""

    form: Key
    answers: dict[Key, str | float]
    fires: bool


class Rule(_File, frozen=True):
    """One rule of trial.md §2. `source` is its name there; rules that share a source differ in level or form."""

    id: Key
    source: str
    forms: tuple[Key, ...]
    when: Condition
    level: Level
    signal: Signal | None = None
    advice: Key | None = None
    examples: tuple[Example, ...] = ()


class RuleSet(_File, frozen=True):
    """`rules.toml`: all rules of one version, and the level of "don't know" on a red-flag item."""

    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    dont_know_choice: Key
    dont_know_level: Level
    untriaged_level: Level
    rules: tuple[Rule, ...]
    approvals: tuple[Approval, ...] = ()


class StepTarget(StrEnum):
    """Whom an escalation step rings: a tier of the rota, the principal investigator, or everyone."""

    FIRST = "on-call-1"
    SECOND = "on-call-2"
    THIRD = "on-call-3"
    PRINCIPAL_INVESTIGATOR = "principal-investigator"


class Step(_File, frozen=True):
    """Ring `target`, then wait this long for an acknowledgement before the next step."""

    target: StepTarget
    wait: timedelta


class Policy(_File, frozen=True):
    """How an alert of one level climbs (trial.md §3). Frozen into the alert when it opens."""

    first_message_within: timedelta
    steps: tuple[Step, ...]
    exhausted_repeat: timedelta
    """After the last step everyone is rung, again and again, this far apart."""
    contact_within: timedelta
    """An acknowledgement without a contact outcome lapses after this."""
    join_for: timedelta
    """A repeat of known signals joins an unanswered round silently for this long (design.md rule 6)."""
    receipt_within: timedelta
    """No receipt from the provider within this counts as a failure of the route."""


class DayHours(_File, frozen=True):
    """Local hours at the site that count as day, from `start` up to but not including `end`."""

    start: time
    end: time


class Escalation(_File, frozen=True):
    """`escalation.toml`: the response clocks of trial.md §3."""

    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    day: DayHours
    emergency: Policy
    urgent: Policy
    acknowledge_minutes_named: Annotated[int, Meta(ge=1, le=60)]
    """The minutes the SMS names."""


class Texts(_File, frozen=True):
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
    texts: dict[str, Texts]
    """By language tag."""
    unconfirmed: tuple[str, ...]
    """Dotted paths of every value still to be confirmed, e.g. `calendar.phases.phase-1.anchor`."""

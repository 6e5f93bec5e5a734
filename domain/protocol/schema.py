"""The protocol as values: what `domain/protocol/*.toml` says, decoded into frozen Structs.

Nothing here decides; `check.py` says whether a protocol holds together, the rest of `domain/` reads it.
TOML keys are kebab-case. Durations are ISO 8601 strings in the files ("PT10M") and `timedelta` here.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from domain.protocol.clocks import Escalation
from domain.protocol.forms import Choice, ChoiceItem, Form, Item, NumberItem, TextItem
from domain.protocol.names import Approval, Audience, CutOff, Key, Level, Signal, Stated
from domain.protocol.reminders import Reminders
from domain.protocol.routes import Routes
from domain.protocol.rules import Example, ExampleEarlier, Rule, RuleSet
from domain.protocol.table import Table

__all__ = [
    "Approval",
    "Audience",
    "Calendar",
    "CheckIns",
    "Choice",
    "ChoiceItem",
    "CutOff",
    "Example",
    "ExampleEarlier",
    "Form",
    "Item",
    "Key",
    "Level",
    "NumberItem",
    "Phase",
    "Protocol",
    "Rule",
    "RuleSet",
    "SafetyWindow",
    "Signal",
    "Stated",
    "TextItem",
    "Texts",
    "Trial",
    "Visit",
    "Window",
]


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
    routes: Routes
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

    def ids(self) -> frozenset[Key]:
        """Return the ids by which a report may answer: of every version of a form, its items and their choices."""
        items = [item for form in self.forms for item in form.items]
        choices = [each.id for item in items if isinstance(item, ChoiceItem) for each in item.choices]
        return frozenset((*(form.id for form in self.forms), *(item.id for item in items), *choices))

    def form(self, form_id: str, version: int) -> Form | None:
        """Return one version of a form."""
        return next((form for form in self.forms if (form.id, form.version) == (form_id, version)), None)

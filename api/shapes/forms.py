"""Forms, in the reader's language, with what a phone needs while it is offline."""

from typing import Literal

from msgspec import UNSET, UnsetType

from api.shapes.advice import LevelName
from api.shapes.base import Language, View


class FormReference(View, frozen=True, kw_only=True):
    """A form that this account can fill in now."""

    form_id: str
    version: int
    title: str


class FormList(View, frozen=True, kw_only=True):
    """My forms."""

    forms: tuple[FormReference, ...]


class ChoiceTest(View, frozen=True, kw_only=True, tag="is", tag_field="test"):
    """True when the item's answer is one of these choices, else false; unknown while it is not answered.

    `dont-know` is unknown as well, unless it is one of these choices: then it is true.
    """

    item_id: str
    choices: tuple[str, ...]


class RangeTest(View, frozen=True, kw_only=True, tag="between", tag_field="test"):
    """True when `atLeast` <= number < `below`; a bound that is absent is open. Unknown while not answered."""

    item_id: str
    at_least: float | UnsetType = UNSET
    below: float | UnsetType = UNSET


class WordsTest(View, frozen=True, kw_only=True, tag="written", tag_field="test"):
    """True when the item has any text but white space; unknown while not answered."""

    item_id: str


class DayTest(View, frozen=True, kw_only=True, tag="day", tag_field="test"):
    """True on these days after an administration, both included: the day itself is 0, see `GET /v1/me/schedule`.

    While that names no administration: true where `orUnknown` is, else unknown.
    """

    first: int
    last: int
    or_unknown: bool


class AnyTest(View, frozen=True, kw_only=True, tag="any", tag_field="test"):
    """True when one is true, else unknown when one is unknown, else false."""

    of: tuple["TestView", ...]


class AllTest(View, frozen=True, kw_only=True, tag="all", tag_field="test"):
    """False when one is false, else unknown when one is unknown, else true."""

    of: tuple["TestView", ...]


TestView = ChoiceTest | RangeTest | WordsTest | DayTest | AnyTest | AllTest
"""A condition that a phone can decide by itself. What is unknown is not true."""


class ChoiceView(View, frozen=True, kw_only=True):
    """One answer to choose."""

    id: str
    text: str
    level: LevelName
    """How urgent this answer is by itself."""


class ChoiceItemView(View, frozen=True, kw_only=True, tag="choice", tag_field="type"):
    """Choose exactly one. Not answering is allowed, and is not a "no"."""

    item_id: str
    text: str
    red_flag: bool
    choices: tuple[ChoiceView, ...]
    ask_when: TestView | UnsetType = UNSET
    """Ask this only when it is true of the answers before it. Absent: always ask."""


class NumberItemView(View, frozen=True, kw_only=True, tag="number", tag_field="type"):
    """A number in a unit, with at most `decimals` decimals."""

    item_id: str
    text: str
    unit: str
    minimum: float
    maximum: float
    decimals: int
    ask_when: TestView | UnsetType = UNSET


class TextItemView(View, frozen=True, kw_only=True, tag="text", tag_field="type"):
    """Free words; read by a human, never judged by the program."""

    item_id: str
    text: str
    max_length: int
    ask_when: TestView | UnsetType = UNSET


ItemView = ChoiceItemView | NumberItemView | TextItemView


class LevelAdvice(View, frozen=True, kw_only=True):
    """What to show for a level: one clear next step."""

    level: LevelName
    headline: str
    text: str


class LevelRule(View, frozen=True, kw_only=True):
    """Answers that have a level together."""

    level: LevelName
    when: TestView


class FormView(View, frozen=True, kw_only=True):
    """One version of a form. Its questions never change; levels and advice are those of the rules in force.

    All of it is in the language of the account: read it again, by `If-None-Match`, whenever the app is opened, and
    after that language was changed.

    To advise somebody before the server has answered: take the highest level of the `levelRules` that are true, and
    show its `advice`. It is no less than what the phone can know. The server judges anew, with all it knows, and it
    alone decides who is paged.
    """

    form_id: str
    version: int
    status: Literal["draft", "approved"]
    language: Language
    title: str
    recall: str
    emergency_text: str
    """On every form: this app is not watched all the time."""
    emergency_number: str
    not_sent_text: str
    """To show beside the advice for as long as a report waits on the phone: the clinic has not been told."""
    items: tuple[ItemView, ...]
    rule_set_version: int
    """The rules that the levels come from."""
    level_rules: tuple[LevelRule, ...]
    """Every rule that a phone can decide from the answers and the day."""
    advice: tuple[LevelAdvice, ...]
    """One for each level, lowest first: what is true until the server has answered. It does not say that the clinic has
    the report; the server's answer has the words for that."""

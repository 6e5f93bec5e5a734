"""Forms, in the reader's language."""

from typing import Literal

from api.shapes.base import Language, View


class FormReference(View, frozen=True, kw_only=True):
    """A form that this account can fill in now."""

    form_id: str
    version: int
    title: str


class FormList(View, frozen=True, kw_only=True):
    """My forms."""

    forms: tuple[FormReference, ...]


class ChoiceView(View, frozen=True, kw_only=True):
    """One answer to choose."""

    id: str
    text: str


class ChoiceItemView(View, frozen=True, kw_only=True, tag="choice", tag_field="type"):
    """Choose exactly one. Not answering is allowed, and is not a "no"."""

    item_id: str
    text: str
    red_flag: bool
    choices: tuple[ChoiceView, ...]


class NumberItemView(View, frozen=True, kw_only=True, tag="number", tag_field="type"):
    """A number in a unit, with at most `decimals` decimals."""

    item_id: str
    text: str
    unit: str
    minimum: float
    maximum: float
    decimals: int


class TextItemView(View, frozen=True, kw_only=True, tag="text", tag_field="type"):
    """Free words; read by a human, never judged by the program."""

    item_id: str
    text: str
    max_length: int


ItemView = ChoiceItemView | NumberItemView | TextItemView


class FormView(View, frozen=True, kw_only=True):
    """One version of a form. A version never changes."""

    form_id: str
    version: int
    status: Literal["draft", "approved"]
    language: Language
    title: str
    recall: str
    emergency_text: str
    items: tuple[ItemView, ...]

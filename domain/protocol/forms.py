"""Forms: immutable versions of an instrument, their items, and when an item is asked."""

from typing import Annotated, Literal

from msgspec import Meta

from domain.protocol.conditions import Condition
from domain.protocol.names import Audience, Key, Signal
from domain.protocol.table import Table


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
    ask_when: Condition | None = None
    """Asked only when this is true of the answers before it; always without."""


class NumberItem(Table, frozen=True, tag="number", tag_field="type"):
    """A question answered by a number in `unit`, in steps of 10**-decimals."""

    id: Key
    unit: str
    minimum: float
    maximum: float
    decimals: Annotated[int, Meta(ge=0, le=3)]
    ask_when: Condition | None = None


class TextItem(Table, frozen=True, tag="text", tag_field="type"):
    """A question answered in free words, never judged by the program (trial.md §2, F1)."""

    id: Key
    max_length: Annotated[int, Meta(ge=1, le=4000)]
    ask_when: Condition | None = None


Item = ChoiceItem | NumberItem | TextItem


class Form(Table, frozen=True):
    """`form-<id>.<version>.toml`: one immutable version of an instrument. Item texts are in the text files."""

    id: Key
    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    audience: Audience
    recall: Key
    items: tuple[Item, ...]

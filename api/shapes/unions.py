"""The names of the contract's unions: a generator that is given none makes one up, another in each language."""

from collections.abc import Mapping
from typing import Any, Final

from api.shapes.forms import ItemView, TestView
from api.shapes.schedule import VisitChange
from domain.answers import Answer

UNIONS: Final[Mapping[str, tuple[Any, str]]] = {
    "Answer": (Answer, "An answer to one item of a form."),
    "ItemView": (ItemView, "A question of a form; `type` says what an answer to it is."),
    "TestView": (TestView, "A condition that a phone can decide by itself. What is unknown is not true."),
    "VisitChange": (VisitChange, "What is recorded of a visit."),
}
"""Name → the union, and its words."""

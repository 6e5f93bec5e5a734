"""FHIR R4 `Questionnaire` (hl7.org/fhir/R4/questionnaire.html), as much of it as our forms need."""

from typing import Literal

from msgspec import UNSET, UnsetType

from api.shapes.base import Address, Language, View


class Coding(View, frozen=True, kw_only=True):
    """A choice: its id in the form, and its words. No code of any terminology is given: nobody has mapped them."""

    code: str
    display: str | UnsetType = UNSET
    system: Address | UnsetType = UNSET


class Extension(View, frozen=True, kw_only=True):
    """An extension; exactly one value."""

    url: Address
    value_coding: Coding | UnsetType = UNSET
    value_decimal: float | UnsetType = UNSET
    value_integer: int | UnsetType = UNSET
    value_string: str | UnsetType = UNSET


class AnswerOption(View, frozen=True, kw_only=True):
    """One answer to choose."""

    value_coding: Coding


class EnableWhen(View, frozen=True, kw_only=True):
    """Ask only after this answer."""

    question: str
    operator: Literal["="]
    answer_coding: Coding


class QuestionnaireItem(View, frozen=True, kw_only=True):
    """A question, or words to show."""

    link_id: str
    text: str
    type: Literal["display", "choice", "decimal", "integer", "text"]
    required: bool | UnsetType = UNSET
    """Never: not to answer is allowed."""
    max_length: int | UnsetType = UNSET
    enable_when: tuple[EnableWhen, ...] | UnsetType = UNSET
    enable_behavior: Literal["any", "all"] | UnsetType = UNSET
    answer_option: tuple[AnswerOption, ...] | UnsetType = UNSET
    extension: tuple[Extension, ...] | UnsetType = UNSET


class Questionnaire(View, frozen=True, kw_only=True):
    """One version of a form as FHIR R4 has it."""

    resource_type: Literal["Questionnaire"] = "Questionnaire"
    language: Language
    url: Address
    """Canonical, and the same on every server of the trial."""
    version: str
    name: str
    title: str
    status: Literal["draft", "active"]
    subject_type: tuple[Literal["Patient"], ...] = ("Patient",)
    item: tuple[QuestionnaireItem, ...]

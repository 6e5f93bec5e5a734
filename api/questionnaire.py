"""A form version as a FHIR R4 Questionnaire, in the reader's language.

What FHIR cannot say is said in words beside it: skip logic by the day since an administration has no operator there.
"""

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from api.condition_words import in_words
from api.shapes.fhir import AnswerOption, Coding, EnableWhen, Extension, Questionnaire, QuestionnaireItem
from domain.protocol.conditions import AllOf, AnyOf, Condition, Is
from domain.protocol.schema import ChoiceItem, Form, Item, NumberItem, Protocol, TextItem
from domain.texts import say, say_choice, say_item

MEDIA_TYPE: Final = "application/fhir+json"

_FHIR: Final = "http://hl7.org/fhir/StructureDefinition"
_UCUM: Final = "http://unitsofmeasure.org"
_UNITS: Final = {"celsius": "Cel", "kilograms": "kg", "animals": "{animals}"}
"""Our units in UCUM; a unit in braces is an annotation there."""


def questionnaire(protocol: Protocol, language: str, form: Form) -> Questionnaire:
    """Show one form version as FHIR R4 has it: the emergency sentence first, then every question."""
    warning = QuestionnaireItem(
        link_id="not-watched", text=say(protocol, language, "not-watched"), type="display"
    )
    recall = QuestionnaireItem(link_id="recall", text=say(protocol, language, form.recall), type="display")
    return Questionnaire(
        language="en" if language == "en" else "zh-CN",
        url=f"{_base(protocol)}:form:{form.id}",
        version=str(form.version),
        name="".join(part.capitalize() for part in form.id.split("-")),
        title=say(protocol, language, f"form.{form.id}.title"),
        status="active" if form.status == "approved" else "draft",
        item=(warning, recall, *(_item(protocol, language, form, item) for item in form.items)),
    )


def _base(protocol: Protocol) -> str:
    return f"urn:x-nightbell:{protocol.id}"


def _item(protocol: Protocol, language: str, form: Form, item: Item) -> QuestionnaireItem:
    tests = tuple(_enable_when(item.ask_when)) if _can_say(item.ask_when) else ()
    return QuestionnaireItem(
        link_id=item.id,
        text=say_item(protocol, language, form.id, item.id),
        type=_type(item),
        required=False,
        max_length=item.max_length if isinstance(item, TextItem) else UNSET,
        enable_when=tests or UNSET,
        enable_behavior=_behavior(item.ask_when) if len(tests) > 1 else UNSET,
        answer_option=_options(protocol, language, item),
        extension=tuple(_extensions(protocol, language, form, item)) or UNSET,
    )


def _type(item: Item) -> Literal["choice", "decimal", "integer", "text"]:
    match item:
        case ChoiceItem():
            return "choice"
        case NumberItem():
            return "decimal" if item.decimals else "integer"
        case TextItem():
            return "text"


def _options(protocol: Protocol, language: str, item: Item) -> tuple[AnswerOption, ...] | UnsetType:
    if not isinstance(item, ChoiceItem):
        return UNSET
    return tuple(
        AnswerOption(
            value_coding=Coding(code=each.id, display=say_choice(protocol, language, item.id, each.id))
        )
        for each in item.choices
    )


def _can_say(condition: Condition | None) -> bool:
    """Say whether FHIR can: one list of answers, of which any or all must be given."""
    match condition:
        case Is():
            return True
        case AnyOf():
            return all(isinstance(part, Is) for part in condition.of)
        case AllOf():
            return all(isinstance(part, Is) and len(part.choices) == 1 for part in condition.of)
        case _:
            return False


def _enable_when(condition: Condition | None) -> Iterator[EnableWhen]:
    match condition:
        case AnyOf() | AllOf():
            for part in condition.of:
                yield from _enable_when(part)
        case Is():
            for choice in condition.choices:
                yield EnableWhen(question=condition.item, operator="=", answer_coding=Coding(code=choice))
        case _:
            return


def _behavior(condition: Condition | None) -> Literal["any", "all"]:
    return "all" if isinstance(condition, AllOf) else "any"


def _extensions(protocol: Protocol, language: str, form: Form, item: Item) -> Iterator[Extension]:
    if isinstance(item, NumberItem):
        words = say(protocol, language, f"unit.{item.unit}")
        unit = Coding(system=_UCUM, code=_UNITS[item.unit], display=words)
        yield Extension(url=f"{_FHIR}/questionnaire-unit", value_coding=unit)
        yield from _bounds(item)
    if item.ask_when is not None and not _can_say(item.ask_when):
        words = in_words(item.ask_when, form, protocol, language)
        yield Extension(url=f"{_base(protocol)}:ask-when", value_string=words)


def _bounds(item: NumberItem) -> Iterator[Extension]:
    for name, bound in (("minValue", item.minimum), ("maxValue", item.maximum)):
        if item.decimals:
            yield Extension(url=f"{_FHIR}/{name}", value_decimal=bound)
        else:
            yield Extension(url=f"{_FHIR}/{name}", value_integer=round(bound))
    if item.decimals:
        yield Extension(url=f"{_FHIR}/maxDecimalPlaces", value_integer=item.decimals)

"""The answers of a report, as they come over the wire, and whether they fit a form.

An answer is a tagged union; `type` tells which. Fitting is asked item by item, so that one answer that does
not fit takes nothing away from the others: the report goes to the quarantine and the rest is triaged
(contract.md, `PUT /v1/me/reports/{reportId}`).

A number is a binary float on the wire and a short decimal in the mind of whoever typed it. `in_steps` is the
one place where the two meet: 37.3 and the 37.300000000000004 of a phone that added are the same reading.
"""

from collections.abc import Iterator
from math import isclose
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.errors import Fault
from domain.protocol.schema import ChoiceItem, Form, Item, NumberItem, TextItem

NO_NUL = r"^[^\x00]*$"
"""The one character that JSON can carry and PostgreSQL cannot keep."""

ItemId = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]
"""Looser than a `Key`: a malformed id is one answer that does not fit, not an unreadable report."""


class _Wire(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag_field="type"):
    pass


class ChoiceAnswer(_Wire, frozen=True, tag="choice"):
    """One choice of a choice item, by its id; "don't know" is a choice as well."""

    item_id: ItemId
    choice: Annotated[str, Meta(max_length=64, pattern=NO_NUL)]


class NumberAnswer(_Wire, frozen=True, tag="number"):
    """A number in the item's unit, in steps of 10**-decimals of the item."""

    item_id: ItemId
    number: float


class TextAnswer(_Wire, frozen=True, tag="text"):
    """Free words, at most as many characters as the item allows and never more than 4000."""

    item_id: ItemId
    text: Annotated[str, Meta(max_length=4000, pattern=NO_NUL)]


Answer = ChoiceAnswer | NumberAnswer | TextAnswer
Answers = tuple[Answer, ...]

_NOISE = 1e-9
"""Far above the error of binary arithmetic on a reading, far below the finest step (three decimals)."""

_Misfit = tuple[str, str]
"""The field of the answer that does not fit, and a sentence."""


def faults(form: Form, answers: Answers) -> tuple[Fault, ...]:
    """Return everything that does not fit the form, in the order of the answers.

    Pointers are RFC 6901 into the body of a submission (`/answers/3/choice`). No message repeats a value.
    """
    items = {item.id: item for item in form.items}
    seen: set[str] = set()
    found: list[Fault] = []
    for place, answer in enumerate(answers):
        for field, message in _misfits(items.get(answer.item_id), answer, again=answer.item_id in seen):
            found.append(Fault(f"/answers/{place}/{field}", message))
        seen.add(answer.item_id)
    return tuple(found)


def fitting(form: Form, answers: Answers) -> Answers:
    """Return the answers that can be read by the form, numbers brought to the item's steps. Never raises.

    A number with too many decimals does not fit, and is read all the same.

    An item answered twice keeps both answers: dropping one could lower the level of the report.
    """
    items = {item.id: item for item in form.items}
    return tuple(
        _settled(item, answer)
        for answer in answers
        if (item := items.get(answer.item_id)) and _can_be_read(item, answer)
    )


def _can_be_read(item: Item, answer: Answer) -> bool:
    if isinstance(item, NumberItem) and isinstance(answer, NumberAnswer):
        return item.minimum <= in_steps(answer.number, item.decimals) <= item.maximum
    return _misfit(item, answer) is None


def in_steps(number: float, decimals: int) -> float:
    """Return the float nearest to `number` written with that many decimals.

    Two such floats compare as their decimals do: 38.0 is at least 38.0. NaN and infinity stay themselves.
    """
    return round(number, decimals)


def _misfits(item: Item | None, answer: Answer, *, again: bool) -> Iterator[_Misfit]:
    if again:
        yield "itemId", "This item was answered before in the same report."
    if misfit := _misfit(item, answer):
        yield misfit


def _misfit(item: Item | None, answer: Answer) -> _Misfit | None:
    match item, answer:
        case None, _:
            return "itemId", "The form has no such item."
        case ChoiceItem(), ChoiceAnswer():
            return _choice_misfit(item, answer)
        case NumberItem(), NumberAnswer():
            return _number_misfit(item, answer)
        case TextItem(), TextAnswer():
            return _text_misfit(item, answer)
        case _:
            return "type", "This item takes another type of answer."


def _choice_misfit(item: ChoiceItem, answer: ChoiceAnswer) -> _Misfit | None:
    if any(choice.id == answer.choice for choice in item.choices):
        return None
    return "choice", "The item has no such choice."


def _number_misfit(item: NumberItem, answer: NumberAnswer) -> _Misfit | None:
    stepped = in_steps(answer.number, item.decimals)
    if not item.minimum <= stepped <= item.maximum:  # NaN is on neither side
        return "number", f"Must be from {item.minimum:g} to {item.maximum:g} {item.unit}."
    if not isclose(stepped, answer.number, rel_tol=0, abs_tol=_NOISE):
        return "number", f"Must have at most {item.decimals} decimals."
    return None


def _text_misfit(item: TextItem, answer: TextAnswer) -> _Misfit | None:
    if len(answer.text) <= item.max_length:
        return None
    return "text", f"Must have at most {item.max_length} characters."


def _settled(item: Item, answer: Answer) -> Answer:
    if isinstance(item, NumberItem) and isinstance(answer, NumberAnswer):
        return replace(answer, number=in_steps(answer.number, item.decimals))
    return answer

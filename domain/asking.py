"""Skip logic: which items of a form are asked, and what an item without an answer means.

The phone decides while the person answers, and the server decides again: "not asked", "not answered" and "don't know"
are three different things, and none of them is "no".
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import product

from msgspec import Struct

from domain.answers import Answer, Answers, ChoiceAnswer
from domain.past import Past
from domain.protocol.conditions import AllOf, AnyOf, Condition, Day, Is
from domain.protocol.forms import Form, Item
from domain.protocol.names import Key
from domain.truth import Facts, Given, by_item, facts_of, holds


class ItemState(StrEnum):
    """What is known of one item of a report."""

    ANSWERED = "answered"
    DONT_KNOW = "dont-know"
    NOT_ANSWERED = "not-answered"
    NOT_ASKED = "not-asked"


def is_asked(item: Item, facts: Facts) -> bool:
    """Say whether an item is asked after these answers: without a condition always, else only where it is true."""
    return item.ask_when is None or holds(item.ask_when, facts) is True


def unasked(form: Form, answers: Answers, past: Past, dont_know: Key) -> frozenset[Key]:
    """Return the items that these answers leave unasked."""
    if all(item.ask_when is None for item in form.items):
        return frozenset()
    facts = facts_of(form, answers, past, dont_know)
    return frozenset(item.id for item in form.items if not is_asked(item, facts))


def out_of_turn(form: Form, answers: Answers, past: Past, dont_know: Key) -> Iterator[tuple[int, Answer]]:
    """Yield the answers, by their place, to items that the same answers leave unasked."""
    skipped = unasked(form, answers, past, dont_know)
    return ((place, answer) for place, answer in enumerate(answers) if answer.item_id in skipped)


def states(form: Form, answers: Answers, past: Past, dont_know: Key) -> dict[Key, ItemState]:
    """Return the state of every item, in the order of the form. An answer counts even where it was not asked for."""
    given, skipped = by_item(answers), unasked(form, answers, past, dont_know)
    return {item.id: _state(item, given, skipped, dont_know) for item in form.items}


class Asked(Struct, frozen=True):
    """A way in which an item comes to be asked: answers before it, and days since an administration."""

    answers: tuple[ChoiceAnswer, ...] = ()
    days: tuple[int, ...] = ()


def ways_to_ask(condition: Condition | None) -> list[Asked]:
    """Return every way of skip logic to have an item asked, each as little as it takes."""
    match condition:
        case None:
            return [Asked()]
        case Is():
            return [Asked((ChoiceAnswer(condition.item, choice),)) for choice in condition.choices]
        case Day():
            return [Asked(days=(condition.first,))]
        case AnyOf():
            return [way for part in condition.of for way in ways_to_ask(part)]
        case AllOf():
            return [_together(ways) for ways in product(*map(ways_to_ask, condition.of))]
        case _:
            return []


def _together(ways: Sequence[Asked]) -> Asked:
    answers = (answer for way in ways for answer in way.answers)
    return Asked(tuple(answers), tuple(day for way in ways for day in way.days))


def _state(item: Item, given: Given, skipped: frozenset[Key], dont_know: Key) -> ItemState:
    answers = given.get(item.id)
    if answers:
        unknown = all(isinstance(each, ChoiceAnswer) and each.choice == dont_know for each in answers)
        return ItemState.DONT_KNOW if unknown else ItemState.ANSWERED
    return ItemState.NOT_ASKED if item.id in skipped else ItemState.NOT_ANSWERED

"""Whether the rules fit the forms, prove themselves on their examples, and never punish an honest answer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from domain.answers import ChoiceAnswer
from domain.asking import Asked, ways_to_ask
from domain.errors import Fault
from domain.past import Past
from domain.protocol.check_examples import check_examples
from domain.protocol.check_forms import file_of
from domain.protocol.conditions import (
    Again,
    AllOf,
    AnyOf,
    Between,
    Condition,
    Day,
    Disagrees,
    Fallen,
    Is,
    Risen,
    RisenDaily,
    Under,
    Worse,
    Written,
    items_of,
    sources_of,
)
from domain.protocol.rules import versions
from domain.protocol.schema import Choice, ChoiceItem, Form, Item, Level, NumberItem, Rule, RuleSet, TextItem
from domain.triage import triage

_OF_NUMBERS: Final = (Under, Again, Risen, RisenDaily, Fallen)


def check_rules(forms: tuple[Form, ...], rules: RuleSet) -> Iterator[Fault]:
    """Yield every fault of the rules, and of the forms in the light of the rules."""
    yield from _levels_of_doubt(rules)
    counted = Counter(rule.id for rule in rules.rules)
    for place, rule in enumerate(rules.rules):
        at = f"rules.toml: rules[{place}]"
        if counted[rule.id] > 1:
            yield Fault(f"{at}.id", f"{rule.id} is there more than once.")
        yield from _rule(rule, forms, at)
        yield from _sources(rule, rules.rules[:place], forms, at)
        yield from check_examples(rule, forms, rules, at)
    for form in forms:
        yield from _grades(form, rules)
        yield from _unread(form, rules)


def _levels_of_doubt(rules: RuleSet) -> Iterator[Fault]:
    for key, level in (
        ("dont-know-level", rules.dont_know_level),
        ("untriaged-level", rules.untriaged_level),
    ):
        if level.rank < Level.URGENT.rank:
            yield Fault(f"rules.toml: {key}", "Doubt is urgent at least (trial.md §2).")


def _rule(rule: Rule, forms: tuple[Form, ...], at: str) -> Iterator[Fault]:
    if rule.level is Level.NONE:
        yield Fault(f"{at}.level", "A rule raises the level; it cannot be none.")
    if not rule.forms:
        yield Fault(f"{at}.forms", "A rule is for at least one form.")
    for place, entry in enumerate(rule.forms):
        if not any(versions(entry).holds(form) for form in forms):
            yield Fault(f"{at}.forms[{place}]", f"There is no form {entry}.")
    known = [form for form in forms if rule.covers(form)]
    yield from _condition(rule.when, known, f"{at}.when")


def _sources(rule: Rule, above: Sequence[Rule], forms: tuple[Form, ...], at: str) -> Iterator[Fault]:
    """Yield where a rule asks for others and finds none of them above it, on any form it covers."""
    wanted = sources_of(rule.when)
    for source in wanted:
        if all(each.source != source for each in above):
            yield Fault(f"{at}.when", f"No rule above this one has the source {source}.")
    for form in forms:
        if wanted and rule.covers(form) and not any(r.source in wanted and r.covers(form) for r in above):
            yield Fault(f"{at}.when", f"On {file_of(form)} there is no rule it asks for.")


def _condition(condition: Condition, forms: list[Form], at: str) -> Iterator[Fault]:
    if isinstance(condition, AnyOf | AllOf):
        if not condition.of:
            yield Fault(f"{at}.of", "Names at least one condition.")
        for place, part in enumerate(condition.of):
            yield from _condition(part, forms, f"{at}.of[{place}]")
        return
    if isinstance(condition, Day) and condition.first > condition.last:
        yield Fault(f"{at}.last", "Must not be before the first.")
    for form in forms:
        items = {item.id: item for item in form.items}
        for name in items_of(condition):
            if name in items:
                yield from _test(condition, items[name], at)
            else:
                yield Fault(f"{at}.item", f"{file_of(form)} has no item {name}.")


def _test(test: Condition, item: Item, at: str) -> Iterator[Fault]:
    match test, item:
        case Is(), ChoiceItem():
            yield from _is(test, item, at)
        case Between(), NumberItem():
            yield from _between(test, item, at)
        case Written(), TextItem():
            return
        case ((Worse() | Disagrees()), ChoiceItem()):
            if all(choice.grade is None for choice in item.choices):
                yield Fault(f"{at}.items", f"{item.id} has no grades.")
        case _ if isinstance(test, _OF_NUMBERS) and isinstance(item, NumberItem):
            return
        case _:
            yield Fault(f"{at}.test", f"{item.id} takes another type of answer.")


def _is(test: Is, item: ChoiceItem, at: str) -> Iterator[Fault]:
    if not test.choices:
        yield Fault(f"{at}.choices", "Names at least one choice.")
    for place, choice in enumerate(test.choices):
        if all(choice != each.id for each in item.choices):
            yield Fault(f"{at}.choices[{place}]", f"{item.id} has no choice {choice}.")


def _between(test: Between, item: NumberItem, at: str) -> Iterator[Fault]:
    low = item.minimum if test.at_least is None else test.at_least
    high = item.maximum if test.below is None else test.below
    if test.at_least is None and test.below is None:
        yield Fault(at, "Names at least one bound.")
    elif not item.minimum <= low < high <= item.maximum:
        yield Fault(at, f"The bounds must rise within {item.minimum:g} to {item.maximum:g}.")


def _grades(form: Form, rules: RuleSet) -> Iterator[Fault]:
    for place, item in enumerate(form.items):
        if isinstance(item, ChoiceItem):
            for asked in ways_to_ask(item.ask_when):
                levels = _levels_by_grade(form, item, rules, asked)
                yield from _of_grades(item, levels, rules, f"{file_of(form)}: items[{place}]")


def _of_grades(
    item: ChoiceItem, levels: list[tuple[Choice, Level]], rules: RuleSet, at: str
) -> Iterator[Fault]:
    for (milder, at_most), (worse, at_least) in pairwise(levels):
        if at_least.rank < at_most.rank:
            yield Fault(at, f"{worse.id} is worse than {milder.id} and must not have a lower level.")
    worst = max((level.rank for _, level in levels), default=0)
    if item.red_flag and worst < rules.dont_know_level.rank:
        yield Fault(at, f"No answer reaches {rules.dont_know_level}, the level of {rules.dont_know_choice}.")


def _levels_by_grade(
    form: Form, item: ChoiceItem, rules: RuleSet, asked: Asked
) -> list[tuple[Choice, Level]]:
    """Return the graded choices, mildest first, each with the level of a report that says no more than has it asked."""
    graded = [(choice.grade, choice) for choice in item.choices if choice.grade is not None]
    ordered = [choice for _, choice in sorted(graded, key=lambda pair: pair[0])]
    past = Past(days=asked.days)
    return [
        (each, triage(form, rules, (*asked.answers, ChoiceAnswer(item.id, each.id)), past).level)
        for each in ordered
    ]


def _unread(form: Form, rules: RuleSet) -> Iterator[Fault]:
    read = {rule.when.item for rule in rules.rules if rule.covers(form) and isinstance(rule.when, Written)}
    for place, item in enumerate(form.items):
        if isinstance(item, TextItem) and item.id not in read:
            yield Fault(
                f"{file_of(form)}: items[{place}]", "No rule has a human read this text (trial.md §2, F1)."
            )

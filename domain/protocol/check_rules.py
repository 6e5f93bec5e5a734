"""Whether the rules fit the forms, prove themselves on their examples, and never punish an honest answer."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from domain.answers import Answer, Answers, ChoiceAnswer, NumberAnswer, TextAnswer, faults
from domain.errors import Fault
from domain.protocol.check_forms import file_of
from domain.protocol.schema import (
    AllOf,
    AnyOf,
    Between,
    Choice,
    ChoiceItem,
    Condition,
    Example,
    Form,
    Is,
    Item,
    Key,
    Level,
    NumberItem,
    Protocol,
    Rule,
    RuleSet,
    TextItem,
    Written,
)
from domain.triage import by_item, holds, triage

Forms = dict[Key, Form]


def check_rules(forms: tuple[Form, ...], rules: RuleSet) -> Iterator[Fault]:
    """Yield every fault of the rules, and of the forms in the light of the rules."""
    by_id = {form.id: form for form in forms}
    yield from _levels_of_doubt(rules)
    counted = Counter(rule.id for rule in rules.rules)
    for place, rule in enumerate(rules.rules):
        at = f"rules.toml: rules[{place}]"
        if counted[rule.id] > 1:
            yield Fault(f"{at}.id", f"{rule.id} is there more than once.")
        yield from _rule(rule, by_id, at)
        yield from _examples(rule, by_id, rules.dont_know_choice, at)
    for form in forms:
        yield from _grades(form, rules)
        yield from _unread(form, rules)


def examples(protocol: Protocol) -> Iterator[tuple[Rule, Example, Form, Answers]]:
    """Yield each example with its rule, its form, and its answers as a report carries them."""
    forms = {form.id: form for form in protocol.forms}
    for rule in protocol.rules.rules:
        for example in rule.examples:
            yield rule, example, forms[example.form], _answers(forms[example.form], example)


def _levels_of_doubt(rules: RuleSet) -> Iterator[Fault]:
    for key, level in (
        ("dont-know-level", rules.dont_know_level),
        ("untriaged-level", rules.untriaged_level),
    ):
        if level.rank < Level.URGENT.rank:
            yield Fault(f"rules.toml: {key}", "Doubt is urgent at least (trial.md §2).")


def _rule(rule: Rule, forms: Forms, at: str) -> Iterator[Fault]:
    if rule.level is Level.NONE:
        yield Fault(f"{at}.level", "A rule raises the level; it cannot be none.")
    if not rule.forms:
        yield Fault(f"{at}.forms", "A rule is for at least one form.")
    for place, form in enumerate(rule.forms):
        if form not in forms:
            yield Fault(f"{at}.forms[{place}]", f"There is no form {form}.")
    known = [forms[form] for form in rule.forms if form in forms]
    yield from _condition(rule.when, known, f"{at}.when")


def _condition(condition: Condition, forms: list[Form], at: str) -> Iterator[Fault]:
    if isinstance(condition, AnyOf | AllOf):
        if not condition.of:
            yield Fault(f"{at}.of", "Names at least one condition.")
        for place, part in enumerate(condition.of):
            yield from _condition(part, forms, f"{at}.of[{place}]")
        return
    for form in forms:
        items = {item.id: item for item in form.items}
        if condition.item in items:
            yield from _test(condition, items[condition.item], at)
        else:
            yield Fault(f"{at}.item", f"{file_of(form)} has no item {condition.item}.")


def _test(test: Is | Between | Written, item: Item, at: str) -> Iterator[Fault]:
    match test, item:
        case Is(), ChoiceItem():
            yield from _is(test, item, at)
        case Between(), NumberItem():
            yield from _between(test, item, at)
        case Written(), TextItem():
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


def _examples(rule: Rule, forms: Forms, dont_know: Key, at: str) -> Iterator[Fault]:
    for fires in (True, False):
        if all(example.fires is not fires for example in rule.examples):
            yield Fault(
                f"{at}.examples", f"There is no example that {'fires' if fires else 'does not fire'}."
            )
    for place, example in enumerate(rule.examples):
        where = f"{at}.examples[{place}]"
        if example.form not in rule.forms:
            yield Fault(f"{where}.form", f"The rule is not for {example.form}.")
        elif form := forms.get(example.form):
            yield from _example(rule, example, form, dont_know, where)


def _example(rule: Rule, example: Example, form: Form, dont_know: Key, at: str) -> Iterator[Fault]:
    answers = _answers(form, example)
    misfits = [fault for answer in answers for fault in _misfit(form, answer, at)]
    yield from misfits
    fired = holds(rule.when, by_item(answers), dont_know) is True
    if not misfits and fired is not example.fires:
        yield Fault(f"{at}.fires", f"The rule {'fires' if fired else 'does not fire'} on these answers.")


def _misfit(form: Form, answer: Answer, at: str) -> Iterator[Fault]:
    for fault in faults(form, (answer,)):
        yield Fault(f"{at}.answers.{answer.item_id}", fault.message)


def _answers(form: Form, example: Example) -> Answers:
    items = {item.id: item for item in form.items}
    return tuple(_answer(items.get(item), item, value) for item, value in example.answers.items())


def _answer(item: Item | None, item_id: Key, value: str | float) -> Answer:
    if not isinstance(value, str):
        return NumberAnswer(item_id, value)
    return ChoiceAnswer(item_id, value) if isinstance(item, ChoiceItem) else TextAnswer(item_id, value)


def _grades(form: Form, rules: RuleSet) -> Iterator[Fault]:
    for place, item in enumerate(form.items):
        if isinstance(item, ChoiceItem):
            at = f"{file_of(form)}: items[{place}]"
            levels = _levels_by_grade(form, item, rules)
            for (milder, at_most), (worse, at_least) in pairwise(levels):
                if at_least.rank < at_most.rank:
                    yield Fault(at, f"{worse.id} is worse than {milder.id} and must not have a lower level.")
            worst = max((level.rank for _, level in levels), default=0)
            if item.red_flag and worst < rules.dont_know_level.rank:
                yield Fault(
                    at, f"No answer reaches {rules.dont_know_level}, the level of {rules.dont_know_choice}."
                )


def _levels_by_grade(form: Form, item: ChoiceItem, rules: RuleSet) -> list[tuple[Choice, Level]]:
    """Return the graded choices, mildest first, each with the level of a report that says nothing else."""
    graded = [(choice.grade, choice) for choice in item.choices if choice.grade is not None]
    ordered = [choice for _, choice in sorted(graded, key=lambda pair: pair[0])]
    return [(each, triage(form, rules, (ChoiceAnswer(item.id, each.id),)).level) for each in ordered]


def _unread(form: Form, rules: RuleSet) -> Iterator[Fault]:
    read = {
        rule.when.item for rule in rules.rules if form.id in rule.forms and isinstance(rule.when, Written)
    }
    for place, item in enumerate(form.items):
        if isinstance(item, TextItem) and item.id not in read:
            yield Fault(
                f"{file_of(form)}: items[{place}]", "No rule has a human read this text (trial.md §2, F1)."
            )

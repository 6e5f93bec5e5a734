"""Whether every rule proves itself on its own examples, on each form version it covers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.answers import Answer, Answers, ChoiceAnswer, NumberAnswer, TextAnswer, faults
from domain.errors import Fault
from domain.past import Earlier, Past
from domain.protocol.conditions import AllOf, AnyOf, Condition, Under
from domain.protocol.forms import ChoiceItem, Form, Item
from domain.protocol.names import Key
from domain.protocol.rules import Example, ExampleEarlier, Rule, RuleSet
from domain.protocol.schema import Protocol
from domain.triage import triage

NOW: Final = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""When the report of an example is made and received: noon at the site."""

Forms = tuple[Form, ...]


def check_examples(rule: Rule, forms: Forms, rules: RuleSet, at: str) -> Iterator[Fault]:
    """Yield every example that does not hold, and every covered form on which the rule is not seen to fire."""
    for place, example in enumerate(rule.examples):
        where = f"{at}.examples[{place}]"
        form = form_of(example.form, _covered(rule, forms))
        if form is None:
            yield Fault(f"{where}.form", f"The rule is not for {example.form}.")
        else:
            yield from _example(rule, example, form, forms, rules, where)
    covered = _covered(rule, forms)
    for form in covered:
        if form_of(form.id, covered) is form:
            yield from _shown(rule, form, covered, at)


def form_of(entry: Key, forms: Forms) -> Form | None:
    """Return the form version an example names: `caregiver.1`, or the newest of these of `caregiver`."""
    form_id, _, version = entry.partition(".")
    found = [form for form in forms if form.id == form_id and version in {"", str(form.version)}]
    return max(found, key=lambda form: form.version, default=None)


def _covered(rule: Rule, forms: Forms) -> Forms:
    return tuple(form for form in forms if rule.covers(form))


def answers_of(form: Form, given: dict[Key, str | float]) -> Answers:
    """Return the answers of an example as a report carries them."""
    items = {item.id: item for item in form.items}
    return tuple(_answer(items.get(item), item, value) for item, value in given.items())


def past_of(example: Example, form: Form, forms: Forms) -> Past:
    """Return the past of an example."""
    earlier = sorted(example.earlier, key=lambda each: each.hours_ago)
    return Past(
        reporter=form.audience,
        at=(NOW,),
        days=example.days,
        earlier=tuple(_earlier(each, forms) for each in earlier),
    )


def _earlier(each: ExampleEarlier, forms: Forms) -> Earlier:
    form = form_of(each.form, forms)
    if form is None:
        raise KeyError(each.form)
    return Earlier(
        reporter=each.reporter or form.audience,
        form_id=form.id,
        answers=answers_of(form, each.answers),
        at=(NOW - timedelta(hours=each.hours_ago),),
    )


def awaits(condition: Condition) -> bool:
    """Say whether a condition cannot be true before an investigator has given its cut-off."""
    match condition:
        case Under():
            return condition.cut_off.value is None
        case AllOf():
            return any(map(awaits, condition.of))
        case AnyOf():
            return all(map(awaits, condition.of))
        case _:
            return False


def _shown(rule: Rule, form: Form, forms: Forms, at: str) -> Iterator[Fault]:
    for fires in (False,) if awaits(rule.when) else (True, False):
        if not any(each.fires is fires and form_of(each.form, forms) is form for each in rule.examples):
            word = "fires" if fires else "does not fire"
            yield Fault(f"{at}.examples", f"There is no example that {word} on {form.id}.")


def _example(
    rule: Rule, example: Example, form: Form, forms: Forms, rules: RuleSet, at: str
) -> Iterator[Fault]:
    answers = answers_of(form, example.answers)
    misfits = [fault for answer in answers for fault in _misfit(form, answer, at)]
    for place, each in enumerate(example.earlier):
        if form_of(each.form, forms) is None:
            misfits.append(Fault(f"{at}.earlier[{place}].form", f"There is no form {each.form}."))
    yield from misfits
    if not misfits:
        found = triage(form, rules, answers, past_of(example, form, forms))
        fired = any(each.rule == rule.id for each in found.fired)
        if fired is not example.fires:
            yield Fault(f"{at}.fires", f"The rule {'fires' if fired else 'does not fire'} on these answers.")


def _misfit(form: Form, answer: Answer, at: str) -> Iterator[Fault]:
    for fault in faults(form, (answer,)):
        yield Fault(f"{at}.answers.{answer.item_id}", fault.message)


def _answer(item: Item | None, item_id: Key, value: str | float) -> Answer:
    if not isinstance(value, str):
        return NumberAnswer(item_id, float(value))
    return ChoiceAnswer(item_id, value) if isinstance(item, ChoiceItem) else TextAnswer(item_id, value)


def examples(protocol: Protocol) -> Iterator[tuple[Rule, Example, Form, Answers, Past]]:
    """Yield each example with its rule, its form version, its answers as a report carries them, and its past."""
    for rule in protocol.rules.rules:
        covered = _covered(rule, protocol.forms)
        for example in rule.examples:
            if form := form_of(example.form, covered):
                yield (
                    rule,
                    example,
                    form,
                    answers_of(form, example.answers),
                    past_of(example, form, protocol.forms),
                )

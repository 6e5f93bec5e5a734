"""Triage: from the answers of one report to its level, with the reasons.

The idea is Kleene's logic of three values. A condition over the answers is true, false or unknown, because
an unanswered item is not a "no", and neither is "don't know": both leave what asks for them unknown. A rule
fires when its condition is true, and firing only raises: the level is the maximum over the rules that fired,
no condition can say "not", so an answer more never takes a fired rule back. What stayed unknown is kept by
name, so that an investigator sees for every rule whether it fired, did not, or could not be decided, and from
which answers (trial.md §2).
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from domain.answers import Answer, Answers, ChoiceAnswer, NumberAnswer, TextAnswer, fitting
from domain.past import NOTHING_PAST, Past
from domain.protocol.schema import (
    AllOf,
    AnyOf,
    Between,
    ChoiceItem,
    Condition,
    Form,
    Is,
    Key,
    Level,
    Rule,
    RuleSet,
    Signal,
    Written,
)

Given = Mapping[str, Sequence[Answer]]
"""The answers by item id. An item answered twice has two, and what is true of one of them is true."""


class Fired(Struct, frozen=True):
    """A rule that fired, and the answered items its condition read, in the order it names them."""

    rule: str
    level: Level
    signal: Signal | None
    items: tuple[Key, ...]


class Triage(Struct, frozen=True, kw_only=True):
    """The level of one report and everything that explains it."""

    level: Level
    signals: tuple[Signal, ...]
    """Of the fired rules, each once, in the order of the enum."""
    fired: tuple[Fired, ...]
    """In the order of the rule set, then the "don't know" on red flags in the order of the form."""
    undetermined: tuple[str, ...]
    """Ids of the form's rules that the answers neither make true nor false."""
    rule_set_version: int
    form_id: str
    form_version: int
    advice: tuple[Key, ...]
    """Text keys of the fired rules that have one, each once, in the order of the rule set."""
    triaged: bool = True
    """False when a rule could not be run; the level is then the rule set's `untriaged_level` at least."""
    broken: tuple[str, ...] = ()
    """Ids of the rules that could not be run."""
    input_hash: str = ""
    """SHA-256 in hex over everything the judgement read: form, answers and past."""


def triage(form: Form, rules: RuleSet, answers: Answers, past: Past = NOTHING_PAST) -> Triage:
    """Judge one report. Answers that do not fit the form are not read, which is never an error."""
    given = by_item(fitting(form, answers))
    judged = [(rule, holds(rule.when, given, rules.dont_know_choice)) for rule in _asked(rules, form.id)]
    matched = [rule for rule, truth in judged if truth]
    fired = (*(_fired(rule, given) for rule in matched), *_dont_know(form, rules, given))
    del past  # nothing reads it yet
    return Triage(
        level=max((each.level for each in fired), key=lambda level: level.rank, default=Level.NONE),
        signals=tuple(signal for signal in Signal if any(each.signal == signal for each in fired)),
        fired=fired,
        undetermined=tuple(rule.id for rule, truth in judged if truth is None),
        rule_set_version=rules.version,
        form_id=form.id,
        form_version=form.version,
        advice=tuple(dict.fromkeys(rule.advice for rule in matched if rule.advice)),
    )


def untriaged(form_id: str, form_version: int, rules: RuleSet) -> Triage:
    """Return what stands in for a triage that failed: urgent, nothing decided (trial.md §2)."""
    return Triage(
        level=rules.untriaged_level,
        signals=(),
        fired=(),
        undetermined=tuple(rule.id for rule in _asked(rules, form_id)),
        rule_set_version=rules.version,
        form_id=form_id,
        form_version=form_version,
        advice=(),
        triaged=False,
    )


def by_item(answers: Answers) -> Given:
    """Gather the answers by item id, in the order of the answers."""
    given: dict[str, list[Answer]] = {}
    for answer in answers:
        given.setdefault(answer.item_id, []).append(answer)
    return given


def holds(condition: Condition, given: Given, dont_know: Key | None = None) -> bool | None:
    """Return whether the condition is true of the answers, or None when they do not tell.

    `dont_know` is the choice that answers without telling; a condition that names it can still be true of it.
    """
    if isinstance(condition, AnyOf):
        return _any({holds(part, given, dont_know) for part in condition.of})
    if isinstance(condition, AllOf):
        return _all({holds(part, given, dont_know) for part in condition.of})
    answers = given.get(condition.item, ())
    return _any({_tells(condition, answer, dont_know) for answer in answers} or {None})


def _any(truths: set[bool | None]) -> bool | None:
    if True in truths:
        return True
    return None if None in truths else False


def _all(truths: set[bool | None]) -> bool | None:
    if False in truths:
        return False
    return None if None in truths else True


def _tells(test: Is | Between | Written, answer: Answer, dont_know: Key | None) -> bool | None:
    if isinstance(test, Is) and isinstance(answer, ChoiceAnswer):
        return answer.choice in test.choices or (None if answer.choice == dont_know else False)
    if isinstance(test, Between) and isinstance(answer, NumberAnswer):
        return _lies_between(test, answer.number)
    if isinstance(test, Written) and isinstance(answer, TextAnswer):
        return bool(answer.text.strip())
    return None


def _lies_between(test: Between, number: float) -> bool:
    not_under = test.at_least is None or test.at_least <= number
    return not_under and (test.below is None or number < test.below)


def _asked(rules: RuleSet, form_id: str) -> Iterator[Rule]:
    return (rule for rule in rules.rules if form_id in rule.forms)


def _fired(rule: Rule, given: Given) -> Fired:
    read = dict.fromkeys(item for item in _items(rule.when) if item in given)
    return Fired(rule.id, rule.level, rule.signal, tuple(read))


def _items(condition: Condition) -> Iterator[Key]:
    if isinstance(condition, AnyOf | AllOf):
        for part in condition.of:
            yield from _items(part)
    else:
        yield condition.item


def _dont_know(form: Form, rules: RuleSet, given: Given) -> Iterator[Fired]:
    for item in _red_flags(form):
        if holds(Is(item=item.id, choices=(rules.dont_know_choice,)), given):
            yield Fired(f"dont-know.{item.id}", rules.dont_know_level, item.signal, (item.id,))


def _red_flags(form: Form) -> Iterator[ChoiceItem]:
    return (item for item in form.items if isinstance(item, ChoiceItem) and item.red_flag)

"""Forms in the reader's language, with the levels and the advice that a phone shows while it is offline."""

from collections.abc import Iterator, Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from api.shapes.forms import (
    AllTest,
    AnyTest,
    ChoiceItemView,
    ChoiceTest,
    ChoiceView,
    DayTest,
    FormReference,
    FormView,
    ItemView,
    LevelAdvice,
    LevelRule,
    NumberItemView,
    RangeTest,
    TestView,
    TextItemView,
    WordsTest,
)
from api.words import unstored
from domain.answers import ChoiceAnswer
from domain.asking import ways_to_ask
from domain.past import Past
from domain.protocol.conditions import AllOf, AnyOf, Between, Condition, Day, Is, RuleFired, Written
from domain.protocol.schema import (
    ChoiceItem,
    Form,
    Item,
    Level,
    NumberItem,
    Protocol,
    Rule,
    RuleSet,
    TextItem,
)
from domain.texts import say, say_choice, say_item
from domain.triage import triage


def form_reference(protocol: Protocol, language: str, form: Form) -> FormReference:
    """Name one form."""
    return FormReference(
        form_id=form.id, version=form.version, title=say(protocol, language, f"form.{form.id}.title")
    )


def form_view(protocol: Protocol, language: str, form: Form) -> FormView:
    """Show one form with all its questions, and what a phone needs to advise somebody who is offline."""
    return FormView(
        form_id=form.id,
        version=form.version,
        status=form.status,
        language="en" if language == "en" else "zh-CN",
        title=say(protocol, language, f"form.{form.id}.title"),
        recall=say(protocol, language, form.recall),
        emergency_text=say(protocol, language, "not-watched"),
        emergency_number=protocol.emergency_number,
        not_sent_text=say(protocol, language, "advice.not-stored.headline"),
        items=tuple(_item_view(protocol, language, form, item) for item in form.items),
        rule_set_version=protocol.rules.version,
        level_rules=tuple(level_rules(form, protocol.rules)),
        advice=tuple(
            LevelAdvice(
                level=level.value,
                headline=say(protocol, language, f"advice.{unstored(level)}.headline"),
                text=say(protocol, language, f"advice.{unstored(level)}.text"),
            )
            for level in Level
        ),
    )


def level_rules(form: Form, rules: RuleSet) -> Iterator[LevelRule]:
    """Yield the rules that can be decided from one report and its day, then "don't know" on each red flag."""
    above: list[Rule] = []
    for rule in rules.rules:
        if rule.covers(form):
            when = _test(rule.when, above)
            if when is not None:
                yield LevelRule(level=rule.level.value, when=when)
            above.append(rule)
    for item in form.items:
        if isinstance(item, ChoiceItem) and item.red_flag:
            yield LevelRule(level=rules.dont_know_level.value, when=_unknown(item, rules))


def _unknown(item: ChoiceItem, rules: RuleSet) -> TestView:
    said = ChoiceTest(item_id=item.id, choices=(rules.dont_know_choice,))
    asked = None if item.ask_when is None else _test(item.ask_when, ())
    if isinstance(item.ask_when, Day):
        asked = _plain_test(replace(item.ask_when, or_unknown=True))
    return said if asked is None else AllTest(of=(asked, said))


def _test(condition: Condition, above: Sequence[Rule]) -> TestView | None:
    """Return the condition as a phone can decide it; None for what looks back, and what nobody can decide yet."""
    match condition:
        case AnyOf():
            known = tuple(test for part in condition.of if (test := _test(part, above)))
            return AnyTest(of=known) if known else None
        case AllOf():
            tests = tuple(_test(part, above) for part in condition.of)
            known = tuple(test for test in tests if test)
            return AllTest(of=known) if len(known) == len(tests) else None
        case RuleFired():
            fired = (_test(rule.when, ()) for rule in above if rule.source in condition.sources)
            known = tuple(test for test in fired if test)
            return AnyTest(of=known) if known else None
        case _:
            return _plain_test(condition)


def _plain_test(condition: Condition) -> TestView | None:
    match condition:
        case Is():
            return ChoiceTest(item_id=condition.item, choices=condition.choices)
        case Between():
            return RangeTest(
                item_id=condition.item, at_least=_known(condition.at_least), below=_known(condition.below)
            )
        case Written():
            return WordsTest(item_id=condition.item)
        case Day():
            return DayTest(first=condition.first, last=condition.last, or_unknown=condition.or_unknown)
        case _:
            return None


def _known(bound: float | None) -> float | UnsetType:
    return UNSET if bound is None else bound


def _item_view(protocol: Protocol, language: str, form: Form, item: Item) -> ItemView:
    text = say_item(protocol, language, form.id, item.id)
    asked = None if item.ask_when is None else _test(item.ask_when, ())
    ask_when = UNSET if asked is None else asked
    match item:
        case ChoiceItem():
            choices = tuple(
                ChoiceView(
                    id=each.id,
                    text=say_choice(protocol, language, item.id, each.id),
                    level=_alone(form, protocol.rules, item, each.id).value,
                )
                for each in item.choices
            )
            return ChoiceItemView(
                item_id=item.id, text=text, red_flag=item.red_flag, choices=choices, ask_when=ask_when
            )
        case NumberItem():
            return NumberItemView(
                item_id=item.id,
                text=text,
                unit=say(protocol, language, f"unit.{item.unit}"),
                minimum=item.minimum,
                maximum=item.maximum,
                decimals=item.decimals,
                ask_when=ask_when,
            )
        case TextItem():
            return TextItemView(item_id=item.id, text=text, max_length=item.max_length, ask_when=ask_when)


def _alone(form: Form, rules: RuleSet, item: ChoiceItem, choice: str) -> Level:
    """Return the level of one answer, where it is asked: the lowest of the ways in which it comes to be asked."""
    levels = [
        triage(form, rules, (*way.answers, ChoiceAnswer(item.id, choice)), Past(days=way.days)).level
        for way in ways_to_ask(item.ask_when)
    ]
    return min(levels, key=lambda level: level.rank)

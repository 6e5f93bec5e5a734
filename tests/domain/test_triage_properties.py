"""What must hold of triage over the shipped forms and rules, whatever somebody answers (trial.md §2)."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.answers import Answer, Answers, ChoiceAnswer, NumberAnswer, TextAnswer
from domain.asking import ways_to_ask
from domain.past import Past
from domain.protocol.check_examples import awaits, examples
from domain.protocol.conditions import Between
from domain.protocol.schema import ChoiceItem, Form, Item, Level, NumberItem, Rule, RuleSet
from domain.triage import Triage, triage, untriaged
from tests.support.protocol import shipped

PROTOCOL = shipped()
RULES = PROTOCOL.rules
FORMS = {form.id: form for form in PROTOCOL.current_forms}
EXAMPLES = list(examples(PROTOCOL))
DONT_KNOW = RULES.dont_know_choice
NORMAL = {"temperature": 36.6, "weight": 60.0, "animals-named": 15.0}
"""A number is worse the further it is from this, on either side. Every number item of a form must be here."""

READ_ALONE = {"temperature"}
"""Number items that some rule reads without looking back: only these have a threshold of their own."""

Step = tuple[Answer, Answer]
"""An answer, and a worse one to the same item."""


def graded(item: ChoiceItem) -> list[ChoiceAnswer]:
    """The graded answers to an item, best first."""
    with_grade = [choice for choice in item.choices if choice.grade is not None]
    return [
        ChoiceAnswer(item.id, choice.id)
        for choice in sorted(with_grade, key=lambda choice: choice.grade or 0)
    ]


def readings(item: NumberItem) -> list[list[NumberAnswer]]:
    """Every reading the item takes, in one list upwards and one downwards from normal."""
    scale = 10**item.decimals
    low, normal, high = (round(number * scale) for number in (item.minimum, NORMAL[item.id], item.maximum))
    if item.id not in READ_ALONE:
        return [[NumberAnswer(item.id, steps / scale) for steps in (normal, end)] for end in (high, low)]
    sides = range(normal, high + 1), range(normal, low - 1, -1)
    return [[NumberAnswer(item.id, steps / scale) for steps in side] for side in sides]


def dont_know_steps(item: ChoiceItem) -> list[Step]:
    """On a red flag "don't know" is worse than the best answer and better than the worst."""
    if not item.red_flag:
        return []
    best, *_, worst = graded(item)
    return [(best, ChoiceAnswer(item.id, DONT_KNOW)), (ChoiceAnswer(item.id, DONT_KNOW), worst)]


def steps_of(item: Item) -> list[Step]:
    """Every pair of a better and a worse answer for a choice, neighbours only for a number."""
    if isinstance(item, ChoiceItem):
        return [*combinations(graded(item), 2), *dont_know_steps(item)]
    if isinstance(item, NumberItem):
        return [step for side in readings(item) for step in pairwise(side)]
    return [(TextAnswer(item.id, ""), TextAnswer(item.id, "it hurts"))]


def any_step(item: Item) -> st.SearchStrategy[Step]:
    """Steps of any height, so that a threshold is crossed as often as not."""
    if not isinstance(item, NumberItem):
        return st.sampled_from(steps_of(item))
    upwards, downwards = readings(item)
    return st.one_of(ordered_pair(upwards), ordered_pair(downwards))


def ordered_pair(side: list[NumberAnswer]) -> st.SearchStrategy[Step]:
    places = st.tuples(st.sampled_from(range(len(side))), st.sampled_from(range(len(side))))
    return places.map(lambda pair: (side[min(pair)], side[max(pair)]))


def answers_to(item: Item) -> list[Answer]:
    if isinstance(item, ChoiceItem):
        return [ChoiceAnswer(item.id, choice.id) for choice in item.choices]
    return [answer for step in steps_of(item) for answer in step]


def lowered(form: Form, rules: RuleSet, beside: Answers = ()) -> list[Step]:
    """Every step of one item, beside these answers, that lowers the level or takes a signal back."""
    items = [item for item in form.items if item.id not in {answer.item_id for answer in beside}]
    return [
        (better, worse)
        for better, worse in (step for item in items for step in steps_of(item))
        if not raises(triage(form, rules, (better, *beside)), triage(form, rules, (worse, *beside)))
    ]


def raises(before: Triage, after: Triage) -> bool:
    return before.level.rank <= after.level.rank and set(before.signals) <= set(after.signals)


@st.composite
def reports(draw: st.DrawFn, form: Form, spare: str = "") -> Answers:
    """A report of few answers: a full one is an emergency nearly always, and would hide everything else."""
    others = [item for item in form.items if item.id != spare]
    items = draw(st.lists(st.sampled_from(others), max_size=3, unique_by=lambda item: item.id))
    return tuple(draw(st.sampled_from(answers_to(item))) for item in items)


@st.composite
def worsened(draw: st.DrawFn) -> tuple[Form, Answers, Answers]:
    """The same report twice, the second with one answer worse."""
    form = draw(st.sampled_from(PROTOCOL.forms))
    often = [
        item for item in form.items if isinstance(item, NumberItem)
    ] * 9  # it has a hundred steps, not three
    item = draw(st.sampled_from([*often, *(item for item in form.items if steps_of(item))]))
    better, worse = draw(any_step(item))
    others = draw(reports(form, spare=item.id))
    return form, (better, *others), (worse, *others)


@st.composite
def added(draw: st.DrawFn) -> tuple[Form, Answers, Answers]:
    """The same report twice, the second with one answer more, to any item."""
    form = draw(st.sampled_from(PROTOCOL.forms))
    answers = draw(reports(form))
    extra = draw(st.sampled_from([answer for item in form.items for answer in answers_to(item)]))
    return form, answers, (*answers, extra)


def anything(form: Form) -> st.SearchStrategy[Answers]:
    """Answers no phone of ours would send."""
    items = st.sampled_from([item.id for item in form.items]) | st.text(max_size=8)
    choices = st.sampled_from(["yes", "no", DONT_KNOW]) | st.text(max_size=8)
    answer = (
        st.builds(ChoiceAnswer, items, choices)
        | st.builds(NumberAnswer, items, st.floats() | st.integers().map(float))
        | st.builds(TextAnswer, items, st.text(max_size=30))
    )
    return st.lists(answer, max_size=6).map(tuple)


def fired_ids(result: Triage) -> set[str]:
    return {each.rule for each in result.fired}


def with_rule(changed: Rule) -> RuleSet:
    return replace(RULES, rules=tuple(changed if rule.id == changed.id else rule for rule in RULES.rules))


def rule(rule_id: str) -> Rule:
    return next(each for each in RULES.rules if each.id == rule_id)


ALL_FORMS = pytest.mark.parametrize("form", PROTOCOL.forms, ids=lambda form: f"{form.id}.{form.version}")


@given(worsened())
@settings(deadline=None, max_examples=500)
def test_a_worse_answer_never_lowers_the_level(case: tuple[Form, Answers, Answers]) -> None:
    form, better, worse = case
    assert raises(triage(form, RULES, better), triage(form, RULES, worse))


@ALL_FORMS
def test_no_item_alone_lowers_the_level_at_any_step_of_its_scale(form: Form) -> None:
    assert lowered(form, RULES) == []


@ALL_FORMS
def test_no_item_beside_one_other_answer_lowers_the_level_at_any_step(form: Form) -> None:
    others = {
        answer for item in form.items if not isinstance(item, NumberItem) for answer in answers_to(item)
    }
    for other in sorted(others, key=repr):
        assert lowered(form, RULES, beside=(other,)) == []


@given(added())
@settings(deadline=None, max_examples=500)
def test_an_answer_more_takes_no_fired_rule_back(case: tuple[Form, Answers, Answers]) -> None:
    form, fewer, more = case
    before, after = triage(form, RULES, fewer), triage(form, RULES, more)
    assert fired_ids(before) <= fired_ids(after)
    assert raises(before, after)


@given(added())
@settings(deadline=None)
def test_an_answer_to_another_item_leaves_no_decided_rule_in_doubt(
    case: tuple[Form, Answers, Answers],
) -> None:
    form, fewer, more = case
    if more[-1].item_id not in {answer.item_id for answer in fewer}:
        assert set(triage(form, RULES, more).undetermined) <= set(triage(form, RULES, fewer).undetermined)


@given(added())
@settings(deadline=None)
def test_the_order_of_the_answers_changes_nothing(case: tuple[Form, Answers, Answers]) -> None:
    form, _, answers = case
    assert triage(form, RULES, answers) == triage(form, RULES, answers[::-1])


@given(st.data())
@settings(deadline=None)
def test_no_answer_makes_triage_fail(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(PROTOCOL.forms))
    result = triage(form, RULES, data.draw(anything(form)))
    assert result.triaged
    assert result.level is max(
        (each.level for each in result.fired), key=lambda x: x.rank, default=Level.NONE
    )


def test_the_steps_find_a_fever_rule_that_lets_go_of_a_high_fever() -> None:
    broken = with_rule(replace(rule("i1-fever"), when=Between(item="temperature", at_least=38.0, below=41.0)))
    step = NumberAnswer("temperature", 40.9), NumberAnswer("temperature", 41.0)
    assert lowered(FORMS["on-demand"], broken) == [step]


def test_the_steps_find_a_worst_answer_that_counts_less_than_dont_know() -> None:
    broken = with_rule(replace(rule("r1-no-urine"), level=Level.ROUTINE))
    worst = ChoiceAnswer("urine", "none-for-12-hours")
    assert lowered(FORMS["on-demand"], broken) == [
        (ChoiceAnswer("urine", "clearly-less"), worst),
        (ChoiceAnswer("urine", DONT_KNOW), worst),
    ]


def test_a_firing_example_fires_its_rule_and_no_level_is_above_the_highest_that_fired() -> None:
    for rule, example, form, answers, past in EXAMPLES:
        found = triage(form, RULES, answers, past)
        assert (rule.id in fired_ids(found)) is example.fires, (rule.id, example)
        assert found.level is max(
            (each.level for each in found.fired), key=lambda x: x.rank, default=Level.NONE
        )


def test_what_does_not_fire_is_decided() -> None:
    for rule, example, form, answers, past in EXAMPLES:
        # W1 and D1 name several items, and stay undecided while any of them is unanswered.
        if not (example.fires or awaits(rule.when) or rule.source in {"W1", "D1"}):
            assert rule.id not in triage(form, RULES, answers, past).undetermined, (rule.id, example)


@ALL_FORMS
def test_unanswered_is_not_no(form: Form) -> None:
    empty = triage(form, RULES, ())
    assert empty.level is Level.NONE
    assert empty.fired == ()


@ALL_FORMS
def test_dont_know_on_any_red_flag_is_urgent(form: Form) -> None:
    red_flags = [item for item in form.items if isinstance(item, ChoiceItem) and item.red_flag]
    assert red_flags
    for item in red_flags:
        for asked in ways_to_ask(item.ask_when):
            given = (*asked.answers, ChoiceAnswer(item.id, DONT_KNOW))
            result = triage(form, RULES, given, Past(days=asked.days))
            assert f"dont-know.{item.id}" in fired_ids(result)
            assert result.level.rank >= Level.URGENT.rank
            assert item.signal is None or item.signal in result.signals


@ALL_FORMS
def test_a_form_whose_rules_cannot_be_run_is_urgent(form: Form) -> None:
    result = untriaged(form.id, form.version, RULES)
    assert (result.level, result.triaged) == (Level.URGENT, False)

"""Triage that looks back, at the calendar and at other rules; and rules that break (trial.md §2; cases.md 8)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.answers import Answers, ChoiceAnswer, NumberAnswer
from domain.past import Earlier, Past
from domain.protocol.check_examples import awaits, examples
from domain.protocol.conditions import Condition, Is
from domain.protocol.schema import Audience, ChoiceItem, Form, Level, NumberItem, Rule, RuleSet
from domain.triage import Triage, triage
from domain.truth import TESTS, facts_of, holds
from tests.support.protocol import shipped

RULES = shipped().rules
FORMS = {form.id: form for form in shipped().current_forms}
ON_DEMAND = FORMS["on-demand"]
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
BLACK = ChoiceAnswer("black-stool", "yes")


def ids(found: Triage) -> set[str]:
    return {each.rule for each in found.fired}


def before(hours: float, *answers: ChoiceAnswer | NumberAnswer, by: str = "participant") -> Earlier:
    form = "caregiver" if by == "caregiver" else "on-demand"
    return Earlier(reporter=Audience(by), form_id=form, answers=answers, at=(NOW - hours * HOUR,))


def past(*earlier: Earlier, days: tuple[int, ...] = (), at: tuple[datetime, ...] = (NOW,)) -> Past:
    return Past(at=at, days=days, earlier=earlier)


def judged(known: Past, *answers: ChoiceAnswer | NumberAnswer, form: Form = ON_DEMAND) -> Triage:
    return triage(form, RULES, answers, known)


def kilograms(number: float) -> NumberAnswer:
    return NumberAnswer("weight", number)


def celsius(number: float) -> NumberAnswer:
    return NumberAnswer("temperature", number)


def without(rule: Rule) -> RuleSet:
    return replace(RULES, rules=tuple(each for each in RULES.rules if each.id != rule.id))


def decided_by(rule: Rule) -> bool:
    """Whether there is a report, among the rule's own examples, that is one level lower without it."""
    return any(
        triage(form, RULES, answers, known).level.rank
        > triage(form, without(rule), answers, known).level.rank
        for each, example, form, answers, known in examples(shipped())
        if each is rule and example.fires
    )


BESIDE_ANOTHER = {
    "b3-streaks-with-dizziness",  # B5 says the same of it
    "b5-dizzy-with-bleeding",  # B2 is an EMERGENCY already, and with B4 so is B3
    "a1-weight-with-breathlessness",  # I5 is an EMERGENCY already
    "e6-no-stool-with-behaviour-change",  # E4 is URGENT already
    "x2-fever-or-chills",  # I1 and I3 are URGENT already: it says that they are never discounted
    "w1-worse-than-last",  # two grades worse is the worst answer of each graded item: an EMERGENCY already
    "w1-worse-than-baseline",
    "e5-under-cut-off",  # the cut-off is not given
}
"""Rules that fire beside one that already has their level: they explain, and never decide."""


def test_every_rule_can_decide_the_level_of_a_report_or_says_why_not() -> None:
    assert {rule.id for rule in RULES.rules if not decided_by(rule)} == BESIDE_ANOTHER


def test_every_rule_fires_on_every_form_version_it_covers() -> None:
    for rule in RULES.rules:
        if not awaits(rule.when):
            assert list(firing(rule)) == [form for form in shipped().forms if rule.covers(form)], rule.id


def firing(rule: Rule) -> Iterator[Form]:
    """The form versions on which one of the rule's examples fires it; older ones have the items as well."""
    cases = [case for case in examples(shipped()) if case[0] is rule and case[1].fires]
    for form in shipped().forms:
        mine = [(answers, known) for _, _, shown, answers, known in cases if shown.id == form.id]
        if rule.covers(form) and any(rule.id in ids(triage(form, RULES, *case)) for case in mine):
            yield form


def alone() -> dict[tuple[str, str], dict[tuple[str, int], Level]]:
    """The level of each answer by itself, on every form version that always asks the item."""
    levels: dict[tuple[str, str], dict[tuple[str, int], Level]] = {}
    for form in shipped().forms:
        for item in form.items:
            if isinstance(item, ChoiceItem) and item.ask_when is None:
                for choice in item.choices:
                    found = triage(form, RULES, (ChoiceAnswer(item.id, choice.id),))
                    levels.setdefault((item.id, choice.id), {})[form.id, form.version] = found.level
    return levels


def test_no_two_forms_contradict_each_other() -> None:
    for answer, levels in alone().items():
        assert len(set(levels.values())) == 1, (answer, levels)


def test_where_a_time_matters_onset_and_receipt_are_both_read() -> None:
    reaction = ChoiceAnswer("reaction", "yes")
    assert "x1-reaction" in ids(judged(past(days=(2, 5)), reaction))
    assert judged(past(days=(3, 5)), reaction).level is Level.NONE
    late = past(before(30, celsius(37.5)), at=(NOW, NOW - 10 * HOUR))
    assert "i2-raised-again" in ids(judged(late, celsius(37.4)))
    assert "i2-raised-again" not in ids(judged(past(before(30, celsius(37.5))), celsius(37.4)))


@pytest.mark.parametrize(
    ("weights", "now", "fires"),
    [
        ([(24, 60.0)], 62.0, {"a1-weight-in-a-week"}),
        ([(24, 60.1)], 62.1, {"a1-weight-in-a-week"}),
        ([(24, 60.0)], 61.9, set()),
        ([(24, 61.0), (48, 60.0)], 62.0, {"a1-weight-in-a-week", "a1-weight-day-by-day"}),
        ([(24, 60.1), (48, 60.0), (72, 60.6), (96, 59.6)], 61.1, {"a1-weight-day-by-day"}),
        ([(24, 61.0), (72, 60.0)], 61.5, set()),
        ([], 90.0, set()),
    ],
)
def test_weight_is_compared_by_the_week_and_from_day_to_day(
    weights: list[tuple[float, float]], now: float, fires: set[str]
) -> None:
    known = past(*(before(hours, kilograms(number)) for hours, number in weights))
    assert ids(judged(known, kilograms(now))) == fires


def test_a_trend_with_nothing_to_look_at_is_unknown_and_not_no() -> None:
    assert {"a1-weight-in-a-week", "e5-under-baseline"} <= set(
        judged(past(), kilograms(70), NumberAnswer("animals-named", 4)).undetermined
    )


def test_not_to_know_is_no_disagreement_and_neither_is_an_older_word() -> None:
    no = ChoiceAnswer("more-confused", "no")
    for other, hours, fires in (
        ("yes", 24, True),
        ("dont-know", 1, False),
        ("yes", 25, False),
        ("no", 1, False),
    ):
        known = past(before(hours, ChoiceAnswer("more-confused", other), by="caregiver"))
        assert ("d1-disagreement" in ids(judged(known, no))) is fires


def test_her_own_earlier_answer_is_no_disagreement() -> None:
    known = past(before(1, ChoiceAnswer("more-confused", "yes")))
    assert "d1-disagreement" not in ids(judged(known, ChoiceAnswer("more-confused", "no")))


def test_the_baseline_is_the_reporters_first_report_that_answered_and_nobody_elses() -> None:
    known = past(
        before(10, ChoiceAnswer("urine", "clearly-less")),
        before(500, ChoiceAnswer("urine", "as-usual")),
        before(900, celsius(36.6)),
    )
    worst = ChoiceAnswer("urine", "none-for-12-hours")
    assert {"w1-worse-than-baseline"} == {each for each in ids(judged(known, worst)) if each.startswith("w1")}


def test_a_rule_that_names_a_missing_item_is_broken_urgent_and_hides_no_other() -> None:
    lost = Rule(
        id="lost",
        source="Z",
        forms=("on-demand",),
        when=Is(item="gone", choices=("yes",)),
        level=Level.ROUTINE,
    )
    rules = replace(RULES, rules=(lost, *RULES.rules))
    well = triage(ON_DEMAND, rules, (ChoiceAnswer("fainted", "no"),))
    assert (well.level, well.triaged, well.broken) == (Level.URGENT, False, ("lost",))
    ill = triage(ON_DEMAND, rules, (BLACK,))
    assert (ill.level, ill.triaged, "b2-black-stool" in ids(ill)) == (Level.EMERGENCY, False, True)


def test_a_rule_that_raises_is_broken_urgent_and_hides_no_other() -> None:
    bad = past(replace(before(1, celsius(37.5)), at=("yesterday",)))
    found = judged(bad, celsius(37.5), BLACK)
    assert (found.level, found.triaged) == (Level.EMERGENCY, False)
    assert "i2-raised-again" in found.broken
    assert judged(bad, celsius(37.5)).level is Level.URGENT


@pytest.mark.parametrize("in_time", [0, 2, 10])
def test_when_the_time_runs_out_the_rest_is_broken_and_what_was_found_stays(in_time: int) -> None:
    asked = iter(range(1000))
    found = triage(ON_DEMAND, RULES, (BLACK,), out_of_time=lambda: next(asked) >= in_time)
    assert found.triaged is False
    assert len(found.broken) == sum(rule.covers(ON_DEMAND) for rule in RULES.rules) - in_time
    assert found.level is (Level.EMERGENCY if in_time >= 2 else Level.URGENT)


def test_the_hash_tells_inputs_apart_and_not_the_order_of_answers() -> None:
    one, other = (BLACK, celsius(37.5)), (celsius(37.5), BLACK)
    assert judged(past(), *one).input_hash == judged(past(), *other).input_hash
    assert judged(past(days=(1,)), *one).input_hash != judged(past(), *one).input_hash
    assert judged(past(before(1, BLACK)), *one).input_hash != judged(past(), *one).input_hash
    assert judged(past(), *one, form=FORMS["check-in"]).input_hash != judged(past(), *one).input_hash


def answers(form: Form) -> st.SearchStrategy[Answers]:
    items = [item for item in form.items if isinstance(item, ChoiceItem | NumberItem)]
    return st.lists(st.sampled_from(items).flatmap(answer), max_size=5).map(tuple)


def answer(item: ChoiceItem | NumberItem) -> st.SearchStrategy[ChoiceAnswer | NumberAnswer]:
    if isinstance(item, ChoiceItem):
        return st.sampled_from(item.choices).map(lambda choice: ChoiceAnswer(item.id, choice.id))
    span = st.integers(round(item.minimum * 10), round(item.maximum * 10))
    near = {"temperature": st.integers(365, 385), "weight": st.integers(590, 640)}.get(item.id, span)
    return near.map(lambda tenths: NumberAnswer(item.id, tenths / 10 if item.decimals else tenths // 10))


def reports() -> st.SearchStrategy[Earlier]:
    return st.sampled_from(sorted(FORMS)).flatmap(
        lambda name: st.builds(
            lambda given, hours: Earlier(
                reporter=FORMS[name].audience, form_id=name, answers=given, at=(NOW - hours * HOUR,)
            ),
            answers(FORMS[name]),
            st.integers(1, 400),
        )
    )


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_one_earlier_report_more_of_the_last_week_never_lowers_the_level(data: st.DataObject) -> None:
    form = FORMS[data.draw(st.sampled_from(sorted(FORMS)))]
    given_now = data.draw(answers(form))
    earlier = data.draw(st.lists(reports(), max_size=4))
    # Older than all others: the last report and the baseline of the rest stay what they were, or begin.
    more = data.draw(reports())
    known = replace(past(*sorted(earlier, key=lambda each: each.at, reverse=True)), reporter=form.audience)
    wider = replace(known, earlier=(*known.earlier, more))
    fewer_rules = replace(RULES, rules=tuple(rule for rule in RULES.rules if rule.source not in {"W1", "E5"}))
    one, two = (triage(form, fewer_rules, given_now, each) for each in (known, wider))
    assert one.level.rank <= two.level.rank
    assert set(one.signals) <= set(two.signals)


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_worse_answer_never_lowers_the_level_whatever_is_past(data: st.DataObject) -> None:
    form = FORMS[data.draw(st.sampled_from(sorted(FORMS)))]
    flags = [item for item in form.items if isinstance(item, ChoiceItem)]
    item = data.draw(st.sampled_from([each for each in flags if any(c.grade for c in each.choices)]))
    graded = sorted((c for c in item.choices if c.grade is not None), key=lambda c: c.grade or 0)
    better, worse = sorted(
        data.draw(st.lists(st.sampled_from(graded), min_size=2, max_size=2)), key=lambda c: c.grade or 0
    )
    rest = tuple(each for each in data.draw(answers(form)) if each.item_id != item.id)
    known = replace(
        past(*data.draw(st.lists(reports(), max_size=4)), days=data.draw(st.sampled_from([(), (1,), (40,)]))),
        reporter=form.audience,
    )
    one, two = (
        triage(form, RULES, (*rest, ChoiceAnswer(item.id, choice.id)), known) for choice in (better, worse)
    )
    assert one.level.rank <= two.level.rank
    assert set(one.signals) <= set(two.signals)


def test_every_kind_of_condition_can_be_decided() -> None:
    facts = facts_of(ON_DEMAND, (), past(), "dont-know")
    for rule in RULES.rules:
        assert holds(rule.when, facts) in {True, False, None}
    assert set(get_args(Condition)) == set(TESTS)

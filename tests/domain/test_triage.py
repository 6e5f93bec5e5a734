"""Triage over forms and rules built by hand: one small question each."""

import pytest
from msgspec.structs import replace

from domain.answers import Answer, ChoiceAnswer, NumberAnswer, TextAnswer
from domain.past import NOTHING_PAST
from domain.protocol.conditions import AllOf, AnyOf, Between, Condition, Is, Written
from domain.protocol.schema import (
    Audience,
    Choice,
    ChoiceItem,
    Form,
    Level,
    NumberItem,
    Rule,
    RuleSet,
    Signal,
    Stated,
    TextItem,
)
from domain.triage import Fired, Triage, triage, untriaged
from domain.truth import facts_of, holds

YES_NO = (Choice(id="no", grade=0), Choice(id="yes", grade=1), Choice(id="dont-know"))
FORM = Form(
    id="check-in",
    version=3,
    status="draft",
    audience=Audience.PARTICIPANT,
    recall="recall.check-in",
    items=(
        ChoiceItem(id="black-stool", choices=YES_NO, red_flag=True, signal=Signal.BLEEDING),
        ChoiceItem(id="chills", choices=YES_NO, red_flag=True, signal=Signal.INFECTION),
        ChoiceItem(id="constipated", choices=YES_NO),
        NumberItem(id="temperature", unit="°C", minimum=30, maximum=45, decimals=1),
        TextItem(id="note", max_length=200),
    ),
)
BLACK_STOOL, CHILLS = Is(item="black-stool", choices=("yes",)), Is(item="chills", choices=("yes",))
FEVER = Between(item="temperature", at_least=38.0)
RULES = RuleSet(
    version=7,
    status="draft",
    dont_know_choice="dont-know",
    dont_know_level=Level.URGENT,
    untriaged_level=Level.URGENT,
    baseline=Stated(value="first-report", confirmed=False, source="a test"),
    rules=(
        Rule(
            id="i1", source="I1", forms=("check-in",), when=FEVER, level=Level.URGENT, signal=Signal.INFECTION
        ),
        Rule(
            id="i1.rigors",
            source="I1",
            forms=("check-in", "on-demand"),
            when=AllOf(of=(FEVER, CHILLS)),
            level=Level.EMERGENCY,
            signal=Signal.INFECTION,
            advice="advice.fever",
        ),
        Rule(
            id="b2",
            source="B2",
            forms=("check-in",),
            when=BLACK_STOOL,
            level=Level.EMERGENCY,
            signal=Signal.BLEEDING,
            advice="advice.bleeding",
        ),
        Rule(id="f1", source="F1", forms=("check-in",), when=Written(item="note"), level=Level.ROUTINE),
        Rule(id="c1", source="C1", forms=("caregiver",), when=BLACK_STOOL, level=Level.EMERGENCY),
    ),
)


def judge(*answers: Answer) -> Triage:
    return triage(FORM, RULES, answers)


def truth(condition: Condition, *answers: Answer) -> bool | None:
    facts = facts_of(FORM, answers, NOTHING_PAST, "dont-know")
    return holds(condition, facts)


def level(*answers: Answer) -> Level:
    return judge(*answers).level


def ids(result: Triage) -> list[str]:
    return [each.rule for each in result.fired]


def celsius(number: float) -> NumberAnswer:
    return NumberAnswer("temperature", number)


def chose(item: str, choice: str) -> ChoiceAnswer:
    return ChoiceAnswer(item, choice)


def test_unanswered_is_not_no() -> None:
    empty = judge()
    assert empty.level is Level.NONE
    assert empty.undetermined == ("i1", "i1.rigors", "b2", "f1")
    assert judge(chose("black-stool", "no")).undetermined == ("i1", "i1.rigors", "f1")


def test_dont_know_is_not_no_either() -> None:
    assert truth(CHILLS, chose("chills", "dont-know")) is None
    assert truth(CHILLS, chose("chills", "no")) is False


def test_a_rule_may_ask_for_dont_know_by_name() -> None:
    assert truth(Is(item="chills", choices=("yes", "dont-know")), chose("chills", "dont-know")) is True


_ANSWERS: dict[bool | None, tuple[Answer, ...]] = {
    True: (chose("black-stool", "yes"),),
    False: (chose("black-stool", "no"),),
    None: (),
}
_OTHERS: dict[bool | None, tuple[Answer, ...]] = {
    True: (chose("chills", "yes"),),
    False: (chose("chills", "no"),),
    None: (),
}


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (True, True, True, True),
        (True, False, False, True),
        (True, None, None, True),
        (False, True, False, True),
        (False, False, False, False),
        (False, None, False, None),
        (None, True, None, True),
        (None, False, False, None),
        (None, None, None, None),
    ],
)
def test_and_and_or_follow_kleene(
    left: bool | None, right: bool | None, both: bool | None, either: bool | None
) -> None:
    answers = _ANSWERS[left] + _OTHERS[right]
    assert truth(AllOf(of=(BLACK_STOOL, CHILLS)), *answers) is both
    assert truth(AnyOf(of=(BLACK_STOOL, CHILLS)), *answers) is either


@pytest.mark.parametrize(
    ("number", "expected"), [(37.2, False), (37.3, True), (37.9, True), (38.0, False), (35.0, False)]
)
def test_between_includes_its_lower_bound_only(number: float, expected: bool) -> None:
    assert truth(Between(item="temperature", at_least=37.3, below=38.0), celsius(number)) is expected


def test_a_missing_bound_is_open() -> None:
    assert truth(Between(item="temperature", below=36.0), celsius(30.0)) is True
    assert truth(Between(item="temperature", at_least=38.0), celsius(45.0)) is True


def test_only_more_than_white_space_is_written() -> None:
    assert truth(Written(item="note"), TextAnswer("note", " \n\u3000")) is False
    assert truth(Written(item="note"), TextAnswer("note", " 痛 ")) is True


def test_thirty_eight_is_fever_even_when_the_phone_added_it_up() -> None:
    assert level(celsius(38.0)) is Level.URGENT
    assert level(celsius(37.99999999999999)) is Level.URGENT
    assert level(celsius(37.9)) is Level.NONE


def test_the_level_is_the_maximum_over_the_rules_that_fired() -> None:
    assert level(TextAnswer("note", "hello")) is Level.ROUTINE
    assert level(TextAnswer("note", "hello"), celsius(38.5)) is Level.URGENT
    assert level(celsius(38.5), chose("chills", "yes"), TextAnswer("note", "hello")) is Level.EMERGENCY


def test_an_investigator_can_see_which_rules_fired_from_which_answers() -> None:
    result = judge(celsius(38.5), chose("chills", "yes"), chose("black-stool", "no"))
    assert result.fired == (
        Fired("i1", Level.URGENT, Signal.INFECTION, ("temperature",)),
        Fired("i1.rigors", Level.EMERGENCY, Signal.INFECTION, ("temperature", "chills")),
    )
    assert result.undetermined == ("f1",)
    assert (result.rule_set_version, result.form_id, result.form_version) == (7, "check-in", 3)


def test_unanswered_items_are_not_among_those_a_rule_read() -> None:
    either = Rule(id="x", source="X", forms=("check-in",), when=AnyOf(of=(CHILLS, FEVER)), level=Level.URGENT)
    rules = replace(RULES, rules=(either,))
    assert triage(FORM, rules, (celsius(39.0),)).fired[0].items == ("temperature",)


def test_signals_come_once_and_in_the_order_of_the_trial() -> None:
    result = judge(celsius(38.5), chose("chills", "yes"), chose("black-stool", "yes"))
    assert result.signals == (Signal.BLEEDING, Signal.INFECTION)


def test_advice_comes_from_the_rules_that_fired() -> None:
    assert judge(celsius(38.5)).advice == ()
    result = judge(celsius(38.5), chose("chills", "yes"), chose("black-stool", "yes"))
    assert result.advice == ("advice.fever", "advice.bleeding")


def test_dont_know_on_a_red_flag_is_urgent_and_says_why() -> None:
    result = judge(chose("black-stool", "dont-know"))
    assert result.level is Level.URGENT
    assert result.fired == (Fired("dont-know.black-stool", Level.URGENT, Signal.BLEEDING, ("black-stool",)),)
    assert result.signals == (Signal.BLEEDING,)
    assert "b2" in result.undetermined


def test_dont_know_elsewhere_fires_nothing() -> None:
    assert judge(chose("constipated", "dont-know")).fired == ()


def test_a_rule_of_another_form_is_neither_fired_nor_undetermined() -> None:
    result = judge(chose("black-stool", "yes"))
    assert ids(result) == ["b2"]
    assert "c1" not in result.undetermined


def test_what_does_not_fit_the_form_is_not_read_and_the_rest_is() -> None:
    result = judge(
        chose("black-stool", "perhaps"),
        TextAnswer("chills", "yes"),
        celsius(float("nan")),
        chose("unheard-of", "yes"),
        celsius(38.5),
    )
    assert ids(result) == ["i1"]


@pytest.mark.parametrize("number", [99.0, float("inf")])
def test_a_number_that_does_not_fit_fires_nothing(number: float) -> None:
    assert judge(celsius(number)).fired == ()


def test_a_second_answer_to_one_item_cannot_take_back_the_first() -> None:
    yes, no = chose("black-stool", "yes"), chose("black-stool", "no")
    assert level(yes, no) is level(no, yes) is Level.EMERGENCY


def test_dont_know_beside_a_no_to_the_same_item_stays_urgent() -> None:
    assert level(chose("chills", "dont-know"), chose("chills", "no")) is Level.URGENT


def test_rules_that_could_not_be_run_count_as_urgent_with_nothing_decided() -> None:
    result = untriaged("check-in", 3, RULES)
    assert (result.level, result.triaged, result.fired) == (Level.URGENT, False, ())
    assert result.broken == ("i1", "i1.rigors", "b2", "f1")
    assert judge().triaged

"""The weekly check-in asks, once a week and in two minutes, what the on-demand form asks at any time (trial.md §2)."""

import pytest
from msgspec.structs import replace

from domain.answers import Answer, ChoiceAnswer, NumberAnswer, TextAnswer
from domain.protocol.schema import Audience, ChoiceItem, Form, Item, Level, NumberItem, Signal
from domain.texts import say, say_item
from domain.triage import triage
from tests.support.protocol import shipped

RULES = shipped().rules
FORMS = {form.id: form for form in shipped().current_forms}
CHECK_IN, ON_DEMAND = FORMS["check-in"], FORMS["on-demand"]
LANGUAGES = ("en", "zh-CN")


def signals(form: Form) -> set[Signal | None]:
    return {item.signal for item in form.items if isinstance(item, ChoiceItem)}


def flags(form: Form) -> list[str]:
    """The red flags that are always asked."""
    return [
        item.id for item in form.items if isinstance(item, ChoiceItem) and item.red_flag and not item.ask_when
    ]


def follow_ups(form: Form) -> list[str]:
    return [item.id for item in form.items if item.ask_when]


def answers_to(item: Item) -> list[Answer]:
    if isinstance(item, ChoiceItem):
        return [ChoiceAnswer(item.id, choice.id) for choice in item.choices]
    if isinstance(item, NumberItem):
        tenths = range(round(item.minimum * 10), round(item.maximum * 10) + 1)
        return [NumberAnswer(item.id, tenth / 10) for tenth in tenths]
    return [TextAnswer(item.id, text) for text in ("", " ", "手心发红")]


def worst_level(item: str) -> Level:
    """The level of the item's worst answer alone, as the on-demand form judges it."""
    (asked,) = (each for each in ON_DEMAND.items if each.id == item)
    levels = [triage(ON_DEMAND, RULES, (answer,)).level for answer in answers_to(asked)]
    return max(levels, key=lambda level: level.rank)


def test_the_check_in_form_has_at_most_twelve_red_flags_and_they_come_first() -> None:
    asked = [item.id for item in CHECK_IN.items if not item.ask_when]
    assert 0 < len(flags(CHECK_IN)) <= 12
    assert asked[: len(flags(CHECK_IN))] == flags(CHECK_IN)


def test_a_question_that_follows_another_is_asked_right_after_signs_of_bleeding_confusion_or_a_treatment() -> (
    None
):
    assert follow_ups(CHECK_IN) == ["dizzy-on-standing", "reaction", "newly-yellow"]


def test_the_worst_red_flag_comes_first_and_none_left_out_is_worse_than_one_that_is_asked() -> None:
    ranks = [worst_level(item).rank for item in flags(CHECK_IN)]
    left_out = set(flags(ON_DEMAND)) - set(flags(CHECK_IN))
    assert ranks == sorted(ranks, reverse=True)
    assert left_out == {"nose-or-gum-bleeding", "cannot-keep-medicines", "newly-yellow"}
    assert max(worst_level(item).rank for item in left_out) <= min(ranks)


def test_every_signal_that_is_asked_for_on_demand_is_asked_for_in_the_check_in() -> None:
    assert signals(CHECK_IN) == signals(ON_DEMAND)


def test_after_the_red_flags_the_check_in_asks_what_the_trial_lists() -> None:
    before = {*flags(CHECK_IN), *follow_ups(CHECK_IN)}
    rest = [item.id for item in CHECK_IN.items if item.id not in before]
    assert rest == [
        *("temperature", "temperature-method", "weight", "antiviral-missed", "wants-call", "free-text"),
    ]


SHARED = [item for item in CHECK_IN.items if item.id != "wants-call"]


@pytest.mark.parametrize("item", SHARED, ids=lambda item: item.id)
def test_every_item_of_the_check_in_is_the_same_question_as_on_demand(item: Item) -> None:
    assert replace(item, ask_when=None) in [replace(each, ask_when=None) for each in ON_DEMAND.items]


@pytest.mark.parametrize("item", SHARED, ids=lambda item: item.id)
def test_the_same_answer_fires_the_same_rules_in_the_check_in_as_on_demand(item: Item) -> None:
    for answer in answers_to(item):
        weekly, at_once = (triage(form, RULES, (answer,)) for form in (CHECK_IN, ON_DEMAND))
        if answer == ChoiceAnswer("newly-yellow", "dont-know"):
            # Weekly it is asked after a sign of confusion only, and means nothing where it was not asked.
            assert (weekly.level, at_once.level) == (Level.NONE, Level.URGENT)
            continue
        assert (weekly.level, weekly.fired, weekly.advice) == (at_once.level, at_once.fired, at_once.advice)


def test_the_check_in_is_the_participants_and_looks_back_to_the_last_one() -> None:
    assert CHECK_IN.audience == Audience.PARTICIPANT
    assert say(shipped(), "en", CHECK_IN.recall) == "Since your last check-in"
    assert say(shipped(), "zh-CN", CHECK_IN.recall) == "自上次每周自查以来"
    assert say(shipped(), "en", "form.check-in.title") == "Weekly check-in"
    assert say(shipped(), "zh-CN", "form.check-in.title") == "每周自查"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_asked_about_now_on_demand_is_asked_about_the_week_in_the_check_in(language: str) -> None:
    protocol = shipped()
    own = [
        item.id
        for item in SHARED
        if say_item(protocol, language, "check-in", item.id)
        != say_item(protocol, language, "on-demand", item.id)
    ]
    assert own == [
        *("black-stool", "dizzy-on-standing", "breathless-at-rest", "belly-pain", "urine", "more-confused"),
    ]

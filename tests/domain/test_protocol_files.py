from datetime import time, timedelta

import pytest

from domain.answers import ChoiceAnswer, NumberAnswer
from domain.asking import ways_to_ask
from domain.past import Past
from domain.protocol.check_examples import examples
from domain.protocol.check_texts import ADVICE
from domain.protocol.clocks import Policy
from domain.protocol.schema import Audience, ChoiceItem, Form, Level, TextItem
from domain.sms import segments
from domain.texts import say, say_choice, say_item
from domain.triage import triage
from tests.support.protocol import shipped

# trial.md §1, row by row.
VISIT_WEEKS = (1, 2, 4, 8, 12, 24, 36, 52)
CELLS = {
    "meld": "xxxxxxxx",
    "child-pugh": "xxxxxxxx",
    "liver-panel": "xxxxxxxx",
    "inr": "xxxxxxxx",
    "prothrombin-time": "xxxxxxxx",
    "prothrombin-activity": "xxxxxxxx",
    "hbv-dna": "xx-x-xxx",
    "liver-stiffness": "-----x-x",
    "spleen-stiffness": "-----x-x",
}

# trial.md §2, row by row, but for N2. P = participant's form, C = caregiver's form.
RULES = {
    ("B1", "emergency", "bleeding", "PC"),
    ("B2", "emergency", "bleeding", "PC"),
    ("B3", "emergency", "bleeding", "PC"),
    ("B4", "urgent", "bleeding", "P"),
    ("B5", "emergency", "bleeding", "PC"),
    ("B6", "urgent", "bleeding", "PC"),
    ("E1", "emergency", "confusion", "C"),
    ("E2", "emergency", "confusion", "C"),
    ("E3", "urgent", "confusion", "PC"),
    ("E4", "urgent", "confusion", "PC"),
    ("E5", "urgent", "confusion", "P"),
    ("E6", "routine", "confusion", "P"),
    ("E6", "urgent", "confusion", "P"),
    ("I1", "urgent", "infection", "P"),
    ("I1", "emergency", "infection", "P"),
    ("I2", "routine", "infection", "P"),
    ("I2", "urgent", "infection", "P"),
    ("I3", "urgent", "infection", "P"),
    ("I4", "urgent", "infection", "P"),
    ("I4", "emergency", "infection", "P"),
    ("I5", "emergency", "infection", "PC"),
    ("R1", "emergency", "kidney", "P"),
    ("R2", "urgent", "kidney", "P"),
    ("R3", "urgent", "kidney", "P"),
    ("A1", "urgent", None, "P"),
    ("A1", "emergency", None, "P"),
    ("J1", "urgent", None, "P"),
    ("J1", "emergency", "confusion", "P"),
    ("X1", "emergency", None, "P"),
    ("X2", "urgent", "infection", "P"),
    ("M1", "routine", None, "P"),
    ("N1", "emergency", None, "PC"),
    ("F1", "routine", None, "PC"),
    ("W1", "urgent", None, "P"),
    ("D1", "urgent", "confusion", "PC"),
    ("Forms", "routine", None, "P"),
}
LETTERS = {"on-demand": "P", "check-in": "P", "caregiver": "C"}
LANGUAGES = ("en", "zh-CN")


def form_named(name: str) -> Form:
    return next(form for form in shipped().current_forms if form.id == name)


def level_of(form: Form, *answers: ChoiceAnswer | NumberAnswer) -> Level:
    return triage(form, shipped().rules, answers).level


def test_the_calendar_has_exactly_the_58_cells_of_the_trial() -> None:
    expected = {
        (week, assessment)
        for assessment, row in CELLS.items()
        for week, cell in zip(VISIT_WEEKS, row, strict=True)
        if cell == "x"
    }
    cells = [(visit.week, each) for visit in shipped().calendar.visits for each in visit.assessments]
    assert len(cells) == 58
    assert set(cells) == expected


def test_a_check_in_is_due_in_every_week() -> None:
    check_ins = shipped().calendar.check_ins
    assert (check_ins.first_week, check_ins.last_week) == (1, 52)


def test_every_day_of_the_trial_lies_in_exactly_one_safety_window() -> None:
    windows = {w.id: range(w.first_day, w.last_day + 1) for w in shipped().calendar.safety_windows}
    found = {day: [name for name, days in windows.items() if day in days] for day in range(-1, 366)}
    assert found.pop(-1) == found.pop(365) == []
    assert all(found[day] == ["any-adverse-event"] for day in range(29))
    assert all(found[day] == ["related-adverse-event"] for day in range(29, 365))


def test_what_the_registration_text_does_not_say_and_every_draft_is_listed_as_unconfirmed() -> None:
    assert set(shipped().unconfirmed) == {
        "trial.status",
        "calendar.check-ins.window",
        "calendar.phases.phase-1.anchor",
        "calendar.phases.phase-1.visit-window",
        "calendar.phases.phase-2.anchor",
        "calendar.phases.phase-2.visit-window",
        "calendar.left-open.baseline-and-screening",
        "calendar.left-open.pharmacokinetic-samples",
        "calendar.left-open.immunogenicity-samples",
        "calendar.left-open.fasting",
        "rules.status",
        "escalation.status",
        "reminders.status",
        "routes.status",
        "rules.baseline",
        "rules.rules[17].when.cut-off",
        "rules.rules[39].when.of[1].within",
        *(f"forms.{form}.{version}.status" for form in LETTERS for version in (1, 2)),
    }


def test_the_rules_are_those_of_the_trial_with_their_level_signal_and_forms() -> None:
    letters: dict[tuple[str, str, str | None], set[str]] = {}
    for rule in shipped().rules.rules:
        forms = letters.setdefault((rule.source, rule.level, rule.signal), set())
        forms.update(LETTERS[form.partition(".")[0]] for form in rule.forms)
    assert {(*key, "".join(sorted(forms, reverse=True))) for key, forms in letters.items()} == RULES


def test_every_rule_fires_on_its_examples_and_not_on_the_ones_next_to_them() -> None:
    for rule, example, form, answers, past in examples(shipped()):
        fired = {each.rule for each in triage(form, shipped().rules, answers, past).fired}
        assert (rule.id in fired) is example.fires, (rule.id, example)


def test_three_taps_make_an_emergency_from_either_form() -> None:
    for form in shipped().forms:
        assert level_of(form, ChoiceAnswer(form.items[0].id, "yes")) == Level.EMERGENCY


def test_each_form_opens_with_its_red_flags_and_ends_with_free_text() -> None:
    for form in shipped().forms:
        flags = [isinstance(item, ChoiceItem) and item.red_flag for item in form.items]
        assert flags == sorted(flags, reverse=True)
        assert isinstance(form.items[-1], TextItem)


def test_the_caregiver_is_asked_for_nothing_that_cannot_be_seen() -> None:
    unseen = {"temperature", "belly-pain", "urine", "antiviral-missed", "orientation-error"}
    assert form_named("caregiver").audience == Audience.CAREGIVER
    assert unseen.isdisjoint(item.id for item in form_named("caregiver").items)


def test_to_say_i_do_not_know_on_a_red_flag_is_urgent() -> None:
    for form in shipped().forms:
        for item in form.items:
            if isinstance(item, ChoiceItem) and item.red_flag:
                for asked in ways_to_ask(item.ask_when):
                    given = (*asked.answers, ChoiceAnswer(item.id, "dont-know"))
                    found = triage(form, shipped().rules, given, Past(days=asked.days))
                    assert f"dont-know.{item.id}" in {each.rule for each in found.fired}
                    assert found.level.rank >= Level.URGENT.rank


@pytest.mark.parametrize(
    ("celsius", "level"),
    [
        (30.0, "urgent"),
        (35.9, "urgent"),
        (36.0, "none"),
        (37.2, "none"),
        (37.3, "routine"),
        (37.9, "routine"),
        (38.0, "urgent"),
        (45.0, "urgent"),
    ],
)
def test_a_temperature_has_the_level_of_the_trial_at_each_edge(celsius: float, level: str) -> None:
    assert level_of(form_named("on-demand"), NumberAnswer("temperature", celsius)) == level


def test_no_tenth_of_a_degree_falls_between_the_rules() -> None:
    tenths = [NumberAnswer("temperature", tenth / 10) for tenth in range(300, 451)]
    levels = [level_of(form_named("on-demand"), each).rank for each in tenths]
    assert levels[:60] == [2] * 60
    assert levels[60:] == sorted(levels[60:])


def test_a_normal_temperature_does_not_talk_shaking_chills_away() -> None:
    chills = ChoiceAnswer("shaking-chills", "yes")
    assert level_of(form_named("on-demand"), chills) == Level.URGENT
    assert level_of(form_named("on-demand"), chills, NumberAnswer("temperature", 36.8)) == Level.URGENT


def test_a_raised_temperature_is_advised_to_be_measured_again() -> None:
    judged = triage(form_named("on-demand"), shipped().rules, (NumberAnswer("temperature", 37.5),))
    assert [say(shipped(), "en", key) for key in judged.advice] == [
        "Measure your temperature again in 4 hours and report it."
    ]


@pytest.mark.parametrize(
    ("name", "first", "wait", "contact"), [("emergency", 1, 10, 10), ("urgent", 5, 120, 30)]
)
def test_the_clocks_are_those_of_the_trial(name: str, first: int, wait: int, contact: int) -> None:
    policy: Policy = getattr(shipped().escalation, name)
    assert policy.first_message_within == timedelta(minutes=first)
    assert [step.wait for step in policy.steps] == [timedelta(minutes=wait)] * 4
    assert [step.target for step in policy.steps] == [
        "on-call-1",
        "on-call-2",
        "on-call-3",
        "principal-investigator",
    ]
    assert policy.contact_within == timedelta(minutes=contact)
    assert policy.receipt_within == timedelta(seconds=90)
    assert policy.join_for == timedelta(minutes=15)


def test_the_day_at_the_site_runs_from_seven_to_ten_in_the_evening() -> None:
    assert (shipped().escalation.day.start, shipped().escalation.day.end) == (time(7), time(22))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_and_answer_can_be_said(language: str) -> None:
    for form in shipped().forms:
        assert say(shipped(), language, f"form.{form.id}.title")
        assert say(shipped(), language, form.recall)
        for item in form.items:
            assert say_item(shipped(), language, form.id, item.id)
            for choice in item.choices if isinstance(item, ChoiceItem) else ():
                assert say_choice(shipped(), language, item.id, choice.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_level_of_advice_names_the_number_to_call(language: str) -> None:
    for level in ADVICE:
        assert say(shipped(), language, f"advice.{level}.headline")
        assert "120" in say(shipped(), language, f"advice.{level}.text")


@pytest.mark.parametrize("key", ["sms.emergency", "sms.urgent", "sms.exhausted"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_to_staff_is_one_segment(language: str, key: str) -> None:
    assert segments(say(shipped(), language, key, code="K7Q4", minutes="10")).count == 1


def test_the_chinese_text_to_staff_names_code_and_minutes_and_nothing_else() -> None:
    named = str(shipped().escalation.acknowledge_minutes_named)
    assert say(shipped(), "zh-CN", "sms.emergency", code="K7Q4", minutes=named) == (
        "【中南试验】您有一条紧急待办，编号K7Q4，请10分钟内登录系统查看并确认。"  # noqa: RUF001 - Chinese
    )

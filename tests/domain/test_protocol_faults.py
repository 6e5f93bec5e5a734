"""Each fault is made by hand in the shipped files; the refusal must name the place it was made."""

import pytest

from domain.protocol.decode import decode
from domain.protocol.schema import Audience
from tests.support.protocol import at, edited, refused, shipped, shipped_files


def test_the_shipped_files_are_accepted() -> None:
    assert decode(shipped_files()) == shipped()


def test_many_faults_of_many_files_are_all_named_at_once() -> None:
    files = edited(
        ("rules.toml", 'item = "fainted"', "itm = 3"),
        ("rules.toml", 'level = "emergency"', 'level = "now"'),
        ("calendar.toml", "week = 8", "week = 53"),
        ("calendar.toml", "days-after = 3", 'days-after = "three"'),
        ("escalation.toml", '"PT60S"', '"soon"'),
        ("form-on-demand.1.toml", "decimals = 1", "decimals = 1\ncolour = 'red'"),
        ("form-caregiver.1.toml", 'type = "choice"', 'type = "slider"'),
        ("texts-en.toml", '"Yes"', "true"),
        ("trial.toml", 'status = "draft"', ""),
    )
    files["form-weekly.1.toml"] = b"\xff"
    files["notes.toml"] = b""
    del files["texts-zh-CN.toml"]
    assert set(refused(files)) == {
        "rules.toml: rules[0].level",
        f"rules.toml: {at('b5-fainted')}.when.item",
        f"rules.toml: {at('b5-fainted')}.when.itm",
        "calendar.toml: visits[3].week",
        "calendar.toml: phases.phase-1.visit-window.value.days-after",
        "escalation.toml: emergency.first-message-within",
        "form-on-demand.1.toml: items[15].colour",
        "form-caregiver.1.toml: items[0]",
        "form-weekly.1.toml",
        "texts-en.toml: texts.choice.yes",
        "trial.toml: status",
        "notes.toml",
        "texts-zh-CN.toml",
    }


def test_many_faults_between_files_are_all_named_at_once() -> None:
    faults = refused(
        edited(
            ("calendar.toml", "week = 2\n", "week = 1\n"),
            ("rules.toml", 'item = "black-stool"', 'item = "blue-stool"'),
            ("escalation.toml", "minutes-named = 10", "minutes-named = 15"),
            ("form-caregiver.1.toml", 'id = "fainted"', 'id = "vomited-blood"'),
            ("texts-en.toml", '"choice.yes" =', '"choice.yep" ='),
        )
    )
    assert {
        "calendar.toml: visits[1].week",
        "rules.toml: rules[1].when.item",
        "escalation.toml: acknowledge-minutes-named",
        "form-caregiver.1.toml: items[5].id",
        "texts-en.toml: texts.choice.yes",
        "texts-en.toml: texts.choice.yep",
    } <= set(faults)


@pytest.mark.parametrize("name", sorted(shipped_files()))
def test_a_missing_file_is_refused_by_its_name(name: str) -> None:
    files = shipped_files()
    del files[name]
    faults = refused(files)
    if name in {f"form-{form.id}.{form.version}.toml" for form in shipped().current_forms}:
        assert {"rules.toml", "texts-en.toml"} <= {pointer.partition(":")[0] for pointer in faults}
    else:
        assert name in faults


@pytest.mark.parametrize("name", sorted(shipped_files()))
@pytest.mark.parametrize("rubbish", [b"\xff\xfe", b"a = ", b"a = 1\na = 2"])
def test_what_is_not_toml_is_refused_by_the_name_of_its_file(name: str, rubbish: bytes) -> None:
    assert name in refused(shipped_files() | {name: rubbish})


@pytest.mark.parametrize("name", sorted(shipped_files()))
def test_an_unknown_key_is_refused_in_every_file(name: str) -> None:
    files = shipped_files()
    files[name] = b"colour = 'red'\n" + files[name]
    assert f"{name}: colour" in refused(files)


def test_a_file_named_after_another_form_or_language_is_refused() -> None:
    files = shipped_files()
    files["form-weekly.1.toml"] = files["form-on-demand.1.toml"]
    files["texts-en.toml"] = files["texts-zh-CN.toml"]
    assert set(refused(files)) == {"form-weekly.1.toml: id", "texts-en.toml: language"}


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("week = 4\n", "week = 2\n", "visits[2].week"),
        ('"meld", "child-pugh"', '"meld", "melt"', "visits[0].assessments[1]"),
        ('"meld", "child-pugh"', '"meld", "meld"', "visits[0].assessments[1]"),
        ('  "meld",\n', '  "meld",\n  "weight",\n', "assessments[1]"),
        ("first-week = 1", "first-week = 2", "check-ins.first-week"),
        ("last-week = 52", "last-week = 51", "check-ins.last-week"),
        ("days-before = 0, days-after = 6", "days-before = 1, days-after = 6", "check-ins.window.value"),
        ("days-before = 3", "days-before = 4", "phases.phase-1.visit-window.value"),
        ("first-day = 0", "first-day = 1", "safety-windows"),
        ("last-day = 28", "last-day = 27", "safety-windows[1].first-day"),
        ("last-day = 28", "last-day = 29", "safety-windows[1].first-day"),
        ("last-day = 364", "last-day = 363", "safety-windows"),
        ("[left-open.fasting]", "[left-open.feasting]", "left-open.fasting"),
    ],
)
def test_a_gap_in_the_calendar_is_refused(old: str, new: str, pointer: str) -> None:
    assert f"calendar.toml: {pointer}" in refused(edited(("calendar.toml", old, new)))


def test_a_preparation_that_no_language_has_words_for_is_refused() -> None:
    faults = refused(edited(("calendar.toml", "preparation.bring-card-and-medicines", "preparation.fast")))
    assert set(faults) == {f"texts-{each}.toml: texts.preparation.fast" for each in ("en", "zh-CN")}


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ('id = "vomited-blood"', 'id = "black-stool"', "items[1].id"),
        ('id = "vomited-blood"', 'id = "vomited.blood"', "items[1].id"),
        ('{ id = "streaks", grade = 1 }', '{ id = "no", grade = 1 }', "items[3].choices[1].id"),
        ('{ id = "streaks", grade = 1 }', '{ id = "streaks" }', "items[3].choices[1].grade"),
        ('{ id = "streaks", grade = 1 }', '{ id = "streaks", grade = 2 }', "items[3].choices"),
        ('{ id = "no", grade = 0 }', '{ id = "no", grade = 2 }', "items[0].choices"),
        (', { id = "dont-know" }', "", "items[0].choices"),
        ('{ id = "dont-know" }', '{ id = "dont-know", grade = 2 }', "items[0].choices[2].grade"),
        ("maximum = 45.0", "maximum = 30.0", "items[15].maximum"),
    ],
)
def test_a_form_that_cannot_be_answered_is_refused(old: str, new: str, pointer: str) -> None:
    assert f"form-on-demand.1.toml: {pointer}" in refused(edited(("form-on-demand.1.toml", old, new)))


def test_a_question_asked_in_two_forms_has_the_same_answers_in_both() -> None:
    faults = refused(edited(("form-on-demand.1.toml", "red-flag = true\n", "")))
    assert "must be as in" in faults["form-on-demand.1.toml: items[0]"]


def test_a_form_for_nobody_is_not_enough() -> None:
    names = ("form-caregiver.1.toml", "form-caregiver.2.toml")
    faults = refused(
        edited(*((name, 'audience = "caregiver"', 'audience = "participant"') for name in names))
    )
    assert "caregiver" in faults["form-*.toml"]


def test_a_form_keeps_its_reader_in_every_version() -> None:
    faults = refused(edited(("form-caregiver.2.toml", 'audience = "caregiver"', 'audience = "participant"')))
    assert "form-caregiver.2.toml: audience" in faults


@pytest.mark.parametrize("audience", Audience)
def test_an_audience_whose_forms_are_all_missing_is_named(audience: Audience) -> None:
    theirs = {f"form-{form.id}.{form.version}.toml" for form in shipped().forms if form.audience is audience}
    files = {name: content for name, content in shipped_files().items() if name not in theirs}
    assert audience in refused(files)["form-*.toml"]


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ('id = "b2-black-stool"', 'id = "b1-vomited-blood"', "rules[1].id"),
        ('"check-in", "caregiver"]', '"check-in", "weekly"]', "rules[0].forms[2]"),
        ('forms = ["on-demand", "check-in", "caregiver"]', "forms = []", "rules[0].forms"),
        ('level = "emergency"', 'level = "none"', "rules[0].level"),
        ('item = "vomited-blood"', 'item = "vomited"', "rules[0].when.item"),
        ('item = "vomited-blood"', 'item = "free-text"', "rules[0].when.test"),
        ('choices = ["yes"]', 'choices = ["yes", "maybe"]', "rules[0].when.choices[1]"),
        ('choices = ["yes"]', "choices = []", "rules[0].when.choices"),
        (
            'item = "does-not-know-place"',
            'item = "place"',
            at("e1-not-awake-or-not-clear") + ".when.of[1].item",
        ),
        ("at-least = 38.0", "at-least = 46.0", at("i1-fever") + ".when"),
        (", at-least = 38.0", "", at("i1-fever") + ".when"),
        (
            "at-least = 37.3, below = 38.0",
            "at-least = 38.0, below = 37.3",
            at("i2-raised-temperature") + ".when",
        ),
        ("vomited-blood = ", "vomited-bloot = ", "rules[0].examples[0].answers.vomited-bloot"),
        ('vomited-blood = "yes"', 'vomited-blood = "maybe"', "rules[0].examples[0].answers.vomited-blood"),
        ("temperature = 38.0", "temperature = 38.05", at("i1-fever") + ".examples[0].answers.temperature"),
        ('{ form = "on-demand"', '{ form = "weekly"', "rules[0].examples[0].form"),
        ("fires = true", "fires = false", "rules[0].examples[0].fires"),
        ("at-least = 38.0", "at-least = 38.1", at("i1-fever") + ".examples[0].fires"),
        ('dont-know-level = "urgent"', 'dont-know-level = "routine"', "dont-know-level"),
        ('untriaged-level = "urgent"', 'untriaged-level = "routine"', "untriaged-level"),
    ],
)
def test_a_rule_that_does_not_fit_or_does_not_prove_itself_is_refused(
    old: str, new: str, pointer: str
) -> None:
    assert f"rules.toml: {pointer}" in refused(edited(("rules.toml", old, new)))


def test_a_rule_without_a_case_for_and_a_case_against_is_refused() -> None:
    text = shipped_files()["rules.toml"].decode()
    start, end = text.index("examples = ["), text.index("]\n\n[[rules]]")
    files = shipped_files() | {"rules.toml": (text[:start] + "examples = [" + text[end:]).encode()}
    assert "rules.toml: rules[0].examples" in refused(files)


def with_level(source: str, forms: str, old: str, new: str) -> dict[str, bytes]:
    head = f'source = "{source}"\nforms = [{forms}]\nlevel = '
    return edited(("rules.toml", f'{head}"{old}"', f'{head}"{new}"'))


def test_a_worse_answer_with_a_lower_level_is_refused() -> None:
    message = "more-than-streaks is worse than streaks and must not have a lower level."
    assert refused(with_level("B3", '"on-demand", "check-in"', "emergency", "routine")) == {
        f"form-{form}.{version}.toml: items[3]": message
        for form in ("check-in", "on-demand")
        for version in (1, 2)
    }


def test_not_to_know_must_never_outrank_the_worst_answer() -> None:
    faults = refused(with_level("J1", '"on-demand", "check-in.2"', "urgent", "routine"))
    message = "No answer reaches urgent, the level of dont-know."
    assert faults["form-on-demand.1.toml: items[14]"] == message
    assert faults["form-on-demand.2.toml: items[16]"] == message


def test_free_text_that_nobody_reads_is_refused() -> None:
    head = 'source = "F1"\nforms = ["on-demand", "check-in"'
    faults = refused(edited(("rules.toml", f'{head}, "caregiver"]', f"{head}]")))
    assert "form-caregiver.1.toml: items[13]" in faults


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ('wait = "PT10M"', 'wait = "PT0S"', "emergency.steps[0].wait"),
        ('wait = "PT10M"', 'wait = "-PT10M"', "emergency.steps[0].wait"),
        ('target = "on-call-2"', 'target = "on-call-1"', "emergency.steps[1].target"),
        ('contact-within = "PT10M"', 'contact-within = "PT0S"', "emergency.contact-within"),
        ('"PT60S"', '"PT10M"', "emergency.first-message-within"),
        ("minutes-named = 10", "minutes-named = 11", "acknowledge-minutes-named"),
        ("start = 07:00:00", "start = 22:00:00", "day.end"),
    ],
)
def test_a_clock_that_cannot_run_is_refused(old: str, new: str, pointer: str) -> None:
    assert f"escalation.toml: {pointer}" in refused(edited(("escalation.toml", old, new)))


def test_an_alert_with_nobody_to_ring_is_refused() -> None:
    text = shipped_files()["escalation.toml"].decode()
    start, end = text.index("steps = ["), text.index("]\n\n[urgent]")
    files = shipped_files() | {"escalation.toml": (text[:start] + "steps = [" + text[end:]).encode()}
    assert refused(files) == {"escalation.toml: emergency.steps": "An alert needs somebody to ring."}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"item.fainted" =', '"item.fell" =', "item.fainted"),
        ('"item.fainted" =', '"item.fell" =', "item.fell"),
        ("Sent at {time}.", "Sent.", "page.sent"),
        ("Sent at {time}.", "Sent at {clock}.", "page.sent"),
        ("Sent at {time}.", "Sent at {time.hour}.", "page.sent"),
        ("Nobody was paged for this report.", " ", "page.not-needed"),
        ("In an emergency call 120.", "In an emergency call.", "not-watched"),
        ("Go now, call 120.", "Go now.", "page.emergency.not-told"),
        ("Nobody was paged", "Nobody of your arm was paged", "page.not-needed"),
        ("One emergency task", "One liver emergency", "sms.emergency"),
        ("One emergency task", "One task 138 0013 8000", "sms.emergency"),
        ("One emergency task", "One task at https://example.org/a", "sms.emergency"),
        ("One emergency task", "One task at example.org", "sms.emergency"),
        ("One emergency task", "One task for {name}", "sms.emergency"),
        ("One emergency task", "One “emergency” task", "sms.emergency"),
        ("One emergency task", "One emergency task" + " that is long" * 5, "sms.emergency"),
    ],
)
def test_a_text_that_may_not_be_said_is_refused(old: str, new: str, key: str) -> None:
    assert f"texts-en.toml: texts.{key}" in refused(edited(("texts-en.toml", old, new)))


def test_a_chinese_text_to_staff_leaves_room_in_its_segment() -> None:
    faults = refused(edited(("texts-zh-CN.toml", "您有一条紧急待办", "您有一条紧急待办" + "请尽快" * 8)))
    assert faults["texts-zh-CN.toml: texts.sms.emergency"].startswith("At most 62 units of ucs-2")


def test_nobody_can_approve_a_protocol_by_a_word_alone() -> None:
    faults = refused(
        edited(
            ("trial.toml", 'status = "draft"', 'status = "approved"'),
            ("rules.toml", 'status = "draft"', 'status = "approved"'),
        )
    )
    assert set(faults) == {"trial.toml: approvals", "trial.toml: status", "rules.toml: approvals"}

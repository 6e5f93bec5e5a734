"""Faults of skip logic, of form versions and of rules that ask for each other, each made by hand."""

import pytest

from tests.support.protocol import at, edited, refused, shipped, shipped_files

DAY = 'test = "day", first = 0, last = 2'
RULE = 'test = "fired", sources = ["B1"]'


@pytest.mark.parametrize(
    ("file", "old", "new", "pointer"),
    [
        ("form-on-demand.2.toml", 'item = "black-stool"', 'item = "weight"', "items[4].ask-when.of[0].item"),
        (
            "form-on-demand.2.toml",
            'choices = ["streaks"',
            'choices = ["stains"',
            "items[4].ask-when.of[1].choices[0]",
        ),
        (
            "form-on-demand.2.toml",
            DAY,
            RULE,
            "items[7].ask-when.test",
        ),
    ],
)
def test_skip_logic_that_no_phone_could_follow_is_refused(
    file: str, old: str, new: str, pointer: str
) -> None:
    assert f"{file}: {pointer}" in refused(edited((file, old, new)))


def test_a_thirteenth_red_flag_every_week_is_refused() -> None:
    ask = 'ask-when = { test = "day", first = 0, last = 2 }'
    faults = refused(edited(("form-check-in.2.toml", ask, "")))
    assert faults["form-check-in.2.toml: items"] == "A check-in has at most 12 red flags."


def test_a_red_flag_behind_the_thermometer_is_refused_every_week() -> None:
    text = shipped_files()["form-check-in.2.toml"].decode()
    moved = text.replace('id = "wants-call"\n', 'id = "wants-call"\nred-flag = true\n')
    faults = refused(shipped_files() | {"form-check-in.2.toml": moved.encode()})
    assert "form-check-in.2.toml: items" in faults


def test_a_rule_that_asks_for_one_below_it_is_refused() -> None:
    faults = refused(edited(("rules.toml", 'sources = ["B2", "B3", "B4"]', 'sources = ["J1"]')))
    assert f"rules.toml: {at('b5-dizzy-with-bleeding')}.when" in faults


def test_a_rule_that_cannot_be_decided_before_a_cut_off_is_given_needs_no_example_that_fires() -> None:
    (path,) = (each for each in shipped().unconfirmed if each.endswith("cut-off"))
    assert path == f"rules.{at('e5-under-cut-off')}.when.cut-off"


def test_a_version_between_two_others_is_missed() -> None:
    files = shipped_files()
    files["form-caregiver.4.toml"] = files["form-caregiver.2.toml"].replace(b"version = 2", b"version = 4")
    assert "form-caregiver.3.toml" in refused(files)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('id = "weight"', 'id = "one-arm-weak"', "items[19].id"),
        ('id = "streaks"', 'id = "one-dose-missed"', "items[3].choices[1].id"),
    ],
)
def test_an_id_that_would_be_cut_out_of_every_report_is_refused(old: str, new: str, place: str) -> None:
    faults = refused(edited(("form-on-demand.2.toml", old, new)))
    told = {at: why for at, why in faults.items() if "could unblind" in why}
    assert told.keys() == {f"form-on-demand.2.toml: {place}"}


def test_a_form_whose_name_would_be_cut_out_of_every_report_is_refused() -> None:
    files = shipped_files()
    files["form-dose-diary.1.toml"] = files["form-on-demand.1.toml"].replace(b'"on-demand"', b'"dose-diary"')
    assert "could unblind" in refused(files)["form-dose-diary.1.toml: id"]

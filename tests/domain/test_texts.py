import pytest

from domain.page_state import PageStatus
from domain.texts import best_language, choice_key, item_key, say, say_choice, say_item
from tests.support.protocol import shipped

BOTH = ("en", "zh-CN")


def test_a_text_is_said_with_its_time_filled_in() -> None:
    assert say(shipped(), "en", "page.sent", time="14:01") == "Sent at 14:01. Nobody has seen it yet."
    assert "14:01" in say(shipped(), "zh-CN", "page.sent", time="14:01")


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("status", PageStatus)
def test_every_state_of_the_page_can_be_said_and_an_emergency_keeps_its_number(
    status: PageStatus, language: str
) -> None:
    calm = say(shipped(), language, f"page.{status}", time="14:03")
    assert "{" not in calm
    if status not in {PageStatus.NOT_NEEDED, PageStatus.CONTACTED}:
        assert "120" in say(shipped(), language, f"page.emergency.{status}", time="14:03")


def test_a_value_with_braces_is_not_read_as_a_placeholder() -> None:
    assert "{time}" in say(shipped(), "en", "page.sent", time="{time}")


@pytest.mark.parametrize(
    ("language", "key"), [("en", "page.sent"), ("en", "page.unheard-of"), ("fr", "page.not-needed")]
)
def test_a_missing_placeholder_text_or_language_is_an_error_and_never_half_a_sentence(
    language: str, key: str
) -> None:
    with pytest.raises(KeyError):
        say(shipped(), language, key)


def test_the_caregiver_is_asked_about_the_participant_and_the_participant_about_themselves() -> None:
    assert say_item(shipped(), "en", "on-demand", "fainted").startswith("Have you")
    assert say_item(shipped(), "en", "caregiver", "fainted").startswith("Have they")
    assert say_item(shipped(), "zh-CN", "caregiver", "fainted").startswith("患者")


def test_a_choice_has_its_own_words_or_the_common_ones() -> None:
    assert say_choice(shipped(), "en", "belly-pain", "no") == "No, or the same as usual"
    assert say_choice(shipped(), "en", "fainted", "no") == "No"


def test_a_key_that_no_file_has_falls_back_to_the_common_one() -> None:
    assert item_key((), "caregiver", "fainted") == "item.fainted"
    assert choice_key((), "fainted", "yes") == "choice.yes"


@pytest.mark.parametrize("wanted", ["zh", "zh-CN", "ZH-cn", "zh_CN", "zh-Hans", "zh-Hans-CN", "zh-TW"])
def test_every_kind_of_chinese_reads_the_chinese_we_have(wanted: str) -> None:
    assert best_language(wanted, BOTH) == "zh-CN"


@pytest.mark.parametrize("wanted", ["en", "en-GB", "EN-us"])
def test_every_kind_of_english_reads_the_english_we_have(wanted: str) -> None:
    assert best_language(wanted, BOTH) == "en"


@pytest.mark.parametrize("wanted", ["", "fr", "zho", "english", "*", "-"])
def test_whoever_asks_for_something_else_reads_the_language_of_the_site(wanted: str) -> None:
    assert best_language(wanted, BOTH) == "zh-CN"


def test_an_exact_tag_wins_over_another_of_its_language() -> None:
    assert best_language("en-US", ("en-GB", "en-US", "zh-CN")) == "en-US"

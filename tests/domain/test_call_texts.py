"""What a call says and what a reply is answered with: as little as a text, and no more than its words."""

import pytest

from domain.protocol.routes import Country
from domain.sms import LONGEST_LINK
from notifications.holding import variant
from tests.support.protocol import edited, refused, shipped, spoken


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("One emergency task is waiting", "One bleeding patient is waiting", "voice.emergency"),
        ("One emergency task is waiting", "Call 138 0013 8000", "voice.emergency"),
        ("One emergency task is waiting", "Look at www.example.org", "voice.emergency"),
        ("task is waiting. Code {code}", "task is waiting. For {subject}", "voice.emergency"),
        ("{name} has taken this task", "Somebody has taken this task", "voice.held"),
        ("within {minutes} minutes to take it", "to take it", "sms.emergency.reply"),
        ("The task is yours. Please sign in now.", "It is at https://example.org", "sms.reply.taken"),
        ('"voice.too-late" =', '"voice.late" =', "voice.too-late"),
    ],
)
def test_a_call_and_a_reply_that_may_not_be_said_are_refused(old: str, new: str, key: str) -> None:
    assert f"texts-en.toml: texts.{key}" in refused(edited(("texts-en.toml", old, new)))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("kind", ["emergency", "urgent", "exhausted", "drill"])
def test_a_call_says_which_key_does_what_and_its_code(kind: str, language: str) -> None:
    words = spoken(f"voice.{kind}", language, code="K, 7, Q, 4")
    assert "K, 7, Q, 4" in words
    assert {"1", "2"} <= set(words)


def country(*, replies: bool) -> Country:
    """A country where an answer by SMS reaches us, or does not."""
    known = shipped().routes.countries
    return next(each for each in known if each.replies is replies)


@pytest.mark.parametrize("kind", ["emergency", "urgent", "exhausted", "drill"])
def test_only_what_asks_for_an_answer_says_how_to_reply_and_only_where_it_reaches_us(kind: str) -> None:
    assert variant(f"sms.{kind}", country(replies=True), "short") == f"sms.{kind}.link"
    assert variant(f"sms.{kind}", country(replies=True), "x" * (LONGEST_LINK + 1)) == f"sms.{kind}.reply"
    assert variant(f"sms.{kind}", country(replies=False), "short") == f"sms.{kind}"

"""What a text from a phone says: a small grammar, and nothing that is not in it."""

import pytest

from domain.inbound import Wish, Words, understand
from domain.responding import Choice

TAKE, DECLINE = Choice.TAKE, Choice.DECLINE

SAYINGS: list[tuple[str, Words]] = [
    ("K7Q4", Words(choice=TAKE, code="K7Q4")),
    (" k7q4\n", Words(choice=TAKE, code="K7Q4")),
    ("“K7Q4”。", Words(choice=TAKE, code="K7Q4")),
    ("Ｋ７Ｑ４", Words(choice=TAKE, code="K7Q4")),  # noqa: RUF001 - as Chinese keyboards write it
    ("1 K7Q4", Words(choice=TAKE, code="K7Q4")),
    ("yes, k7q4!", Words(choice=TAKE, code="K7Q4")),
    ("NO K7Q4", Words(choice=DECLINE, code="K7Q4")),
    ("n k7q4", Words(choice=DECLINE, code="K7Q4")),
    ("2 K7Q4", Words(choice=DECLINE, code="K7Q4")),
    ("K7Q4 no", Words(choice=DECLINE, code="K7Q4")),
    ("1", Words()),
    ("ok", Words()),
    ("Yes.", Words()),
    ("no", Words()),
    ("2", Words()),
    ("STOP", Words(wish=Wish.STOP)),
    (" unsubscribe ", Words(wish=Wish.STOP)),
    ("start", Words(wish=Wish.START)),
    ("UNSTOP", Words(wish=Wish.START)),
    ("", Words()),
    ("yes no", Words()),
    ("K7Q4 K7Q5", Words()),
    ("NO K7Q4 please", Words()),
    ("not K7Q4", Words()),
    ("I cannot take it", Words()),
    ("please stop", Words()),
    ("K7Q", Words()),
    ("K7QO", Words()),
    ("12", Words()),
]


@pytest.mark.parametrize(("body", "words"), SAYINGS)
def test_a_text_says_this_and_no_more(body: str, words: Words) -> None:
    assert understand(body) == words


def test_the_providers_own_mark_of_stop_counts_whatever_is_written() -> None:
    assert understand("arrêt", "STOP") == Words(wish=Wish.STOP)
    assert understand("help", "HELP") == Words()


def test_yes_with_a_code_takes_an_alert_although_the_provider_reads_it_as_start() -> None:
    assert understand("YES K7Q4", "START") == Words(wish=Wish.START, choice=TAKE, code="K7Q4")
    assert understand("YES", "START") == Words(wish=Wish.START)
    assert understand("begin", "START") == Words(wish=Wish.START)

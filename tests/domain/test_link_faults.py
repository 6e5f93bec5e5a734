"""A link stands only in the texts that are made for it, filled in by the program, and nothing else does beside it."""

import pytest

from tests.support.protocol import edited, refused


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("One emergency task", "One task at {link}", "sms.emergency"),
        ("Emergency. Within", "Emergency at example.org. Within", "sms.emergency.link"),
        ("Emergency. Within", "Emergency, call 138 0013 8000. Within", "sms.emergency.link"),
        ("Emergency. Within", "Emergency" + " that is long" * 3 + ". Within", "sms.emergency.link"),
        (
            "DRILL. Within {minutes} min reply {code} or open {link}",
            "DRILL {code}, {minutes}",
            "sms.drill.link",
        ),
        ("Nobody has taken it yet.", "No patient has taken it yet.", "answer.waiting"),
    ],
)
def test_a_link_in_the_wrong_place_is_refused(old: str, new: str, key: str) -> None:
    assert f"texts-en.toml: texts.{key}" in refused(edited(("texts-en.toml", old, new)))


def test_a_chinese_text_with_a_link_has_two_segments_at_most() -> None:
    faults = refused(edited(("texts-zh-CN.toml", "】紧急待办", "】紧急待办" + "请尽快" * 8)))
    assert faults["texts-zh-CN.toml: texts.sms.emergency.link"].startswith("At most 134 units of ucs-2")

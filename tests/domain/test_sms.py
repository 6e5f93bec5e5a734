import pytest

from domain.sms import Encoding, Segments, segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "gsm-7", 0, 1),
        ("Sign in.", "gsm-7", 8, 1),
        ("a" * 160, "gsm-7", 160, 1),
        ("a" * 161, "gsm-7", 161, 2),
        ("a" * 306, "gsm-7", 306, 2),
        ("a" * 307, "gsm-7", 307, 3),
        ("é" * 160, "gsm-7", 160, 1),
        ("€" * 80, "gsm-7", 160, 1),
        ("€" * 81, "gsm-7", 162, 2),
        ("请" * 70, "ucs-2", 70, 1),
        ("请" * 71, "ucs-2", 71, 2),
        ("请" * 134, "ucs-2", 134, 2),
        ("请" * 135, "ucs-2", 135, 3),
        ("a" * 70 + "ç", "ucs-2", 71, 2),
        ("🔔" * 35, "ucs-2", 70, 1),
        ("🔔" * 36, "ucs-2", 72, 2),
    ],
)
def test_segments_are_counted_as_3gpp_says(text: str, encoding: Encoding, units: int, count: int) -> None:
    assert segments(text) == Segments(encoding, units, count)


def test_no_escape_pair_is_cut_in_two_by_the_end_of_a_segment() -> None:
    whole = "a" * 152 + "€" + "a" * 152
    assert segments(whole) == Segments("gsm-7", 306, 3)
    assert segments("a" * 151 + "€" + "a" * 153).count == 2


def test_no_surrogate_pair_is_cut_in_two_by_the_end_of_a_segment() -> None:
    assert segments("请" * 66 + "🔔" + "请" * 66) == Segments("ucs-2", 134, 3)
    assert segments("请" * 65 + "🔔" + "请" * 67).count == 2


@pytest.mark.parametrize("character", "^{}\\[~]|€\f")
def test_the_characters_of_the_extension_table_take_two_septets(character: str) -> None:
    assert segments(character) == Segments("gsm-7", 2, 1)


@pytest.mark.parametrize("character", "`ç\t“—")
def test_one_character_outside_the_alphabet_makes_the_whole_text_ucs_2(character: str) -> None:
    assert segments(f"code {character}").encoding == "ucs-2"

"""A code is typed from paper at night: every single slip, and every two letters that changed places, are found."""

import re
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from domain import activation_code
from domain.entropy import UNAMBIGUOUS, Entropy

codes = st.binary(min_size=32, max_size=32).map(lambda seed: activation_code.draw(Entropy(seed)))
places = st.integers(0, activation_code.LENGTH - 1)


@given(codes)
def test_a_drawn_code_is_well_typed_as_it_is_printed(code: str) -> None:
    assert len(code) == activation_code.LENGTH
    assert set(code) <= set(UNAMBIGUOUS)
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}", activation_code.shown(code))
    assert activation_code.read(activation_code.shown(code)) == code


@given(codes, places)
def test_one_wrong_letter_is_always_found(code: str, place: int) -> None:
    for letter in set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") - {code[place]}:
        assert activation_code.read(code[:place] + letter + code[place + 1 :]) is None


@given(codes, places, places)
def test_two_letters_that_changed_places_are_always_found(code: str, one: int, other: int) -> None:
    letters = list(code)
    letters[one], letters[other] = letters[other], letters[one]
    assert (activation_code.read("".join(letters)) is None) == (code[one] != code[other])


@given(codes, places)
def test_a_letter_too_few_or_too_many_is_found(code: str, place: int) -> None:
    assert activation_code.read(code[:place] + code[place + 1 :]) is None
    assert activation_code.read(code[:place] + code[place] + code[place:]) is None


@given(codes)
def test_case_blanks_dashes_and_the_width_of_letters_do_not_matter(code: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    for typed in (code.lower(), f" {code[:5]} {code[5:]}\n", "–".join(code), wide):  # noqa: RUF001 - as phones do
        assert activation_code.read(typed) == code


@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    code = activation_code.read(typed)
    assert code is None or activation_code.read(code) == code


def test_the_link_keeps_the_code_out_of_every_request() -> None:
    link = urlsplit(activation_code.link("https://bell.example.org/", "K7Q4MM3P9X3Q"))
    assert (link.scheme, link.netloc, link.path, link.query) == ("https", "bell.example.org", "/activate", "")
    assert link.fragment == "code=K7Q4-MM3P-9X3Q"

"""A PIN has six digits and is not the one that everybody tries first."""

import pytest

from domain import pins
from domain.errors import PinTrivial


@pytest.mark.parametrize("pin", ["000000", "777777", "123456", "012345", "567890", "654321", "098765"])
def test_what_everybody_tries_first_is_refused(pin: str) -> None:
    with pytest.raises(PinTrivial):
        pins.require_fit(pin)


@pytest.mark.parametrize("pin", ["318264", "112233", "121212", "135791", "123457"])
def test_other_digits_are_fine(pin: str) -> None:
    pins.require_fit(pin)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "٣١٨٢٦٤", "31 826"])
def test_six_plain_digits_are_a_pin_and_nothing_else(text: str) -> None:
    assert not pins.is_pin(text)

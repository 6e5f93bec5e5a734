"""What a password must be: long, and none that is tried first."""

import pytest

from domain import passwords
from domain.errors import PasswordWeak


@pytest.mark.parametrize(
    "password",
    [
        "seven geese over the river",
        "correct horse battery staple",
        "vB7-kq!2mZxW",
        "839201748362",
        "雨后的武昌江边有七只鸭子",
        "           k4jw9t",
        "my hospital has forty windows",
        "nightbell wakes a tired crane",
    ],
)
def test_whatever_is_long_and_nobodys_first_try_is_good(password: str) -> None:
    passwords.require_fit(password)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "vB7-kq!2mZx",
        "password1234",
        "Password2026!",
        "P4ssw0rd!2026",
        "passwordpassword",
        "qwertyuiop12",
        "1qaz2wsx3edc",
        "123456789012",
        "210987654321",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "kp3kp3kp3kp3kp3",
        "woaini1314520",
        "Wuhan2026Wuhan",
        "Nightbell-2026",
        "ｐａｓｓｗｏｒｄ１２３４",  # noqa: RUF001 - as a Chinese keyboard writes it
        "            ",
    ],
)
def test_what_is_short_or_tried_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordWeak) as refusal:
        passwords.require_fit(password)
    (fault,) = refusal.value.faults
    assert fault.pointer == "/password"
    assert password == "" or password not in fault.message


def test_ones_own_name_makes_no_password() -> None:
    passwords.require_fit("Montgomery!2026x7q")
    with pytest.raises(PasswordWeak):
        passwords.require_fit("Montgomery!2026", ("Montgomery",))


def test_wide_letters_are_the_same_password() -> None:
    assert passwords.normal("ｋｅｙ２０") == passwords.normal("key20")  # noqa: RUF001 - as a Chinese keyboard writes it


def test_the_longest_password_is_read_at_once() -> None:
    passwords.require_fit("ab1" * 100 + "kestrel over mud" + "q" * 700)

"""What a password must be (NIST SP 800-63B-4 §3.1.1.2): long, and none that is tried first. No mixture is asked for.

A list of the commonest passwords has hardly one of twelve characters or more; what people make of such a word to reach
twelve is always the same. So words, runs and repeats are taken away, and what is left is what must be guessed.
"""

import re
import unicodedata
from collections.abc import Iterable

from domain.errors import Fault, PasswordWeak

LENGTH = 12
"""Characters; ours: the standard asks for 8 beside a second factor."""

_LEFT = 6
"""Characters that must remain when everything is taken away that is tried first; ours."""

_WORDS = (
    "password",
    "passwort",
    "passw",
    "secret",
    "letmein",
    "welcome",
    "iloveyou",
    "admin",
    "administrator",
    "login",
    "user",
    "master",
    "dragon",
    "monkey",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "batman",
    "shadow",
    "trustno",
    "starwars",
    "whatever",
    "freedom",
    "hello",
    "test",
    "guest",
    "root",
    "changeme",
    "default",
    "summer",
    "winter",
    "spring",
    "autumn",
    "january",
    "february",
    "august",
    "september",
    "october",
    "november",
    "december",
    "qazwsx",
    "zaq",
    "xsw",
    "woaini",
    "woaiwo",
    "mima",
    "caonima",
    "wuhan",
    "zhongnan",
    "hospital",
    "clinic",
    "doctor",
    "nurse",
    "nightbell",
    "5201314",
    "1314520",
    "520",
    "1314",
)
"""In small letters; the last lines are what people here and people of this trial think of."""

_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv",
)
_SHORTEST_RUN = 3

_LEET = str.maketrans("01345789@$!", "oieastbgasi")
_REPEATED = re.compile(r"(.{1,6}?)\1+", re.DOTALL)
_YEAR = re.compile(r"(?:19|20)\d\d")


def normal(password: str) -> str:
    """Return a password as it is hashed (NFKC): a Chinese keyboard may write wide letters and digits."""
    return unicodedata.normalize("NFKC", password)


def require_fit(password: str, personal: Iterable[str] = ()) -> None:
    """Raise PasswordWeak for one that is short, or that is tried first; `personal` are her own names and her site's."""
    plain = normal(password).casefold()
    if len(plain) < LENGTH:
        raise _weak(f"must have {LENGTH} characters or more")
    words = (*_WORDS, *(each.casefold() for each in personal if len(each) >= _SHORTEST_RUN))
    if min(_left(plain, words), _left(plain.translate(_LEET), words)) < _LEFT:
        raise _weak("is one of those that are tried first: words, runs, repeats, years, names")


def _left(plain: str, words: Iterable[str]) -> int:
    """Count the characters that are left of a password; what stood apart is not joined by what is taken away."""
    rest = plain
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, " ")
    rest = _YEAR.sub(" ", rest)
    rest = "".join(_without_runs(rest))
    rest = _REPEATED.sub(r"\1", rest)
    return sum(not each.isspace() for each in rest)


def _without_runs(text: str) -> Iterable[str]:
    place = 0
    while place < len(text):
        length = _run_at(text, place)
        yield " " if length else text[place]
        place += length or 1


def _run_at(text: str, place: int) -> int:
    """Return how long the run is that begins here, up or down; 0 for none."""
    longest = 0
    for run in (*_RUNS, *(each[::-1] for each in _RUNS)):
        end = place + _SHORTEST_RUN
        while end <= len(text) and text[place:end] in run:
            longest = max(longest, end - place)
            end += 1
    return longest


def _weak(words: str) -> PasswordWeak:
    return PasswordWeak("Choose another password.", faults=(Fault("/password", words),))

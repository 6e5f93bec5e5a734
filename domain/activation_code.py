"""What a one-time code looks like: it is typed from paper at night, so a slip is found before it counts as a try.

Twelve letters of the unambiguous alphabet, shown in groups of four. A letter counts as its place in the alphabet, from
0 on; with the weights 1, 2, 4, 8 … from the first letter on, a good code's sum is a multiple of 29. 29 is prime and
larger than the alphabet, and the twelve weights differ modulo 29: so one wrong letter is always found, and two that
changed places are as well, wherever they stand. A phone can do the same sum before it asks (ISO/IEC 7064 does it so).
"""

import itertools
import unicodedata
from urllib.parse import quote

from domain.entropy import UNAMBIGUOUS, Entropy

LENGTH = 12
"""Some 52 bits, and failed tries are slowed (domain/slowing.py): a code cannot be guessed within its life."""

MODULUS = 29

_WEIGHTS = tuple(pow(2, place, MODULUS) for place in range(LENGTH))

_GROUP = 4

PATH = "/activate"
"""Where the link of a code leads: to the app, or to a page that says so."""


def draw(entropy: Entropy) -> str:
    """Return a code, plain: whatever has no letter as its last one is drawn anew."""
    for turn in itertools.count():
        begun = entropy.code(f"activation/{turn}", LENGTH - 1)
        fitting = [letter for letter in UNAMBIGUOUS if _checks(begun + letter)]
        if fitting:
            return begun + fitting[0]
    raise AssertionError  # pragma: no cover - the count has no end


def read(typed: str) -> str | None:
    """Return the plain code that somebody typed; None if it cannot be one: a letter is wrong, missing or misplaced.

    Blanks, dashes and case do not matter, and letters may be as wide as a Chinese keyboard writes them.
    """
    wide = unicodedata.normalize("NFKC", typed).upper()
    plain = "".join(letter for letter in wide if letter.isalnum())
    good = len(plain) == LENGTH and all(letter in UNAMBIGUOUS for letter in plain) and _checks(plain)
    return plain if good else None


def shown(plain: str) -> str:
    """Return a code as it is printed: K7Q4-MM3P-9XRT."""
    return "-".join(plain[place : place + _GROUP] for place in range(0, len(plain), _GROUP))


def link(public_url: str, plain: str) -> str:
    """Return what the square code holds: which server, and which code there.

    The code stands behind the #, which no browser sends: it is in no log, whoever opens it with whatever.
    """
    return f"{public_url.rstrip('/')}{PATH}#code={quote(shown(plain))}"


def _checks(plain: str) -> bool:
    counted = zip(_WEIGHTS, plain, strict=True)
    return sum(weight * UNAMBIGUOUS.index(letter) for weight, letter in counted) % MODULUS == 0

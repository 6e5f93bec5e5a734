"""What a text that somebody sends us says. The grammar is small on purpose: what is not in it changes nothing.

    K7Q4            I take it (also: YES K7Q4, OK K7Q4, 1 K7Q4)
    NO K7Q4         I cannot (also: N K7Q4, 2 K7Q4, K7Q4 NO)
    STOP, START     the words that the provider acts on as well, alone in the text

In any case, with blanks and punctuation around. Without a code nothing is taken: who a text comes from can be forged,
and a code cannot be guessed.
"""

import re
from enum import StrEnum
from typing import Final
from unicodedata import normalize

from msgspec import Struct
from msgspec.structs import replace

from domain.entropy import UNAMBIGUOUS
from domain.paging import CODE_LENGTH, LONGER_CODE_LENGTH
from domain.responding import Choice


class Wish(StrEnum):
    """What somebody wants of the texts themselves."""

    STOP = "stop"
    START = "start"


class Words(Struct, frozen=True, kw_only=True):
    """What a text says: a wish, or a choice with or without a code; nothing of it where it cannot be read."""

    wish: Wish | None = None
    choice: Choice | None = None
    code: str = ""


_WISHES: Final = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), Wish.STOP
    ),
    **dict.fromkeys(("START", "UNSTOP"), Wish.START),
}
"""The provider's default words, but for YES, which here takes an alert."""

_CHOICES: Final = {
    **dict.fromkeys(("YES", "OK", "1"), Choice.TAKE),
    **dict.fromkeys(("NO", "N", "2"), Choice.DECLINE),
}
_CODE: Final = re.compile(f"[{UNAMBIGUOUS}]{{{CODE_LENGTH}}}|[{UNAMBIGUOUS}]{{{LONGER_CODE_LENGTH}}}")
_AROUND: Final = " \t\r\n.,;:!?\"'()[]{}<>-*_。，；：！？“”‘’（）【】"  # noqa: RUF001 - Chinese punctuation


def understand(body: str, opt_out_type: str = "") -> Words:
    """Read a text; `opt_out_type` is what the provider itself has made of it, "STOP", "START" or nothing."""
    words = [word for each in normalize("NFKC", body).upper().split() if (word := each.strip(_AROUND))]
    whole = words[0] if len(words) == 1 else ""
    if whole in _WISHES or opt_out_type.upper() == "STOP":
        return Words(wish=_WISHES.get(whole, Wish.STOP))
    if opt_out_type.upper() == "START":
        # The provider takes YES for START as well: it lets its texts through again, and takes an alert all the same.
        return replace(_chosen(words), wish=Wish.START)
    return _chosen(words)


def _chosen(words: list[str]) -> Words:
    match words:
        case [word] if _CODE.fullmatch(word):
            return Words(choice=Choice.TAKE, code=word)
        case [one, other] if one in _CHOICES and _CODE.fullmatch(other):
            return Words(choice=_CHOICES[one], code=other)
        case [one, other] if other in _CHOICES and _CODE.fullmatch(one):
            return Words(choice=_CHOICES[other], code=one)
        case _:
            return Words()

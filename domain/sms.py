"""How many segments a text takes (3GPP TS 23.038 §6.2.1 for the alphabet, TS 23.040 §9.2.3.24 for splitting).

A text of the GSM 7-bit alphabet has 160 septets in one segment and 153 when split; a character of the
extension table takes two. One character outside both makes the whole text UCS-2: 70 UTF-16 code units, 67
when split. No character is cut in two by a segment's end.
"""

from typing import Final, Literal

from msgspec import Struct

Encoding = Literal["gsm-7", "ucs-2"]

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_ROOM: Final[dict[Encoding, tuple[int, int]]] = {"gsm-7": (160, 153), "ucs-2": (70, 67)}
"""Units in an only segment, and in each of several."""
_LAST_OF_BMP: Final = "\uffff"


LONGEST_LINK: Final = 86
"""Characters that the texts leave for a link: 40 for the server's address, 46 for its path (notifications/links.py)."""


class Segments(Struct, frozen=True):
    """What a text costs: `units` are septets or UTF-16 code units; `count` is 1 for an empty text too."""

    encoding: Encoding
    units: int
    count: int


def segments(text: str) -> Segments:
    """Count the segments of a final text, as a provider that does not rewrite characters would."""
    encoding: Encoding = "gsm-7" if _BASIC.union(_EXTENDED).issuperset(text) else "ucs-2"
    sizes = [_size(character, encoding) for character in text]
    only, each = _ROOM[encoding]
    count = 1 if sum(sizes) <= only else _packed(sizes, each)
    return Segments(encoding, sum(sizes), count)


def _size(character: str, encoding: Encoding) -> int:
    if encoding == "gsm-7":
        return 2 if character in _EXTENDED else 1
    return 2 if character > _LAST_OF_BMP else 1


def _packed(sizes: list[int], room: int) -> int:
    count, left = 1, room
    for size in sizes:
        if size > left:
            count, left = count + 1, room
        left -= size
    return count

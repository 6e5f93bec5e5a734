"""What could unblind is taken out of a report before anything reads it; the rest of it goes its way.

A request that names an arm, a dose or their like is refused (`api/exchange.py`). A report never is (contract.md): the
field is cut out of its bytes, and neither its name nor its value is decoded, judged, logged, told or stored. In its
place stands `withheld`, a field that no report has: that alone puts it into the quarantine, before a human. Answers
that stood under such a name stay, for one of them may be a red flag.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from typing_extensions import override

from api import salvage
from domain import blinding

MARK: Final = "withheld"

_ANSWER: Final = frozenset({"type", "itemId", "choice", "number", "text"})
_NAMING: Final = ("itemId", "formId", "choice")
"""Fields whose value is a name."""


_Tells = Callable[[str], bool]


def withheld(body: bytes, known: Callable[[], frozenset[str]] = frozenset) -> bytes:
    """Return a body without what could unblind: the same object where it holds nothing of the kind.

    `known` are the ids of the protocol in force (`Protocol.ids`), asked for when they are needed: whatever they sound
    like, what they ask and what is answered to it stays, for it may be a red flag.
    """
    if _is_plain(body):
        return body
    ours = known()

    def tells(name: str) -> bool:
        return name not in ours and blinding.in_name(name)

    try:
        return _of_json(body, tells)
    except (ValueError, RecursionError):
        return _of_text(body, tells)


def _is_plain(body: bytes) -> bool:
    """Say at a glance that nothing is to be withheld, as is nearly always so."""
    if not body.isascii() or b"\\u" in body or b"\x00" in body:
        return False
    small = body.lower()
    return not any(stem in small for stem in blinding.STEMS)


class _Pairs(dict[str, Any]):
    """An object with all its fields, two of one name as well: which of them counts is not decided here."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    @override
    def items(self) -> Any:
        return self._pairs


class _Clean(list[dict[str, Any]]):
    """Answers that stood under a name which was cut out, and nothing else: no walk goes through them again."""


class _Found:
    """Walks an object from the inside out, as the decoder does, so that no depth is too deep."""

    def __init__(self, tells: _Tells) -> None:
        self.any = False
        self._tells = tells

    def of_object(self, pairs: list[tuple[str, Any]]) -> _Pairs:
        if any(name == "itemId" and self._is_told(value) for name, value in pairs):
            self.any = True
            return _Pairs([(MARK, [])])
        told, kept = list[Any](), list[tuple[str, Any]]()
        for name, value in pairs:
            if self._tells(name):
                told.append(value)
            else:
                kept.append((name, self._named(name, value)))
        if told:
            self.any = True
            kept.append((MARK, _answers_in(told)))
        return _Pairs(kept)

    def _named(self, name: str, value: Any) -> Any:
        if name not in _NAMING or not self._is_told(value):
            return value
        self.any = True
        return MARK

    def _is_told(self, value: Any) -> bool:
        return isinstance(value, str) and self._tells(value)


def _of_json(body: bytes, tells: _Tells) -> bytes:
    found = _Found(tells)
    read = json.loads(
        body, object_pairs_hook=found.of_object, parse_float=salvage.finite, parse_constant=salvage.refuse
    )
    return json.dumps(read).encode() if found.any else body


def _answers_in(told: list[Any]) -> _Clean:
    """Return what reads as an answer, and of it nothing but what an answer has."""
    found, waiting = _Clean(), told[::-1]
    while waiting:
        each = waiting.pop()
        if isinstance(each, _Clean):
            # The shorter joins the longer, so that no depth makes many walks of one.
            found, shorter = (found, each) if len(found) >= len(each) else (each, found)
            found += shorter
        elif isinstance(each, _Pairs):
            fields = {name: field for name, field in each.items() if name in _ANSWER and _is_bare(field)}
            if "itemId" in fields:
                found.append(fields)
            waiting += [field for _, field in reversed(each.items())]
        elif isinstance(each, list):
            waiting += reversed(each)
    return found


def _is_bare(value: Any) -> bool:
    return not isinstance(value, dict | list)


_STRING: Final = r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
_NAMED: Final = re.compile(
    rf"(?P<quoted>{_STRING})(?P<joint>\s*:\s*)?|(?<![\w-])(?P<bare>[^\W\d][\w-]*)'?\s*[=:]\s*", re.DOTALL
)
"""A string, and whether it names something; or a bare name, as in what is no JSON at all.

Each begins where no other can, so that a megabyte of anything is walked once.
"""
_BARE_VALUE: Final = re.compile(rf"'[^']*'?|{_STRING}|[^\s,;&{{}}\[\]]*", re.DOTALL)
_SCALAR: Final = re.compile(rf"{_STRING}|[^\s,{{}}\[\]]*", re.DOTALL)
_INSIDE: Final = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)


def _of_text(body: bytes, tells: _Tells) -> bytes:
    """Cut names and their values out of what is no JSON, or its beginning only."""
    encoding = json.detect_encoding(body)
    text = body.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    left = "".join(_kept(text, tells))
    return body if left == text else left.encode("utf-8", "surrogateescape")


def _kept(text: str, tells: _Tells) -> Iterator[str]:
    """Yield what stays, piece by piece."""
    kept, place, before = 0, 0, ""
    while found := _NAMED.search(text, place):
        place = found.end()
        is_value = found["quoted"] is not None and not found["joint"]
        name = "" if is_value and before not in _NAMING else found["bare"] or _read(found["quoted"])
        if name and tells(name):
            yield text[kept : found.start()]
            if is_value:
                yield f'"{MARK}"'
            else:
                place = (_end_of_value if found["quoted"] else _end_of_bare)(text, place)
                yield f'"{MARK}":{_answers_of(text[found.end() : place], tells)}'
            kept = place
        before = name if found["joint"] else ""
    yield text[kept:]


def _read(quoted: str) -> str:
    if "\\" not in quoted:
        return quoted.strip('"')
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        return quoted.strip("\"'")


def _end_of_value(text: str, start: int) -> int:
    """Return where the value that begins here ends, however deep it is; the end of the text where it is torn."""
    if not text.startswith(("{", "["), start):
        scalar = _SCALAR.match(text, start)
        return start if scalar is None else scalar.end()
    depth = 0
    for part in _INSIDE.finditer(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(part[0], 0)
        if depth == 0:
            return part.end()
    return len(text)


def _end_of_bare(text: str, start: int) -> int:
    value = _BARE_VALUE.match(text, start)
    return start if value is None else value.end()


def _answers_of(torn: str, tells: _Tells) -> str:
    answers = salvage.from_text(torn.encode("utf-8", "replace")).answers
    kept = [each for each in answers if not (tells(each.item_id) or tells(str(getattr(each, "choice", ""))))]
    return msgspec.json.encode(kept).decode()

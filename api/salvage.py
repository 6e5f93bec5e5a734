"""What can be read of a body that is not as the contract has it: field by field, and at last as bare text."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import ValidationError, convert
from msgspec.structs import replace

from api.shapes.base import Instant, Language
from api.whole_numbers import as_whole
from domain.answers import Answer, ChoiceAnswer, NumberAnswer, TextAnswer
from domain.report import Submission

_TEXT_MOST: Final = 4000
_LARGEST: Final = 1e300
_NAME_MOST: Final = 64

_NAME: Final = r'"((?:[^"\\]|\\.){1,64})"'
_NUMBER: Final = r"-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?"
_PART: Final = re.compile(
    rf'[{{}}\[\]]|"itemId"\s*:\s*{_NAME}|"choice"\s*:\s*{_NAME}|"number"\s*:\s*({_NUMBER})(?=\s*[,}}\]])'
)
"""A bracket, or a field of an answer, whole."""
_FORM: Final = re.compile(rf'"formId"\s*:\s*{_NAME}')
_VERSION: Final = re.compile(r'"formVersion"\s*:\s*(\d{1,5})\s*[,}]')
_LANGUAGE: Final = re.compile(r'"language"\s*:\s*"(en|zh-CN)"')


def from_object(raw: dict[str, Any]) -> Submission:
    """Read the object of a body field by field. What does not fit is named elsewhere (api/faults.py)."""
    values: dict[str, Any] = {}
    for name, (field, kind) in _FIELDS.items():
        if name in raw:
            values |= _converted(raw[name], name, field, kind)
    elsewhere = {name: value for name, value in raw.items() if name != "answers"}
    answers = (*_answers(raw.get("answers")), *_anywhere(elsewhere))
    return Submission(**values, answers=answers)


def with_all_answers(submission: Submission, body: bytes) -> Submission:
    """Add the answers that stand beside others of the same name: nothing says which counts (RFC 8259 §4)."""
    known = set(submission.answers)
    beside = tuple(each for each in from_text(body).answers if each not in known)
    return replace(submission, answers=(*submission.answers, *beside))


def object_of(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object that a body is, None if it is none."""
    try:
        raw = json.loads(body, parse_float=finite, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None


def gives_a_name_twice(body: bytes) -> bool:
    """Say whether any object of a JSON body has two fields of one name."""
    try:
        json.loads(body, object_pairs_hook=_once)
    except (NameTwiceError, RecursionError, ValueError):
        # Where nobody can say, it is read once more as bare text: that only adds.
        return True
    return False


class NameTwiceError(Exception):
    """An object has two fields of one name."""


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise NameTwiceError


def refuse(constant: str) -> float:
    """Refuse NaN and Infinity, which JSON has not."""
    raise ValueError(constant)


def finite(text: str) -> float:
    """Bound a number too large for a float: it fits no item, which is told."""
    return max(-_LARGEST, min(float(text), _LARGEST))


_FIELDS: Final[Mapping[str, tuple[str, Any]]] = {
    "formId": ("form_id", str),
    "formVersion": ("form_version", int),
    "language": ("language", Language),
    "deviceTime": ("device_time", Instant),
    "onsetAt": ("onset_at", Instant),
    "ageSeconds": ("age", float),
    "timeZone": ("time_zone", str),
    "reporter": ("reporter", str),
    "appVersion": ("app_version", str),
    "reason": ("reason", str),
}


def _converted(value: Any, name: str, field: str, kind: Any) -> dict[str, Any]:
    try:
        read = convert(as_whole(value) if kind is int else value, kind)
    except (ValidationError, UnicodeEncodeError):
        return {}
    if isinstance(read, str) and _cut(read, _TEXT_MOST if name == "reason" else _NAME_MOST) != read:
        return {field: _cut(read, _NAME_MOST)}
    if isinstance(read, int) and not isinstance(read, bool) and not 0 <= read <= 32767:  # noqa: PLR2004 - a smallint
        return {}
    return {field: read}


def _answers(raw: Any) -> Iterator[Answer]:
    """Read every answer, wherever it stands."""
    if not isinstance(raw, list):
        yield from _anywhere(raw)
        yield from _by_name(raw)
        return
    for each in raw:
        try:
            answer: Answer = convert(each, Answer)
            # Half of a pair is text to Python, and none that can be stored.
            msgspec.json.encode(answer)
        except (ValidationError, UnicodeEncodeError):
            yield from _anywhere(each)
        else:
            yield answer


def _anywhere(raw: Any) -> Iterator[Answer]:
    """Look at every depth, without descending by calls: a body may be deeper than those can go."""
    waiting = [raw]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += reversed(each)
        elif isinstance(each, dict):
            yield from _loosely(each)
            yield from _by_name(each.get("answers"))
            waiting += reversed(each.values())


def _by_name(raw: Any) -> Iterator[Answer]:
    """Read a map of item and value."""
    for item, value in raw.items() if isinstance(raw, dict) else ():
        field = "number" if isinstance(value, int | float) and not isinstance(value, bool) else "choice"
        yield from _loosely({"itemId": item, field: value})


def _loosely(raw: dict[str, Any]) -> Iterator[Answer]:
    """Read an answer whose type is wrong or missing, by what it holds."""
    item = raw.get("itemId")
    if not isinstance(item, str) or not item:
        return
    name = _cut(item, _NAME_MOST)
    for field in ("choice", "number", "text"):
        given = raw.get(field)
        for value in given if isinstance(given, list) else (given,):
            yield from _of_value(name, field, value)


def _of_value(name: str, field: str, value: Any) -> Iterator[Answer]:
    if isinstance(value, bool):
        yield ChoiceAnswer(name, "yes" if value else "no")
    elif isinstance(value, int | float):
        yield NumberAnswer(name, _bounded(value))
    elif isinstance(value, str):
        yield from _of_text(name, field, value)


def _of_text(name: str, field: str, value: str) -> Iterator[Answer]:
    if field == "text":
        yield TextAnswer(name, _cut(value, _TEXT_MOST))
    elif field == "number":
        if re.fullmatch(_NUMBER, value.strip()):
            yield NumberAnswer(name, _bounded(float(value)))
    else:
        yield ChoiceAnswer(name, _cut(value, _NAME_MOST))


def _bounded(value: float) -> float:
    return float(max(-_LARGEST, min(value, _LARGEST)))


def from_text(body: bytes) -> Submission:
    """Read what still stands in a body that is no JSON: whole answers of choice or number, and the form."""
    text = body.decode("utf-8", "replace")
    form, version, language = _FORM.search(text), _VERSION.search(text), _LANGUAGE.search(text)
    return Submission(
        form_id=_name(form[1]) if form else "",
        form_version=min(int(version[1]), 32767) if version else 0,
        language=language[1] if language else "",
        answers=tuple(dict.fromkeys(_paired(text))),
    )


def _paired(text: str) -> Iterator[Answer]:
    """Pair each choice or number with the item beside it, within the same brackets.

    One walk: a pattern that looked for pairs would take minutes for a megabyte of items.
    """
    item, waiting = "", list[re.Match[str]]()
    for part in _PART.finditer(text):
        if part[1]:
            item = _name(part[1])
            yield from (_of_part(item, each) for each in waiting)
            waiting = []
        elif part.lastindex is None:
            item, waiting = "", []
        else:
            waiting.append(part)
            if item:
                yield _of_part(item, part)


def _of_part(item: str, part: re.Match[str]) -> Answer:
    return ChoiceAnswer(item, _name(part[2])) if part[2] else NumberAnswer(item, _bounded(float(part[3])))


def _name(written: str) -> str:
    """Return the name that stands between two quotation marks."""
    try:
        name = str(json.loads(f'"{written}"', strict=False))
    except ValueError:
        name = written
    return _cut(name, _NAME_MOST)


def plain(name: str) -> str:
    """Return the name of a field as a part of a JSON pointer that can be stored (RFC 6901 §3)."""
    return _cut(name, _NAME_MOST).replace("~", "~0").replace("/", "~1")


def _cut(text: str, most: int) -> str:
    """Return the text as it can be stored: no NUL, no half of a pair, not longer than it may be."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:most]

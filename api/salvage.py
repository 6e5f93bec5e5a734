"""What can be read of a body that is not as the contract has it: field by field, and at last as bare text."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import ValidationError, convert
from msgspec.structs import replace

from api.errors import pointer_of
from api.shapes.base import Instant, Language
from api.written import is_instant
from domain.answers import Answer, ChoiceAnswer, NumberAnswer, TextAnswer
from domain.errors import Fault
from domain.report import Submission

MOST_ANSWERS: Final = 200
_TEXT_MOST: Final = 4000
_LARGEST: Final = 1e300
_NAME_MOST: Final = 64
_MESSAGE_MOST: Final = 200
_NO_TEXT: Final = "This text holds what no text can."

_NAME: Final = r'"((?:[^"\\]|\\.){1,64})"'
_NUMBER: Final = r"-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?"
_PART: Final = re.compile(
    rf'[{{}}\[\]]|"itemId"\s*:\s*{_NAME}|"choice"\s*:\s*{_NAME}|"number"\s*:\s*({_NUMBER})(?=\s*[,}}\]])'
)
"""A bracket, or a field of an answer, whole."""
_FORM: Final = re.compile(rf'"formId"\s*:\s*{_NAME}')
_VERSION: Final = re.compile(r'"formVersion"\s*:\s*(\d{1,5})\s*[,}]')
_LANGUAGE: Final = re.compile(r'"language"\s*:\s*"(en|zh-CN)"')


def from_object(
    raw: dict[str, Any], body: bytes, more: tuple[str, ...]
) -> tuple[Submission, tuple[Fault, ...]]:
    """Read the object of a body field by field; `more` are fields that a submission has not. Return what does not fit.

    Of two answers to one question nothing says which counts (RFC 8259 §4): both are kept, to be judged.
    """
    found: list[Fault] = []
    submission = _from_object(raw, found, more)
    if gives_a_name_twice(body):
        found.append(Fault("", "The body gives a name twice."))
        known = set(submission.answers)
        beside = tuple(each for each in from_text(body).answers if each not in known)
        submission = replace(submission, answers=(*submission.answers, *beside))
    return submission, tuple(found)


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


def _from_object(raw: dict[str, Any], found: list[Fault], more: tuple[str, ...]) -> Submission:
    taken = {"answers", *_FIELDS.keys() - {"reason"}, *more}
    found += [Fault(f"/{_plain(name)}", "There is no such field.") for name in raw if name not in taken]
    found += [
        Fault(f"/{name}", "This field is missing.")
        for name in ("formId", "formVersion", "language", "answers", "deviceTime")
        if name not in raw
    ]
    values: dict[str, Any] = {}
    for name, (field, kind) in _FIELDS.items():
        if name in raw:
            values |= _converted(raw[name], name, field, kind, found)
    elsewhere = {name: value for name, value in raw.items() if name not in taken}
    answers = (*_answers(raw.get("answers"), "/answers", found), *_anywhere(elsewhere))
    return Submission(**values, answers=answers)


def _whole(value: Any, kind: Any) -> Any:
    """Return 1.0 as 1 where a whole number is wanted, as in a report that fits (api/whole_numbers.py)."""
    return int(value) if kind is int and isinstance(value, float) and value.is_integer() else value


def _converted(value: Any, name: str, field: str, kind: Any, found: list[Fault]) -> dict[str, Any]:
    try:
        read = convert(_whole(value, kind), kind)
    except (ValidationError, UnicodeEncodeError) as fault:
        message = pointer_of(fault).message if isinstance(fault, ValidationError) else _NO_TEXT
        found.append(Fault(f"/{name}", message))
        return {}
    if isinstance(read, datetime) and not is_instant(value):
        found.append(Fault(f"/{name}", "This is not written as an instant of RFC 3339."))
    if isinstance(read, str) and _cut(read, _TEXT_MOST if name == "reason" else _NAME_MOST) != read:
        found.append(Fault(f"/{name}", "This text is too long, or holds what no text can."))
        return {field: _cut(read, _NAME_MOST)}
    if isinstance(read, int) and not isinstance(read, bool) and not 0 <= read <= 32767:  # noqa: PLR2004 - a smallint
        found.append(Fault(f"/{name}", "This number is out of range."))
        return {}
    return {field: read}


def _answers(raw: Any, at: str, found: list[Fault]) -> Iterator[Answer]:
    """Read every answer, wherever it stands; a place that is not as the contract has it is a fault."""
    if not isinstance(raw, list):
        if raw is not None:
            found.append(Fault(at, "This is not a list of answers."))
        yield from _anywhere(raw)
        yield from _by_name(raw)
        return
    if len(raw) > MOST_ANSWERS:
        found.append(Fault(at, f"At most {MOST_ANSWERS} answers."))
    for place, each in enumerate(raw):
        try:
            yield _answer(each)
        except ValidationError as fault:
            # The message of an unknown field holds its name, which may hold anything.
            pointer, message = pointer_of(fault).pointer, _cut(pointer_of(fault).message, _MESSAGE_MOST)
            found.append(Fault(f"{at}/{place}{pointer}", message))
            yield from _anywhere(each)


def _answer(raw: Any) -> Answer:
    try:
        answer: Answer = convert(raw, Answer)
        msgspec.json.encode(answer)
    except UnicodeEncodeError:
        raise ValidationError(_NO_TEXT) from None
    return answer


def _anywhere(raw: Any) -> Iterator[Answer]:
    """Look at every depth, without descending by calls: a body may be deeper than those can go."""
    waiting = [raw]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += reversed(each)
        elif isinstance(each, dict):
            yield from _loosely(each)
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


def _plain(name: str) -> str:
    return _cut(name, _NAME_MOST).replace("~", "~0").replace("/", "~1")


def _cut(text: str, most: int) -> str:
    """Return the text as it can be stored: no NUL, no half of a pair, not longer than it may be."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:most]

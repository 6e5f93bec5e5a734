"""What may stand in one place of a body, in plain words: "text of 1 to 64 characters", not the slang of a library."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import singledispatch
from typing import Annotated, Any, Final, Literal, Union
from uuid import UUID

from msgspec import Meta, inspect

from domain.answers import NO_NUL

END = r"\Z"
"""The end of a text in Python's patterns, whose `$` lets a line break follow; in those of the contract it is `$`."""

_PLAIN: Final[Mapping[type[inspect.Type], tuple[Any, str]]] = {
    inspect.StrType: (str, "text"),
    inspect.IntType: (int, "a whole number"),
    inspect.FloatType: (float, "a number"),
    inspect.BoolType: (bool, "true or false"),
    inspect.NoneType: (None, "null"),
    inspect.UUIDType: (UUID, "a UUID with its dashes"),
    inspect.DateType: (date, "a day, such as 2026-03-02"),
    inspect.DateTimeType: (
        datetime,
        "an instant of RFC 3339 with its offset, such as 2026-03-02T08:00:00+08:00",
    ),
    inspect.TimeDeltaType: (timedelta, "a duration of ISO 8601, such as PT10M"),
}
"""Kind → its Python type, and its words."""


def type_of(info: inspect.Type) -> Any:
    """Return the Python type that msgspec.inspect has described; raise TypeError for one that no body has."""
    match info:
        case inspect.Metadata(type=inner):
            return type_of(inner)
        case inspect.LiteralType(values=values):
            return Literal[values]
        case inspect.EnumType(cls=kind):
            return kind
        case inspect.UnionType(types=kinds):
            return Union[tuple(type_of(each) for each in kinds)]  # noqa: UP007 - made of a tuple
    if type(info) not in _PLAIN:
        raise TypeError(f"{type(info).__name__} has no words yet")
    limits = {name: getattr(info, name) for name in info.__struct_fields__}
    given = {name: value for name, value in limits.items() if value is not None}
    kind, _ = _PLAIN[type(info)]
    return Annotated[kind, Meta(**given)] if given else kind


@singledispatch
def requirement(info: inspect.Type) -> str:
    """Return what may stand there, so that it can follow "must be"."""
    return _PLAIN[type(info)][1]


@requirement.register
def _(info: inspect.Metadata) -> str:
    if not is_shown_best(info):
        return requirement(info.type)
    examples = (info.extra_json_schema or {})["examples"]
    return f"text such as {' or '.join(map(str, examples))}"


def is_shown_best(info: inspect.Metadata) -> bool:
    """Say whether an example tells more than what there is besides: a pattern, which nobody reads."""
    has_pattern = isinstance(info.type, inspect.StrType) and info.type.pattern is not None
    return has_pattern and bool((info.extra_json_schema or {}).get("examples"))


@requirement.register
def _(info: inspect.UnionType) -> str:
    # What may be null in Python may be left out on the wire.
    return " or ".join(requirement(each) for each in info.types if not isinstance(each, inspect.NoneType))


@requirement.register
def _(info: inspect.LiteralType) -> str:
    return _one_of(tuple(map(str, info.values)))


@requirement.register
def _(info: inspect.EnumType) -> str:
    return _one_of(tuple(str(each.value) for each in info.cls))


@requirement.register
def _(info: inspect.VarTupleType | inspect.ListType) -> str:
    return f"a list{_size(info.min_length, info.max_length, 'entries')}"


@requirement.register
def _(info: inspect.DictType) -> str:
    return f"an object{_size(info.min_length, info.max_length, 'entries')}"


@requirement.register
def _(info: inspect.IntType | inspect.FloatType) -> str:
    return f"{_PLAIN[type(info)][1]}{_range(info)}"


@requirement.register
def _(info: inspect.StrType) -> str:
    words = f"text{_size(info.min_length, info.max_length, 'characters')}"
    if info.pattern is None:
        return words
    if info.pattern == NO_NUL:
        return f"{words} without a NUL"
    # As the contract writes it (ECMA-262).
    return f"{words} like {info.pattern.replace(END, '$')}"


def _one_of(values: tuple[str, ...]) -> str:
    return f"one of {', '.join(values)}" if len(values) > 1 else values[0]


def _size(least: int | None, most: int | None, what: str) -> str:
    if least and most is not None:
        return f" of {least} to {most} {what}"
    if most is not None:
        return f" of at most {most} {what}"
    return f" of at least {least} {what}" if least else ""


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return f" from {_number(info.ge)} to {_number(info.le)}"
    bounds = ((info.ge, "at least"), (info.gt, "more than"), (info.le, "at most"), (info.lt, "less than"))
    return "".join(f", {words} {_number(bound)}" for bound, words in bounds if bound is not None)


def _number(value: float) -> str:
    return f"{value:g}" if value < 10_000 else str(int(value))  # noqa: PLR2004 - past that, g writes an exponent

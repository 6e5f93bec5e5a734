"""How what stands for itself is written: as the contract's formats say, of which msgspec reads more than they allow.

It reads an id without its dashes, a blank between day and hour, an offset without its colon, and null wherever a field
has none of its own: a library of another language that is shown the contract takes none of these back.
"""

import re
from functools import cache, reduce
from operator import or_
from types import GenericAlias
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType, inspect

from api.requirements import END

_ID: Final = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}" + END
"""RFC 9562 §4."""

_INSTANT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})" + END
"""RFC 3339 §5.6; whether there is such a day and hour is left to whoever reads it."""

_TEXTS: Final = {
    inspect.UUIDType: Annotated[str, Meta(pattern=_ID)],
    inspect.DateTimeType: Annotated[str, Meta(pattern=_INSTANT)],
}

_NOT_NULL: Final[Any] = bool | int | float | str | list[Any] | dict[str, Any]

_Decoder = msgspec.json.Decoder[Any]


def is_written_out(body: bytes, kind: Any) -> bool:
    """Say whether JSON that can be read as a kind is also written as the contract has it."""
    decoder = _decoder(kind)
    if decoder is None:
        return True
    try:
        decoder.decode(body)
    except (ValueError, RecursionError):
        return False
    return True


def is_id(text: object) -> bool:
    """Say whether a value is a UUID as the contract writes it."""
    return isinstance(text, str) and re.match(_ID, text) is not None


def is_instant(text: object) -> bool:
    """Say whether a value is an instant as the contract writes it."""
    return isinstance(text, str) and re.match(_INSTANT, text) is not None


@cache
def _decoder(kind: Any) -> _Decoder | None:
    """Return what takes nothing but what is written so; None where the kind has nothing that is written in two ways."""
    twin = _twin(inspect.type_info(kind))
    return None if twin is None else msgspec.json.Decoder(twin)


def _twin(info: inspect.Type) -> Any:
    """Return a kind with the texts of its formats in their place, and without all that has none; None if all is."""
    match info:
        case inspect.Metadata(type=inner):
            return _twin(inner)
        case inspect.UUIDType() | inspect.DateTimeType():
            return _TEXTS[type(info)]
        case inspect.StructType() | inspect.UnionType():
            return _twin_of_shape(info)
        case inspect.VarTupleType(item_type=each) | inspect.ListType(item_type=each):
            return _twin_of_many(list, each)
        case inspect.DictType(value_type=each):
            return _twin_of_many(dict, each)
        case _:
            return None


def _twin_of_many(holder: type, each: inspect.Type) -> Any:
    twin = _twin(each)
    keys = (str,) if holder is dict else ()
    return None if twin is None else GenericAlias(holder, (*keys, twin))


def _twin_of_shape(info: inspect.StructType | inspect.UnionType) -> Any:
    if isinstance(info, inspect.StructType):
        return _twin_of_object(info, is_one_of_many=False)
    return _twin_of_union(info)


def _twin_of_object(info: inspect.StructType, *, is_one_of_many: bool) -> Any:
    fields = [(field, _twin_of_field(field)) for field in info.fields]
    if not is_one_of_many and all(twin is None for _, twin in fields):
        return None
    return msgspec.defstruct(
        info.cls.__name__,
        [
            (field.name, twin, msgspec.field(name=field.encode_name))
            if field.required
            else (field.name, twin | UnsetType, msgspec.field(name=field.encode_name, default=UNSET))
            for field, twin in fields
            if twin is not None
        ],
        kw_only=True,
        tag_field=info.tag_field,
        tag=info.tag,
    )


def _twin_of_field(field: inspect.Field) -> Any:
    twin = _twin(field.type)
    has_null = isinstance(field.type, inspect.UnionType) and field.type.includes_none
    return _NOT_NULL if twin is None and has_null and not field.required else twin


def _twin_of_union(info: inspect.UnionType) -> Any:
    kinds = [each for each in info.types if not isinstance(each, inspect.NoneType)]
    shapes = [each for each in kinds if isinstance(each, inspect.StructType)]
    if len(shapes) > 1:
        if all(_twin_of_object(each, is_one_of_many=False) is None for each in shapes):
            return None
        return reduce(or_, (_twin_of_object(each, is_one_of_many=True) for each in shapes))
    twins = [_twin(each) for each in kinds]
    if len(twins) > 1 and any(twin is not None for twin in twins):
        raise TypeError("a place with one of several formats is none that the contract has")
    return twins[0]

"""How what stands for itself is written: as the contract's formats say, of which msgspec reads more than they allow.

It reads an id without its dashes, a blank between day and hour, an offset without its colon, and null wherever a field
has none of its own: a library of another language that is shown the contract takes none of these back.
"""

from functools import cache, reduce, singledispatch
from operator import or_
from types import GenericAlias
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType, inspect

from api.requirements import END

_Id = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}" + END)]
"""RFC 9562 §4."""

_Instant = Annotated[
    str,
    Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})" + END),
]
"""RFC 3339 §5.6; whether there is such a day and hour is left to whoever reads it."""

_NOT_NULL: Final[Any] = bool | int | float | str | list[Any] | dict[str, Any]

_Decoder: TypeAlias = msgspec.json.Decoder[Any]
_Fields: TypeAlias = list[tuple[inspect.Field, Any]]


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


@cache
def _decoder(kind: Any) -> _Decoder | None:
    """Return what takes nothing but what is written so; None where the kind has nothing that is written in two ways."""
    twin = _twin(inspect.type_info(kind))
    return None if twin is None else msgspec.json.Decoder(twin)


@singledispatch
def _twin(_: inspect.Type) -> Any:
    """Return a kind with the texts of its formats in their place, and without all that has none; None if all is."""
    return None


@_twin.register
def _(info: inspect.Metadata) -> Any:
    return _twin(info.type)


@_twin.register
def _(_: inspect.UUIDType) -> Any:
    return _Id


@_twin.register
def _(_: inspect.DateTimeType) -> Any:
    return _Instant


@_twin.register(inspect.VarTupleType)
@_twin.register(inspect.ListType)
def _(info: inspect.VarTupleType | inspect.ListType) -> Any:
    twin = _twin(info.item_type)
    return None if twin is None else GenericAlias(list, (twin,))


@_twin.register
def _(info: inspect.DictType) -> Any:
    twin = _twin(info.value_type)
    return None if twin is None else GenericAlias(dict, (str, twin))


@_twin.register
def _(info: inspect.StructType) -> Any:
    fields = _fields_of(info)
    return _struct(info, fields) if fields else None


@_twin.register
def _(info: inspect.UnionType) -> Any:
    kinds = [each for each in info.types if not isinstance(each, inspect.NoneType)]
    shapes = [each for each in kinds if isinstance(each, inspect.StructType)]
    if len(shapes) > 1:
        found = [(each, _fields_of(each)) for each in shapes]
        # The tag of one that has nothing else to look at is looked at all the same.
        return reduce(or_, (_struct(*each) for each in found)) if any(each for _, each in found) else None
    twins = [_twin(each) for each in kinds]
    if len(twins) > 1 and any(twin is not None for twin in twins):
        raise TypeError("a place with one of several formats is none that the contract has")
    return twins[0]


def _fields_of(info: inspect.StructType) -> _Fields:
    found = [(field, _twin_of_field(field)) for field in info.fields]
    return [(field, twin) for field, twin in found if twin is not None]


def _twin_of_field(field: inspect.Field) -> Any:
    twin = _twin(field.type)
    has_null = isinstance(field.type, inspect.UnionType) and field.type.includes_none
    return _NOT_NULL if twin is None and has_null and not field.required else twin


def _struct(info: inspect.StructType, fields: _Fields) -> Any:
    return msgspec.defstruct(
        info.cls.__name__,
        [
            (field.name, twin, msgspec.field(name=field.encode_name))
            if field.required
            else (field.name, twin | UnsetType, msgspec.field(name=field.encode_name, default=UNSET))
            for field, twin in fields
        ],
        kw_only=True,
        tag_field=info.tag_field,
        tag=info.tag,
    )

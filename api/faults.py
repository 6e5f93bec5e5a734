"""Everything that is wrong with a body, at once: where, and what has to stand there.

msgspec stops at the first fault. So a body that it has refused is walked once more along the shapes of the contract:
what holds other things is walked here, and of what stands by itself msgspec is asked again, so that neither is
stricter than the other. No fault repeats a value, or a name that is none of the contract's.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import inspect

from api.requirements import is_shown_best, requirement, type_of
from api.whole_numbers import as_whole
from api.written import is_written_out
from domain.errors import Fault

MOST_FAULTS: Final = 50
"""That are told of one body: more than a form has fields, and an answer that stays small; ours."""

_MORE: Final = Fault("", f"There is more wrong than these {MOST_FAULTS}.")

Walk: TypeAlias = Callable[[Any, str], Iterator[Fault]]
"""From a decoded value and its JSON pointer to its faults."""


def faults_of(value: object, kind: Any) -> tuple[Fault, ...]:
    """Return what is wrong with a decoded body, in the order of the contract, whatever order the body has.

    At most 50, and then one more that says so.
    """
    return told(walked(value, kind))


def told(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return as many faults as are told of one body, and one more that says so where there are more."""
    found = tuple(islice(faults, MOST_FAULTS + 1))
    return found if len(found) <= MOST_FAULTS else (*found[:MOST_FAULTS], _MORE)


def walked(value: object, kind: Any) -> Iterator[Fault]:
    """Yield what is wrong with a decoded body, all of it."""
    return _walk_of(kind)(value, "")


@cache
def _walk_of(kind: Any) -> Walk:
    return _walker(inspect.type_info(kind))


def _walker(info: inspect.Type) -> Walk:
    match info:
        case inspect.Metadata(type=inner):
            return _single(info) if is_shown_best(info) else _walker(inner)
        case inspect.StructType():
            return _object(info)
        case inspect.UnionType() if all(isinstance(each, inspect.StructType) for each in info.types):
            return _union(info)
        case inspect.VarTupleType() | inspect.ListType():
            return _list(info)
        case inspect.DictType():
            return _map(info)
        case _:
            return _single(info)


def _single(info: inspect.Type) -> Walk:
    """Ask msgspec about what holds nothing else."""
    kind = type_of(info)
    decoder = msgspec.json.Decoder(kind)
    words = f"must be {requirement(info)}"

    def walk(value: Any, at: str) -> Iterator[Fault]:
        if isinstance(value, dict | list) or not _fits(decoder, kind, value):
            yield Fault(at, words)

    return walk


def _fits(decoder: msgspec.json.Decoder[Any], kind: Any, value: Any) -> bool:
    try:
        written = json.dumps(as_whole(value)).encode()
        decoder.decode(written)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return False
    return is_written_out(written, kind)


def _object(info: inspect.StructType) -> Walk:
    fields = [(field, _walker(field.type)) for field in info.fields]
    known = {field.encode_name for field in info.fields} | {info.tag_field}
    takes = ", ".join(sorted(name for name in known if name))
    together = _together(info.cls)

    def walk(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault(at, "must be an object")
            return
        is_whole = True
        for field, below in fields:
            for fault in _of_field(value, field, below, at):
                is_whole = False
                yield fault
        if unknown := len(value.keys() - known):
            # Their names may hold anything.
            is_whole = False
            some = "a field" if unknown == 1 else f"{unknown} fields"
            yield Fault(at, f"holds {some} that it does not take; it takes: {takes}")
        if is_whole:
            yield from together(value, at)

    return walk


def _of_field(value: dict[str, Any], field: inspect.Field, below: Walk, at: str) -> Iterator[Fault]:
    name = field.encode_name
    if name not in value:
        if field.required:
            yield Fault(f"{at}/{name}", "is missing")
    elif value[name] is None and not field.required:
        yield Fault(f"{at}/{name}", "must not be null; leave it out instead")
    else:
        yield from below(value[name], f"{at}/{name}")


def _together(kind: type) -> Walk:
    """Ask a shape what no field of it can tell by itself; it refuses that in words of ours."""
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)

    def walk(value: Any, at: str) -> Iterator[Fault]:
        try:
            decoder.decode(json.dumps(value))
        except msgspec.DecodeError as fault:
            yield Fault(at, str(fault).partition(" - at `")[0])

    def nothing(_: Any, __: str) -> Iterator[Fault]:
        return iter(())

    return walk if hasattr(kind, "__post_init__") else nothing


def _union(info: inspect.UnionType) -> Walk:
    """Walk the shape that the tag names; without a tag that is one, nothing says which it is meant to be."""
    shapes = [each for each in info.types if isinstance(each, inspect.StructType)]
    tag = str(shapes[0].tag_field)
    walks = {str(each.tag): _object(each) for each in shapes}

    def walk(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault(at, "must be an object")
        elif tag not in value:
            yield Fault(f"{at}/{tag}", "is missing")
        elif not isinstance(value[tag], str) or value[tag] not in walks:
            yield Fault(f"{at}/{tag}", f"must be one of {', '.join(sorted(walks))}")
        else:
            yield from walks[value[tag]](value, at)

    return walk


def _list(info: inspect.VarTupleType | inspect.ListType) -> Walk:
    below = _walker(info.item_type)
    words = f"must be {requirement(info)}"

    def walk(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield Fault(at, words)
            return
        if not _holds(info, len(value)):
            yield Fault(at, words)
        for place, each in enumerate(value[: info.max_length]):
            yield from below(each, f"{at}/{place}")

    return walk


def _map(info: inspect.DictType) -> Walk:
    """Walk what has names of the caller's own. A fault in there points at the whole: a name may hold anything."""
    words = f"must be {requirement(info)}"
    of_name, of_value = _walker(info.key_type), _walker(info.value_type)

    def walk(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict) or not _holds(info, len(value)):
            yield Fault(at, words)
            return
        inside = [f"holds a name that {fault.message}" for name in value for fault in of_name(name, "")]
        inside += [
            f"holds a value that {fault.message}" for each in value.values() for fault in of_value(each, "")
        ]
        yield from (Fault(at, message) for message in sorted(set(inside)))

    return walk


def _holds(info: inspect.VarTupleType | inspect.ListType | inspect.DictType, size: int) -> bool:
    return (info.min_length or 0) <= size and (info.max_length is None or size <= info.max_length)

"""Two schemas compared as the sets of values that fit them (`api/compatibility_rules.py` has the theory).

A component's name means nothing: a reference is followed, and what stands there is compared.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import UNSET, Struct

from api.compatibility_rules import (
    JUDGED,
    LOWER_LIMITS,
    RESTRICTIONS,
    UPPER_LIMITS,
    VERDICTS,
    Difference,
    Direction,
    Effect,
    Verdict,
    is_words,
)
from api.compatibility_unions import is_union, pairs_of_branches
from api.openapi_schemas import Schema
from api.references import resolved

_NUMBERS = {"integer", "number"}

_EVERY_TYPE = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})


class Pair(Struct, frozen=True):
    """What stood at a place, and what stands there now."""

    old: Any
    new: Any
    roots: tuple[Schema, Schema]
    """The two documents, in which references lead somewhere."""
    direction: Direction
    where: str = ""
    """How to come here from the whole: `/answers/items/value`."""
    seen: dict[tuple[int, int], tuple[Any, Any]] = {}
    """What was compared before, and so need not be again: a schema may hold itself. Kept alive, as ids are reused."""

    def within(self, step: str, old: Any, new: Any) -> "Pair":
        """Return what is one step further in."""
        return Pair(old, new, self.roots, self.direction, f"{self.where}/{step}", self.seen)

    def found(self, effect: Effect, reason: str, step: str = "") -> Difference:
        """Return a difference here, or at one step further in."""
        where = f"{self.where}/{step}" if step else self.where
        return Difference(VERDICTS[effect][self.direction], where, reason)


def schema_differences(pair: Pair) -> Iterator[Difference]:
    """Compare two schemas."""
    key = (id(pair.old), id(pair.new))
    if key in pair.seen:
        return
    pair.seen[key] = (pair.old, pair.new)
    old, new = resolved(pair.old, pair.roots[0]), resolved(pair.new, pair.roots[1])
    if is_union(old) or is_union(new):
        yield from _branches(pair, old, new)
    if is_union(old) == is_union(new):
        for rule in _RULES:
            yield from rule(pair, old, new)


def _branches(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    for name, before, after in pairs_of_branches(old, new, pair.roots, lambda *two: _alike(pair, *two)):
        step = f"({name})"
        if before is None:
            yield pair.found(Effect.WIDER, "is one more that it can be", step)
        elif after is None:
            yield pair.found(Effect.NARROWER, "is no more one that it can be", step)
        else:
            yield from schema_differences(pair.within(step, before, after))


def _alike(pair: Pair, old: Any, new: Any) -> bool:
    # What is being compared already counts as alike, or a union that holds itself would never end.
    apart = Pair(old, new, pair.roots, pair.direction, seen=dict(pair.seen))
    return all(each.verdict is Verdict.WORDS for each in schema_differences(apart))


def _types(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    before, after = _types_of(old), _types_of(new)
    said = f"the type is {_listed(after)}, was {_listed(before)}"
    if before - _covered(after):
        yield pair.found(Effect.NARROWER, said)
    if after - _covered(before):
        yield pair.found(Effect.WIDER, said)


def _types_of(schema: Schema) -> frozenset[str]:
    named = schema.get("type", _EVERY_TYPE)
    return frozenset({named} if isinstance(named, str) else named)


def _covered(types: frozenset[str]) -> frozenset[str]:
    """Every integer is a number."""
    return types | _NUMBERS if "number" in types else types


def _listed(names: Iterable[str]) -> str:
    known = frozenset(names)
    return "anything" if known >= _EVERY_TYPE else " or ".join(sorted(known))


def _values(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    before, after = _closed_values(old), _closed_values(new)
    if before is None and after is None:
        yield from _known_values(pair, old, new)
    elif after is None:
        yield pair.found(Effect.WIDER, "may have values other than the listed ones now")
    elif before is None:
        yield pair.found(Effect.NARROWER, "has no values but the listed ones now")
    else:
        for value in _without(before, after):
            yield pair.found(Effect.NARROWER, f"the value {value!r} is gone")
        for value in _without(after, before):
            yield pair.found(Effect.WIDER, f"the value {value!r} is new")


def _closed_values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _known_values(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    """Compare values of which more are to be expected: a new one breaks nobody, one that is gone only who sends it."""
    before, after = old.get("x-extensible-enum", []), new.get("x-extensible-enum", [])
    for value in _without(before, after):
        yield pair.found(Effect.NARROWER, f"the known value {value!r} is gone")
    for value in _without(after, before):
        yield pair.found(Effect.MORE, f"the known value {value!r} is new")


def _without(values: list[Any], others: list[Any]) -> list[Any]:
    return [value for value in values if value not in others]


def _limits(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    for keywords, sign in ((UPPER_LIMITS, 1), (LOWER_LIMITS, -1)):
        for keyword in keywords:
            before, after = (sign * each.get(keyword, sign * float("inf")) for each in (old, new))
            if before != after:
                effect = Effect.WIDER if after > before else Effect.NARROWER
                yield pair.found(effect, _said(keyword, old, new))


def _restrictions(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    for keyword in RESTRICTIONS:
        before, after = (None if each.get(keyword) is False else each.get(keyword) for each in (old, new))
        if before != after:
            effect = Effect.WIDER if after is None else Effect.NARROWER if before is None else Effect.CHANGED
            yield pair.found(effect, _said(keyword, old, new))


def _said(keyword: str, old: Schema, new: Schema) -> str:
    before, after = (repr(each[keyword]) if keyword in each else "absent" for each in (old, new))
    return f"{keyword} is {after}, was {before}"


def _items(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    if "items" in old or "items" in new:
        yield from schema_differences(pair.within("items", old.get("items", {}), new.get("items", {})))


def _properties(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    before, after = _fields(old), _fields(new)
    needed, needed_now = set(old.get("required", ())), set(new.get("required", ()))
    for name in before.keys() - after.keys():
        yield pair.found(Effect.CHANGED, "the field is gone", name)
    for name in after.keys() - before.keys():
        effect = Effect.NARROWER if name in needed_now else Effect.MORE
        yield pair.found(effect, f"the field is new{' and required' * (name in needed_now)}", name)
    for name in before.keys() & after.keys():
        yield from schema_differences(pair.within(name, before[name], after[name]))
    # Of a field that came or went, that has been said.
    apart = before.keys() ^ after.keys()
    for name in needed_now - needed - apart:
        yield pair.found(Effect.NARROWER, "is required now", name)
    for name in needed - needed_now - apart:
        yield pair.found(Effect.WIDER, "may be absent now", name)


def _fields(schema: Schema) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = schema.get("properties", {})
    return fields


def _other_fields(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    before, after = (each.get("additionalProperties", True) for each in (old, new))
    if isinstance(before, dict) and isinstance(after, dict):
        yield from schema_differences(pair.within("*", before, after))
    elif before == after:
        return
    elif before is False:
        # Every client passes over fields that it does not know: an answer may have more of them.
        yield pair.found(Effect.MORE, "may have fields that are not listed now")
    elif after is False or before is True:
        yield pair.found(Effect.NARROWER, "has fewer fields that are not listed now")
    else:
        yield pair.found(Effect.WIDER, "has any field that is not listed now")


def _discriminator(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    before, after = (each.get("discriminator", {}).get("propertyName") for each in (old, new))
    if before != after:
        effect = Effect.MORE if before is None else Effect.CHANGED
        yield pair.found(effect, f"is told apart by {after}, was by {before}")


def _annotations(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        yield pair.found(Effect.MORE, f"is {'' if new.get('deprecated') else 'not '}deprecated now")
    if pair.direction is Direction.REQUEST and old.get("default", UNSET) != new.get("default", UNSET):
        # Whoever leaves it out gets something else now.
        yield pair.found(Effect.CHANGED if "default" in old else Effect.MORE, _said("default", old, new))


def _others(pair: Pair, old: Schema, new: Schema) -> Iterator[Difference]:
    for keyword in sorted((old.keys() | new.keys()) - JUDGED):
        if old.get(keyword, UNSET) != new.get(keyword, UNSET):
            effect = Effect.WORDS if is_words(keyword) else Effect.CHANGED
            yield pair.found(
                effect, f"{keyword} is another" if is_words(keyword) else _said(keyword, old, new)
            )


_RULES = (
    _types,
    _values,
    _limits,
    _restrictions,
    _items,
    _properties,
    _other_fields,
    _discriminator,
    _annotations,
    _others,
)

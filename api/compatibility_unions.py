"""Which branch of a union answers to which of the union before: by what tells them apart, never by a name."""

from collections.abc import Callable, Iterator
from typing import Any

from api.openapi_schemas import Schema
from api.references import resolved

_Roots = tuple[Schema, Schema]
_Branch = tuple[str, Any, Any]
"""What to call it; the branch before, None if it is new; the branch now, None if it is gone."""


def is_union(schema: Schema) -> bool:
    """Whether a value is one of several things."""
    return "oneOf" in schema or "anyOf" in schema


def pairs_of_branches(
    old: Schema, new: Schema, roots: _Roots, alike: Callable[[Any, Any], bool]
) -> Iterator[_Branch]:
    """Return the branches of two unions side by side; what is no union is one of a single branch.

    Where a field tells them apart, its value decides. Otherwise those that differ in nothing but words belong
    together (`alike`), and of the rest those of one type, in their order.
    """
    tagged = _tagged(old, new, roots)
    if tagged is None:
        yield from _untagged(_members(old), _members(new), roots, alike)
        return
    before, after = tagged
    for tag in dict.fromkeys((*before, *after)):
        yield tag, before.get(tag), after.get(tag)


def _members(schema: Schema) -> list[Any]:
    members: list[Any] = schema.get("oneOf") or schema.get("anyOf") or [schema]
    return members


def _tagged(old: Schema, new: Schema, roots: _Roots) -> tuple[dict[str, Any], dict[str, Any]] | None:
    fields = {each["discriminator"]["propertyName"] for each in (old, new) if "discriminator" in each}
    if len(fields) != 1:
        return None
    (field,) = fields
    both = [_by_tag(each, field, root) for each, root in zip((old, new), roots, strict=True)]
    return None if None in both else (both[0] or {}, both[1] or {})


def _by_tag(schema: Schema, field: str, root: Schema) -> dict[str, Any] | None:
    mapping = schema.get("discriminator", {}).get("mapping")
    if mapping:
        return {tag: {"$ref": reference} for tag, reference in mapping.items()}
    found = {_constant(resolved(member, root), field, root): member for member in _members(schema)}
    return None if None in found else {str(tag): member for tag, member in found.items()}


def _constant(schema: Schema, field: str, root: Schema) -> str | None:
    told = resolved(schema.get("properties", {}).get(field, {}), root)
    values = [told["const"]] if "const" in told else told.get("enum") or told.get("x-extensible-enum") or []
    return str(values[0]) if len(values) == 1 else None


def _untagged(
    old: list[Any], new: list[Any], roots: _Roots, alike: Callable[[Any, Any], bool]
) -> Iterator[_Branch]:
    before, after = [*old], [*new]
    of_one_type: Callable[[Any, Any], bool] = lambda one, other: (  # noqa: E731 - a rule beside the other
        resolved(one, roots[0]).get("type") == resolved(other, roots[1]).get("type")
    )
    for rule in (alike, of_one_type):
        for one in [*before]:
            match = next((other for other in after if rule(one, other)), None)
            if match is not None:
                yield _named(one, roots[0]), one, match
                before.remove(one)
                after.remove(match)
    yield from ((_named(one, roots[0]), one, None) for one in before)
    yield from ((_named(other, roots[1]), None, other) for other in after)


def _named(schema: Any, root: Schema) -> str:
    return str(resolved(schema, root).get("type", "anything"))

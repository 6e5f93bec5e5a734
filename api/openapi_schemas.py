"""Shapes as JSON Schema 2020-12, as a reader of the contract wants them.

msgspec derives them. What it says otherwise, or not at all, is put right here: no null (what is absent is absent),
no union of one, `oneOf` where a discriminator decides, the type of every enum, what an answer always has, and the
words under each field.

What is sent and what is answered are two kinds of shapes. The first is closed: what is not in it is refused. The
second may grow, in fields and in values, so a client that was generated from it must not stop at either: its enums are
written as strings with their known values beside them.
"""

import ast
import contextlib
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias, get_args

import msgspec
from msgspec import UNSET, Struct

from api.shapes.unions import UNIONS

Schema: TypeAlias = dict[str, Any]

_SUBSCHEMAS = ("items", "additionalProperties")
_LISTS_OF_SUBSCHEMAS = ("prefixItems", "anyOf")


def schemas(kinds: Iterable[Any]) -> tuple[Mapping[Any, Schema], dict[str, Schema]]:
    """Return the schema that stands for each kind, and all components by name, sorted."""
    wanted = tuple(dict.fromkeys(kinds))
    derived, components = msgspec.json.schema_components(wanted, ref_template="#/components/schemas/{name}")
    structs = {each.__name__: each for each in _structs(msgspec.inspect.multi_type_info(wanted))}
    described = {
        name: _described(_clean(schema), structs[name]) if name in structs else _clean(schema)
        for name, schema in sorted(components.items())
    }
    named = _Named()
    shapes = {kind: named.of(_clean(schema)) for kind, schema in zip(wanted, derived, strict=True)}
    described = {name: named.of(schema) for name, schema in described.items()}
    return shapes, dict(sorted((described | named.unions).items()))


class _Named:
    """Unions that are referred to by their names; `unions` are those that were met."""

    def __init__(self) -> None:
        self.unions: dict[str, Schema] = {}
        self._names = {
            frozenset(each.__name__ for each in get_args(kind)): (name, words)
            for name, (kind, words) in UNIONS.items()
        }

    def of(self, schema: Schema) -> Schema:
        """Return a schema with every union in it by reference; raise KeyError for one that has no name."""
        for key in _SUBSCHEMAS:
            if isinstance(schema.get(key), dict):
                schema = schema | {key: self.of(schema[key])}
        if "properties" in schema:
            schema = schema | {
                "properties": {name: self.of(each) for name, each in schema["properties"].items()}
            }
        if "discriminator" not in schema:
            return schema
        name, words = self._names[frozenset(each["$ref"].rsplit("/", 1)[1] for each in schema["oneOf"])]
        union = {key: schema[key] for key in ("oneOf", "discriminator")}
        self.unions[name] = {"description": words, **union}
        return {"$ref": f"#/components/schemas/{name}"} | {
            key: value for key, value in schema.items() if key not in union
        }


def field_notes(kind: type[Struct]) -> Mapping[str, str]:
    """Return the docstrings below the fields of a Struct, its parents' included, by field name."""
    notes: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if issubclass(each, Struct) and each is not Struct:
            # What was made at run time has no source, and its words in the schema already.
            with contextlib.suppress(OSError):
                notes |= dict(_notes_below_fields(each))
    return notes


def _notes_below_fields(kind: type[Struct]) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    for statement, following in pairwise(definition.body if isinstance(definition, ast.ClassDef) else ()):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(note))):
                yield name, " ".join(note.split())


def _structs(info: Any) -> set[type[Struct]]:
    """Every Struct that is reached from what msgspec.inspect says of some types."""
    found: set[type[Struct]] = set()
    waiting: list[Any] = [info]
    while waiting:
        node = waiting.pop()
        if isinstance(node, msgspec.inspect.StructType) and node.cls in found:
            continue
        if isinstance(node, msgspec.inspect.StructType):
            found.add(node.cls)
        if isinstance(node, (list, tuple)):
            waiting += node
        elif isinstance(node, (msgspec.inspect.Type, msgspec.inspect.Field)):
            waiting += [getattr(node, name) for name in node.__struct_fields__]
    return found


def _described(schema: Schema, kind: type[Struct]) -> Schema:
    notes = field_notes(kind)
    fields = msgspec.structs.fields(kind)
    for field in fields:
        if field.name in notes:
            schema["properties"][field.encode_name]["description"] = notes[field.name]
    config = kind.__struct_config__
    if not config.forbid_unknown_fields:
        return _as_answered(schema, fields, config.tag_field or "")
    return schema | dict(getattr(kind, "ALSO", {}))


def _as_answered(schema: Schema, fields: Iterable[msgspec.structs.FieldInfo], tag: str) -> Schema:
    """Require every field that is not UNSET: a default is what a caller may leave out, an answer has it.

    All enums are opened but the tag, by which a branch of a union is known.
    """
    optional = {field.encode_name for field in fields if field.default is UNSET}
    for value in schema["properties"].values():
        value.pop("default", None)
    schema["properties"] = {
        name: value if name == tag else opened(value) for name, value in schema["properties"].items()
    }
    schema["required"] = [name for name in schema["properties"] if name not in optional]
    return schema


def opened(schema: Schema) -> Schema:
    """Return a schema that takes any value where it took some, and names those that are known."""
    for key in _SUBSCHEMAS:
        if isinstance(schema.get(key), dict):
            schema = schema | {key: opened(schema[key])}
    if "enum" not in schema:
        return schema
    known = schema["enum"]
    words = f"Known values: {', '.join(f'`{each}`' for each in known)}; expect others."
    described = f"{schema['description']} {words}" if "description" in schema else words
    rest = {key: value for key, value in schema.items() if key not in {"enum", "description"}}
    return rest | {"x-extensible-enum": known, "description": described}


def _clean(schema: Schema) -> Schema:
    cleaned = {key: value for key, value in schema.items() if key != "title"}
    if "pattern" in cleaned:
        # `$` of the contract's regular expressions (ECMA-262) is `\\Z` of Python's, whose `$` lets a line break follow.
        cleaned["pattern"] = cleaned["pattern"].replace(r"\Z", "$")
    if cleaned.get("default", UNSET) is None:
        del cleaned["default"]
    for key in _SUBSCHEMAS:
        if isinstance(cleaned.get(key), dict):
            cleaned[key] = _clean(cleaned[key])
    for key in _LISTS_OF_SUBSCHEMAS:
        if key in cleaned:
            cleaned[key] = [_clean(each) for each in cleaned[key] if each != {"type": "null"}]
    if "properties" in cleaned:
        cleaned["properties"] = {name: _clean(value) for name, value in cleaned["properties"].items()}
    return _typed(_united(cleaned))


def _united(schema: Schema) -> Schema:
    """Write a union of one as that one, and a union with a discriminator as exactly one of its branches."""
    if "anyOf" not in schema:
        return schema
    branches: list[Schema] = schema.pop("anyOf")
    if len(branches) == 1:
        return branches[0] | schema
    return {"oneOf" if "discriminator" in schema else "anyOf": branches} | schema


def _typed(schema: Schema) -> Schema:
    if "type" not in schema and all(isinstance(value, str) for value in schema.get("enum", (UNSET,))):
        return {"type": "string"} | schema
    return schema

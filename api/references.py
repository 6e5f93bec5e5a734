"""References within a document, followed: `#/components/…` (OpenAPI 3.1 §4.8.23)."""

from collections.abc import Mapping
from typing import Any

from api.openapi_schemas import Schema


def resolved(node: Any, root: Schema) -> Schema:
    """Return what a reference leads to, with what stands beside it, and `allOf` written as one.

    `true` and `false` are schemas too: anything, and nothing. Raises KeyError for a reference that leads nowhere.
    """
    if isinstance(node, bool):
        return {} if node else {"not": {}}
    found: Schema = {key: value for key, value in node.items() if key not in {"$ref", "allOf"}}
    if "$ref" in node:
        found = resolved(_target(node["$ref"], root), root) | found
    for part in node.get("allOf", ()):
        found = _both(resolved(part, root), found)
    return found


def _target(reference: str, root: Schema) -> Any:
    node: Any = root
    for step in reference.removeprefix("#/").split("/"):
        node = node[step.replace("~1", "/").replace("~0", "~")]
    return node


def _both(part: Mapping[str, Any], whole: Schema) -> Schema:
    merged = {**part, **whole}
    for keyword, empty in (("properties", {}), ("required", [])):
        if keyword in part and keyword in whole:
            one, other = part.get(keyword, empty), whole.get(keyword, empty)
            merged[keyword] = {**one, **other} if isinstance(one, dict) else [*dict.fromkeys((*one, *other))]
    return merged

"""Whether the contract still holds what it promised: every difference of two documents, and how much it matters.

The theory stands in `api/compatibility_rules.py`. Ours, and not a tool's, so that it runs wherever the tests do, and
knows what ours means: `x-codes`, `x-extensible-enum`, what every client must tolerate (docs/contract.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from api.compatibility_operations import operation_differences
from api.compatibility_parts import Sides
from api.compatibility_rules import Difference, Direction, Verdict
from api.errors import PROBLEM_JSON
from api.openapi_schemas import Schema

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_Operations = Mapping[tuple[str, str], Schema]


def differences(old: Schema, new: Schema) -> tuple[Difference, ...]:
    """Return every difference of two documents, the worst first; none when they promise the same in the same words.

    Raises KeyError for a reference that leads nowhere.
    """
    found = {
        *_of_operations(old, new, "paths"),
        *_of_operations(old, new, "webhooks"),
        *_of_security_schemes(old, new),
        *_of_the_document(old, new),
    }
    return tuple(sorted(found, key=lambda each: (-each.verdict, each.where, each.reason)))


def told(found: Sequence[Difference]) -> Iterator[str]:
    """Say differences in lines; what every problem has, once."""
    for _, group in groupby(sorted(found, key=_group), key=_group):
        first, *others = group
        more = f" (and in {len(others)} other answers)" if others else ""
        yield f"{first.verdict.name.lower():9} {first.where}: {first.reason}{more}"


def _group(difference: Difference) -> tuple[int, str, str]:
    _, problem, inside = difference.where.partition(PROBLEM_JSON)
    return -difference.verdict, inside if problem else difference.where, difference.reason


def _of_operations(old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    before, after = _operations(old, place), _operations(new, place)
    compared: dict[tuple[str, str, Direction], tuple[Difference, ...]] = {}
    # What an operation refers to, or leaves unsaid, is the same: so is one that reads the same.
    same = all(old.get(key) == new.get(key) for key in ("components", "security"))
    for key in dict.fromkeys((*before, *after)):
        if same and before.get(key) == after.get(key):
            continue
        pair, where = (before.get(key, {}), after.get(key, {})), " ".join(key)
        sides = Sides(*pair, (old, new), where, reversed=place == "webhooks", compared=compared)
        if key not in after:
            yield sides.found(
                Verdict.BREAKING, "the operation is gone: only the next major version may remove it"
            )
        elif key not in before:
            yield sides.found(Verdict.ADDITION, "the operation is new")
        else:
            yield from operation_differences(sides)


def _operations(document: Schema, place: str) -> _Operations:
    return {
        (method.upper(), path): item[method]
        | {"parameters": [*item.get("parameters", ()), *item[method].get("parameters", ())]}
        for path, item in document.get(place, {}).items()
        for method in _METHODS
        if method in item
    }


def _of_security_schemes(old: Schema, new: Schema) -> Iterator[Difference]:
    before, after = (each.get("components", {}).get("securitySchemes", {}) for each in (old, new))
    for name in before.keys() & after.keys():
        yield from Sides(before[name], after[name], (old, new), f"security scheme {name}").others()


_READ_BY_PROGRAMS = ("servers",)


def _of_the_document(old: Schema, new: Schema) -> Iterator[Difference]:
    for key in _READ_BY_PROGRAMS:
        if old.get(key) != new.get(key):
            yield Difference(Verdict.BREAKING, key, "is another")
    if old["openapi"].rpartition(".")[0] != new["openapi"].rpartition(".")[0]:
        yield Difference(Verdict.BREAKING, "openapi", f"is {new['openapi']}, was {old['openapi']}")
    if _words(old) != _words(new):
        yield Difference(Verdict.WORDS, "info", "the words about the contract, or its chapters, are others")


def _words(document: Schema) -> tuple[object, object]:
    about = {key: value for key, value in document["info"].items() if key != "version"}
    return about, document.get("tags")

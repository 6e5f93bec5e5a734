"""Two parts of an operation side by side, and what both requests and answers are made of."""

from collections.abc import Iterator
from typing import Any

from msgspec import UNSET, Struct

from api.compatibility_rules import Difference, Direction, Verdict, is_words
from api.compatibility_schemas import Pair, schema_differences
from api.openapi_schemas import Schema
from api.references import resolved

_WORDS = frozenset({"tags"})
"""In which chapter something stands."""


class Sides(Struct, frozen=True):
    """What a part of the contract was, and what it is."""

    old: Schema
    new: Schema
    roots: tuple[Schema, Schema]
    """The two documents, in which references lead somewhere."""
    where: str
    reversed: bool = False
    """Of a webhook: we send the request, and somebody else answers."""
    compared: dict[tuple[str, str, Direction], tuple[Difference, ...]] = {}
    """What came of comparing two shapes: one that is used everywhere is compared once."""

    def part(self, name: str, old: Schema, new: Schema) -> "Sides":
        """Return what is inside, under a name; where it is a reference, what that leads to."""
        pair = resolved(old, self.roots[0]), resolved(new, self.roots[1])
        return Sides(*pair, self.roots, f"{self.where}: {name}", self.reversed, self.compared)

    def found(self, verdict: Verdict, reason: str) -> Difference:
        """Return a difference here."""
        return Difference(verdict, self.where, reason)

    def others(self, *judged: str) -> Iterator[Difference]:
        """Return whatever differs and has no rule of its own: words, or else broken, as nobody can tell."""
        for key in sorted((self.old.keys() | self.new.keys()) - set(judged)):
            if self.old.get(key, UNSET) != self.new.get(key, UNSET):
                harmless = is_words(key) or key in _WORDS
                verdict = Verdict.WORDS if harmless else Verdict.BREAKING
                yield self.found(
                    verdict, f"{key} is another{'' if harmless else ', and nobody can judge that'}"
                )

    def schemas(self, direction: Direction) -> Iterator[Difference]:
        """Compare the schemas of the two in a direction."""
        if self.reversed:
            direction = Direction.ANSWER if direction is Direction.REQUEST else Direction.REQUEST
        for each in self._compared(self.old.get("schema", {}), self.new.get("schema", {}), direction):
            yield Difference(each.verdict, f"{self.where} {each.where}".rstrip(), each.reason)

    def _compared(self, old: Any, new: Any, direction: Direction) -> tuple[Difference, ...]:
        if old.keys() != {"$ref"} or new.keys() != {"$ref"}:
            return tuple(schema_differences(Pair(old, new, self.roots, direction)))
        key = (old["$ref"], new["$ref"], direction)
        if key not in self.compared:
            self.compared[key] = tuple(schema_differences(Pair(old, new, self.roots, direction)))
        return self.compared[key]


def media_differences(sides: Sides, direction: Direction) -> Iterator[Difference]:
    """Compare what is sent, by media type."""
    before, after = sides.old.get("content", {}), sides.new.get("content", {})
    for kind in dict.fromkeys((*before, *after)):
        part = sides.part(kind, before.get(kind, {}), after.get(kind, {}))
        if kind not in after:
            yield part.found(Verdict.BREAKING, "the media type is gone")
        elif kind not in before:
            yield part.found(Verdict.ADDITION, "the media type is new")
        else:
            yield from part.schemas(direction)
            yield from part.others("schema")

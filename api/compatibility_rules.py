"""What a change does to a promise, and which number it moves: the tables of the compatibility check.

A schema stands for the set of values that fit it. Who sends promises a set, who receives takes one; so a change is
safe for whoever was there before as long as

* what we take does not shrink (requests are contravariant), and
* what we answer does not grow (answers are covariant).

Hence one comparison says how the set has changed, and the direction alone decides what that means. Three things
stand beside the theory. A name that is gone is broken either way: nobody can send or read it any more. An answer
may have more fields than before, and more of the values in `x-extensible-enum`: every client was told from the
first version on to pass over what it does not know. And what this check does not understand counts as broken.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum, StrEnum

from msgspec import Struct


class Verdict(IntEnum):
    """How much a difference matters to whoever was there before; the highest of all decides the version."""

    WORDS = 1
    """Nothing that a program sees: the patch number moves."""
    ADDITION = 2
    """Something more, which nobody needs to know: the minor number moves."""
    BREAKING = 3
    """Somebody's app would fail: the major number moves, and within one major version it is refused."""


class Direction(StrEnum):
    """Who sends."""

    REQUEST = "request"
    ANSWER = "answer"


class Effect(Enum):
    """What a change does to the set of values that fit."""

    NARROWER = "narrower"
    WIDER = "wider"
    CHANGED = "changed"
    """Neither holds the other, a name is gone, or nobody can tell."""
    MORE = "more"
    """Something beside what was there."""
    WORDS = "words"


VERDICTS: Mapping[Effect, Mapping[Direction, Verdict]] = {
    Effect.NARROWER: {Direction.REQUEST: Verdict.BREAKING, Direction.ANSWER: Verdict.ADDITION},
    Effect.WIDER: {Direction.REQUEST: Verdict.ADDITION, Direction.ANSWER: Verdict.BREAKING},
    Effect.CHANGED: {Direction.REQUEST: Verdict.BREAKING, Direction.ANSWER: Verdict.BREAKING},
    Effect.MORE: {Direction.REQUEST: Verdict.ADDITION, Direction.ANSWER: Verdict.ADDITION},
    Effect.WORDS: {Direction.REQUEST: Verdict.WORDS, Direction.ANSWER: Verdict.WORDS},
}


class Difference(Struct, frozen=True, order=True):
    """One difference of two documents: how bad, where, and why in words."""

    verdict: Verdict
    where: str
    """The operation and its part, then the place in the schema: `PUT /v1/me: request, /locale`."""
    reason: str


UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
"""Absent is no limit; a higher one is wider."""

LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
"""Absent is no limit; a lower one is wider."""

RESTRICTIONS = ("format", "pattern", "multipleOf", "uniqueItems", "propertyNames", "not")
"""Their absence is wider. Of two different ones nobody says here which holds the other."""

WORDS = frozenset(
    {"description", "summary", "title", "examples", "example", "externalDocs", "$comment", "xml", "$defs"}
)
"""What no program reads. So are all `x-` of other people; those of ours are judged by name."""

JUDGED = frozenset(
    {
        *UPPER_LIMITS,
        *LOWER_LIMITS,
        *RESTRICTIONS,
        *("type", "enum", "const", "x-extensible-enum", "items", "properties", "required"),
        *("additionalProperties", "oneOf", "anyOf", "discriminator", "deprecated", "default"),
    }
)
"""The keywords that the comparison of schemas has a rule for."""


def is_words(keyword: str) -> bool:
    """Whether nothing but a reader looks at a keyword."""
    return keyword in WORDS or (keyword.startswith("x-") and keyword not in JUDGED)

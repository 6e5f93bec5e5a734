"""The theory held to its word by a stranger: what the check lets pass, no value contradicts (jsonschema judges)."""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from jsonschema import Draft202012Validator

from api.compatibility_rules import Direction, Verdict
from api.compatibility_schemas import Pair, schema_differences
from tests.support.soak import is_soak, rounds

NAMES = ("a", "b", "c")
WORD = st.text("ab", max_size=3)
NUMBER = st.integers(-3, 3)

VALUE: SearchStrategy[Any] = st.recursive(
    WORD | NUMBER | st.booleans() | st.just(0.5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


def twice(values: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, Any]]:
    """The same before and now, mostly."""
    same = values.map(lambda value: (value, value))
    return st.one_of(same, same, st.tuples(values, values))


@st.composite
def keywords(draw: DrawFn, kind: str, /, **each: SearchStrategy[Any]) -> tuple[Any, Any]:
    before, now = {"type": kind}, {"type": kind}
    for name, values in each.items():
        old, new = draw(twice(st.none() | values))
        before |= {} if old is None else {name: old}
        now |= {} if new is None else {name: new}
    return before, now


TEXTS = keywords(
    "string",
    minLength=st.integers(0, 2),
    maxLength=st.integers(1, 3),
    enum=st.lists(WORD, min_size=1, max_size=4, unique=True),
    pattern=st.sampled_from(["^a", "b$"]),
)
INTEGERS = keywords("integer", minimum=NUMBER, maximum=NUMBER, exclusiveMaximum=NUMBER)
NUMBERS = keywords("number", minimum=NUMBER, maximum=NUMBER, multipleOf=st.just(1))
SCALARS = (
    TEXTS | INTEGERS | NUMBERS | twice(st.sampled_from([{}, {"type": "string"}, {"type": "number"}, False]))
)


@st.composite
def lists(draw: DrawFn, inner: SearchStrategy[Any]) -> tuple[Any, Any]:
    before, now = draw(keywords("array", maxItems=st.integers(0, 3), uniqueItems=st.booleans()))
    old, new = draw(inner)
    return {**before, "items": old}, {**now, "items": new}


@st.composite
def objects(draw: DrawFn, inner: SearchStrategy[Any], *, closed: bool) -> tuple[Any, Any]:
    fields = {name: draw(inner) for name in NAMES}
    shapes = [
        {
            "type": "object",
            "properties": {name: fields[name][side] for name in names},
            "required": draw(st.lists(st.sampled_from(sorted(names) or NAMES), max_size=1)) if names else [],
            **({"additionalProperties": False} if closed else {}),
        }
        for side, names in enumerate(draw(twice(st.sets(st.sampled_from(NAMES)))))
    ]
    return shapes[0], shapes[1]


def unions(inner: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, Any]]:
    def joined(branches: tuple[list[tuple[Any, Any]], int, int]) -> tuple[Any, Any]:
        both, first, last = branches
        kept = both[first:] or both, both[: len(both) - last] or both
        return {"anyOf": [old for old, _ in kept[0]]}, {"anyOf": [new for _, new in reversed(kept[1])]}

    parts = st.tuples(st.lists(inner, min_size=1, max_size=3), st.integers(0, 1), st.integers(0, 1))
    return parts.map(joined)


def pairs(*, closed: bool) -> SearchStrategy[tuple[Any, Any]]:
    return st.recursive(
        SCALARS, lambda inner: lists(inner) | objects(inner, closed=closed) | unions(inner), max_leaves=5
    )


def breaks(old: Any, new: Any, direction: Direction) -> bool:
    found: Iterator[Any] = schema_differences(Pair(old, new, ({}, {}), direction))
    return any(each.verdict is Verdict.BREAKING for each in found)


def fits(value: Any, schema: Any) -> bool:
    return Draft202012Validator(schema).is_valid(value)


SETTINGS = settings(
    max_examples=rounds(100),
    deadline=None,
    database=None,
    # The same draws each time, or which kinds of pairs were met would be luck.
    derandomize=not is_soak(),
    suppress_health_check=list(HealthCheck),
)


def test_what_could_be_sent_before_can_be_sent_after_every_change_that_is_let_pass() -> None:
    met: set[tuple[bool, bool]] = set()

    @SETTINGS
    @given(both=pairs(closed=True), values=st.lists(VALUE, min_size=5, max_size=10))
    def each(both: tuple[Any, Any], values: list[Any]) -> None:
        old, new = both
        passed = not breaks(old, new, Direction.REQUEST)
        sent = [value for value in values if fits(value, old)]
        met.add((passed and old != new, bool(sent)))
        assert not passed or [value for value in sent if not fits(value, new)] == []

    each()
    assert (True, True) in met


def test_what_is_answered_after_a_change_that_is_let_pass_could_have_been_answered_before() -> None:
    met: set[tuple[bool, bool]] = set()

    @SETTINGS
    @given(both=pairs(closed=False), values=st.lists(VALUE, min_size=5, max_size=10))
    def each(both: tuple[Any, Any], values: list[Any]) -> None:
        old, new = both
        passed = not breaks(old, new, Direction.ANSWER)
        answered = [value for value in values if fits(value, new)]
        met.add((passed and old != new, bool(answered)))
        assert not passed or [value for value in answered if not fits(value, old)] == []

    each()
    assert (True, True) in met

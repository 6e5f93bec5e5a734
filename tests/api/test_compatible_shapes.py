"""What we take may not shrink, and what we answer may not grow: each rule of a schema both ways, and both sides."""

from typing import Any

import pytest

from api.compatibility_rules import JUDGED, LOWER_LIMITS, UPPER_LIMITS, Verdict
from tests.support.changed_contract import ANSWERED, SENT, contract, probe, verdict

A = {"type": "object", "properties": {"kind": {"enum": ["a"]}, "size": {"type": "integer"}}}
B = {"type": "object", "properties": {"kind": {"enum": ["b"]}, "name": {"type": "string"}}}
TOLD_APART = {"propertyName": "kind"}

NARROWER_AND_WIDER: dict[str, tuple[Any, Any]] = {
    "one type of two": ({"type": "string"}, {"type": ["string", "integer"]}),
    "integers among numbers": ({"type": "integer"}, {"type": "number"}),
    "a type among anything": ({"type": "string"}, {}),
    "nothing at all": (False, {}),
    "fewer values": ({"enum": ["a"]}, {"enum": ["a", "b"]}),
    "listed values": ({"type": "string", "enum": ["a"]}, {"type": "string"}),
    "listed values among known ones": (
        {"type": "string", "enum": ["a"]},
        {"type": "string", "x-extensible-enum": ["a"]},
    ),
    "one value": ({"const": "a"}, {"enum": ["a", "b"]}),
    **{f"a lower {each}": ({each: 10}, {each: 20}) for each in UPPER_LIMITS},
    **{f"a {each} at all": ({each: 10}, {}) for each in UPPER_LIMITS},
    **{f"a higher {each}": ({each: 20}, {each: 10}) for each in LOWER_LIMITS},
    "a format": ({"type": "string", "format": "uuid"}, {"type": "string"}),
    "a pattern": ({"type": "string", "pattern": "^a"}, {"type": "string"}),
    "no item twice": ({"type": "array", "uniqueItems": True}, {"type": "array"}),
    "a required field": (
        {"properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"properties": {"a": {"type": "string"}}},
    ),
    "items of a type": ({"type": "array", "items": {"type": "string"}}, {"type": "array"}),
    "items of fewer values": ({"items": {"enum": ["a"]}}, {"items": {"enum": ["a", "b"]}}),
    "a narrower field": (
        {"properties": {"a": {"maxLength": 10}}},
        {"properties": {"a": {"maxLength": 20}}},
    ),
    "a map of fewer values": (
        {"additionalProperties": {"enum": ["a"]}},
        {"additionalProperties": {"enum": ["a", "b"]}},
    ),
    "a map of something": ({"additionalProperties": {"type": "string"}}, {"additionalProperties": True}),
    "one branch fewer": (
        {"oneOf": [A], "discriminator": TOLD_APART},
        {"oneOf": [B, A], "discriminator": TOLD_APART},
    ),
    "what became a union": (A, {"oneOf": [A, B], "discriminator": TOLD_APART}),
    "one branch fewer, told apart by its type": (
        {"anyOf": [{"type": "string"}]},
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    ),
    "a narrower branch": (
        {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 10}]},
        {"anyOf": [{"type": "string", "maxLength": 20}, {"type": "integer"}]},
    ),
    "a part of several": (
        {"allOf": [{"properties": {"a": {"maxLength": 10}}}, {"required": ["b"]}]},
        {"properties": {"a": {"maxLength": 20}}, "required": ["b"]},
    ),
}

NEITHER: dict[str, tuple[Any, Any]] = {
    "another type": ({"type": "string"}, {"type": "integer"}),
    "another format": ({"format": "date"}, {"format": "date-time"}),
    "another pattern": ({"pattern": "^a"}, {"pattern": "^b"}),
    "another field of the same meaning": (
        {"properties": {"a": {"type": "string"}}},
        {"properties": {"b": {"type": "string"}}},
    ),
    "told apart by another field": (
        {"oneOf": [A, B], "discriminator": {"propertyName": "kind"}},
        {"oneOf": [A, B], "discriminator": {"propertyName": "sort"}},
    ),
    "a keyword that nobody judges": ({"minContains": 1}, {"minContains": 2}),
}


@pytest.mark.parametrize(("narrower", "wider"), NARROWER_AND_WIDER.values(), ids=NARROWER_AND_WIDER)
def test_we_may_take_more_and_answer_less_and_never_the_other_way(narrower: Any, wider: Any) -> None:
    for place, shrunk, grown in (
        (SENT, Verdict.BREAKING, Verdict.ADDITION),
        (ANSWERED, Verdict.ADDITION, Verdict.BREAKING),
    ):
        small, large = contract(probe(place, narrower)), contract(probe(place, wider))
        assert verdict(large, small) is shrunk
        assert verdict(small, large) is grown


@pytest.mark.parametrize(("one", "other"), NEITHER.values(), ids=NEITHER)
def test_what_does_not_hold_the_other_is_broken_either_way(one: Any, other: Any) -> None:
    for place in (SENT, ANSWERED):
        assert verdict(contract(probe(place, one)), contract(probe(place, other))) is Verdict.BREAKING
        assert verdict(contract(probe(place, other)), contract(probe(place, one))) is Verdict.BREAKING


def test_every_rule_of_a_schema_is_in_one_of_the_tables() -> None:
    tried = {
        keyword
        for pair in (*NARROWER_AND_WIDER.values(), *NEITHER.values())
        for each in pair
        if isinstance(each, dict)
        for keyword in each
    }
    assert JUDGED - tried <= {"multipleOf", "not", "propertyNames", "deprecated", "default"}


@pytest.mark.parametrize("required", [True, False])
def test_an_answer_may_have_a_new_field_and_may_lose_none(*, required: bool) -> None:
    new = contract(probe(ANSWERED, {"type": "string"}, required=required))
    assert verdict(contract(), new) is Verdict.ADDITION
    assert verdict(new, contract()) is Verdict.BREAKING


def test_a_phone_need_not_send_a_new_field_and_may_go_on_sending_an_old_one() -> None:
    optional = contract(probe(SENT, {"type": "string"}))
    assert verdict(contract(), optional) is Verdict.ADDITION
    assert verdict(optional, contract()) is Verdict.BREAKING
    assert verdict(contract(), contract(probe(SENT, {"type": "string"}, required=True))) is Verdict.BREAKING


def test_an_answer_may_have_one_more_of_the_known_values() -> None:
    few = contract(probe(ANSWERED, {"type": "string", "x-extensible-enum": ["a"]}))
    many = contract(probe(ANSWERED, {"type": "string", "x-extensible-enum": ["a", "b"]}))
    assert verdict(few, many) is verdict(many, few) is Verdict.ADDITION
    assert (
        verdict(
            contract(probe(SENT, {"x-extensible-enum": ["a", "b"]})),
            contract(probe(SENT, {"x-extensible-enum": ["a"]})),
        )
        is Verdict.BREAKING
    )


def test_an_answer_that_was_closed_may_be_opened_for_every_client_passes_over_what_it_does_not_know() -> None:
    closed = contract(probe(ANSWERED, {"type": "object", "additionalProperties": False}))
    opened = contract(probe(ANSWERED, {"type": "object"}))
    assert verdict(closed, opened) is Verdict.ADDITION


def test_another_default_is_another_request_of_whoever_leaves_it_out() -> None:
    ten, twenty, none = (
        contract(probe(SENT, {"type": "integer", **each})) for each in ({"default": 10}, {"default": 20}, {})
    )
    assert verdict(ten, twenty) is verdict(ten, none) is Verdict.BREAKING
    assert verdict(none, ten) is Verdict.ADDITION


def test_a_field_is_deprecated_by_an_addition() -> None:
    field = {"type": "string"}
    old, new = contract(probe(ANSWERED, field)), contract(probe(ANSWERED, {**field, "deprecated": True}))
    assert verdict(old, new) is Verdict.ADDITION


def test_words_are_words_and_a_field_of_that_name_is_a_field() -> None:
    old = contract(probe(SENT, {"type": "string", "description": "One.", "examples": ["a"], "x-note": 1}))
    new = contract(probe(SENT, {"type": "string", "description": "Two.", "title": "Two"}))
    assert verdict(old, new) is Verdict.WORDS
    named = contract(probe(SENT, {"properties": {"description": {"type": "string"}}}))
    unnamed = contract(probe(SENT, {"properties": {}}))
    assert verdict(named, unnamed) is Verdict.BREAKING


def test_the_name_of_a_component_is_nothing_and_what_stands_there_is_all() -> None:
    inline = {"type": "object", "properties": {"a": {"type": "string"}}}

    def kept_as(name: str) -> Any:
        return lambda document: document["components"]["schemas"].update({name: inline})

    def referred(name: str) -> Any:
        return contract(kept_as(name), probe(SENT, {"$ref": f"#/components/schemas/{name}"}))

    for other in (referred("Two"), contract(probe(SENT, inline)), contract(probe(SENT, {"allOf": [inline]}))):
        assert verdict(referred("One"), other) is None
        assert verdict(other, referred("One")) is None


def test_a_shape_that_holds_itself_is_compared_once_and_to_its_depth() -> None:
    def tree(leaf: Any) -> Any:
        branches = [{"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, leaf]
        return lambda document: document["components"]["schemas"].update({"Tree": {"anyOf": branches}})

    planted = probe(SENT, {"$ref": "#/components/schemas/Tree"})
    small, large = ({"type": "string", "maxLength": each} for each in (10, 20))
    assert verdict(contract(tree(small), planted), contract(tree(small), planted)) is None
    assert verdict(contract(tree(small), planted), contract(tree(large), planted)) is Verdict.ADDITION
    assert verdict(contract(tree(large), planted), contract(tree(small), planted)) is Verdict.BREAKING

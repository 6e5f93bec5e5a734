"""The shapes of the contract: what is sent is closed, what is answered may grow, and both say what they mean."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api import openapi
from api.contracts import sandbox_document
from api.errors import STATUS
from api.openapi_schemas import field_notes, schemas

CONTRACT: dict[str, Any] = json.loads(openapi.render_contract())
DOCUMENTS = (CONTRACT, json.loads(openapi.render(sandbox_document())))


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def references(value: Any) -> set[str]:
    """Every component that a part of a document refers to itself."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    # A discriminator's mapping names its branches a second time.
    own = {value["$ref"]} if "$ref" in value else set()
    return own.union(*map(references, value.values()))


def reached(document: dict[str, Any], *parts: Any) -> set[str]:
    """The names of all shapes that parts of a document lead to."""
    found: set[str] = set()
    waiting = references(list(parts))
    while waiting:
        address = waiting.pop()
        _, _, kind, name = address.split("/")
        if address not in found:
            found.add(address)
            waiting |= references(document["components"][kind][name])
    return {each.rsplit("/", 1)[1] for each in found if "/schemas/" in each}


def sent(document: dict[str, Any]) -> set[str]:
    return reached(document, *(each.get("requestBody", {}) for each in operations(document)))


def answered(document: dict[str, Any]) -> set[str]:
    return reached(document, *(each["responses"] for each in operations(document)))


def properties(document: dict[str, Any], names: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of some shapes, and what is in its lists and maps, by its place."""
    for name in sorted(names):
        shape = document["components"]["schemas"][name]
        yield name, shape
        for key, value in shape.get("properties", {}).items():
            yield from _within(f"{name}.{key}", value)


def _within(place: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield place, schema
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _within(place, schema[key])


def tags(document: dict[str, Any]) -> set[str]:
    """The properties by which a branch of a union is known."""
    return {
        f"{reference.rsplit('/', 1)[1]}.{each['discriminator']['propertyName']}"
        for each in every_dict(document)
        if "discriminator" in each
        for reference in each["discriminator"]["mapping"].values()
    }


def every_dict(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from every_dict(each)


READ_AS_WRITTEN = {"Fault", "FaultKind", "ParticipantState"}
"""Of the sandbox, which promises nothing for next year: a script of faults and a state are shown as they are sent."""


def test_no_shape_is_both_sent_and_answered() -> None:
    for document in DOCUMENTS:
        assert sent(document)
        assert answered(document)
        assert sent(document) & answered(document) <= READ_AS_WRITTEN
    assert sent(CONTRACT) & answered(CONTRACT) == set()
    for document in DOCUMENTS:
        assert sent(document) | answered(document) == set(document["components"]["schemas"])


def test_an_app_of_this_year_can_read_a_value_of_next_year() -> None:
    closed = {
        place
        for document in DOCUMENTS
        for place, schema in properties(document, answered(document))
        if {"enum", "const"} & schema.keys() and place not in tags(document)
        if place.partition(".")[0] not in READ_AS_WRITTEN
    }
    assert closed == set()


def test_what_is_answered_names_the_values_that_are_known() -> None:
    for document in DOCUMENTS:
        for _, schema in properties(document, answered(document)):
            known = schema.get("x-extensible-enum", [])
            assert all(f"`{each}`" in schema["description"] for each in known)
    level = CONTRACT["components"]["schemas"]["WhatToDo"]["properties"]["level"]
    assert level == {
        "type": "string",
        "x-extensible-enum": ["emergency", "none", "routine", "urgent"],
        "description": "Known values: `emergency`, `none`, `routine`, `urgent`; expect others.",
    }


def test_what_is_sent_is_one_of_the_values_that_there_are() -> None:
    for document in DOCUMENTS:
        found = list(properties(document, sent(document)))
        assert not [place for place, schema in found if "x-extensible-enum" in schema]
        shapes = [schema for _, schema in found if "properties" in schema]
        assert [each for each in shapes if each.get("additionalProperties") is not False] == []
    assert CONTRACT["components"]["schemas"]["CodeRequest"]["properties"]["role"]["enum"]


def test_a_problem_names_every_code_to_branch_on() -> None:
    code = CONTRACT["components"]["schemas"]["Problem"]["properties"]["code"]
    assert set(code["x-extensible-enum"]) == {kind.code for kind in STATUS} | {"internal"}


def test_an_address_names_the_words_that_lead_somewhere() -> None:
    path = CONTRACT["paths"]["/v1/participants/{participantId}/consents/{kind}"]
    (kind,) = (each["schema"] for each in path["put"]["parameters"] if each.get("name") == "kind")
    assert kind == {"type": "string", "enum": ["caregiver-access", "data"]}


def test_nothing_is_written_down_that_nothing_refers_to() -> None:
    for document in DOCUMENTS:
        whole = json.dumps(document)
        for kind in ("schemas", "parameters", "headers", "responses"):
            unused = [
                name for name in document["components"][kind] if f'"#/components/{kind}/{name}"' not in whole
            ]
            assert unused == []


def test_a_phone_and_a_colleague_show_different_tokens() -> None:
    shown = {each["operationId"]: each["security"] for each in operations(CONTRACT)}
    assert shown["readSchedule"] == [{"accessToken": []}]
    assert shown["listAlert"] == [{"staffToken": []}]
    assert set(CONTRACT["components"]["securitySchemes"]) == {
        name for security in shown.values() for one_of in security for name in one_of
    }


class _Older(Struct, kw_only=True):
    """What came before."""

    since: Annotated[datetime, Meta(tz=True)]
    """When it
    began."""


class _Newer(_Older, kw_only=True, rename="camel"):
    """What comes now."""

    plain: int
    ended_at: datetime | UnsetType = UNSET
    """Absent until then."""


def test_the_words_under_a_field_reach_the_document_also_from_a_parent() -> None:
    assert field_notes(_Newer) == {"since": "When it began.", "ended_at": "Absent until then."}
    _, components = schemas([_Newer])
    properties = components["_Newer"]["properties"]
    assert properties["endedAt"]["description"] == "Absent until then."
    assert "description" not in properties["plain"]


class _Answer(Struct, tag="one", tag_field="kind"):
    """What has a few values today."""

    state: Literal["on", "off"]
    """How it is."""
    states: tuple[Literal["on", "off"], ...] = ()


def test_the_values_of_an_answer_are_open_but_for_the_tag_of_its_branch() -> None:
    _, components = schemas([_Answer])
    known = {"type": "string", "x-extensible-enum": ["off", "on"]}
    words = "Known values: `off`, `on`; expect others."
    assert components["_Answer"]["properties"] == {
        "kind": {"type": "string", "enum": ["one"]},
        "state": {**known, "description": f"How it is. {words}"},
        "states": {"type": "array", "items": {**known, "description": words}},
    }


class _Maybe(Struct, forbid_unknown_fields=True):
    """One that may lack a thing."""

    name: str | None = None
    either: str | int | None = None
    title: str = "none"


def test_null_and_unions_of_one_are_written_out_of_a_shape() -> None:
    _, components = schemas([_Maybe])
    assert components["_Maybe"]["properties"] == {
        "name": {"type": "string"},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "title": {"type": "string", "default": "none"},
    }

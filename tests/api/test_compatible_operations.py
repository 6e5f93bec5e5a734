"""What may become of an operation, each change with its mirror image; and that nothing is seen where nothing is."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.compatibility import differences, told
from api.compatibility_rules import Verdict
from tests.support.changed_contract import (
    ANSWERED,
    Change,
    Json,
    contract,
    operation,
    place,
    probe,
    shape,
    verdict,
)

BREAKING, ADDITION, WORDS = Verdict.BREAKING, Verdict.ADDITION, Verdict.WORDS


def at(operation_id: str, *steps: str, **changed: Any) -> Change:
    """Set some keys of what is so many steps inside an operation."""
    return lambda document: _inside(document, operation_id, steps).update(changed)


def less(operation_id: str, *steps: str) -> Change:
    """Take what is so many steps inside an operation away."""
    *way, last = steps
    return lambda document: _inside(document, operation_id, way).pop(last)


def _inside(document: Json, operation_id: str, steps: Any) -> Json:
    node = operation(document, operation_id)
    for step in steps:
        node = node[step]
    return node


def parameter(**changed: Any) -> Change:
    given = {"name": "probe", "in": "query", "required": False, "schema": {"type": "string", "maxLength": 9}}
    return lambda document: operation(document, "listReport")["parameters"].append({**given, **changed})


def codes(status: str, *names: str) -> Change:
    return at("submitReport", "responses", status, **{"x-codes": list(names)})


def header(**changed: Any) -> Change:
    return at(*ANSWERED_HEADERS, Probe={"schema": {"type": "string", "maxLength": 9}, **changed})


ANSWERED_HEADERS = ("submitReport", "responses", "201", "headers")
TOKEN: Json = {"accessToken": []}
OTHER: Json = {"submissionToken": []}
SIGNED: Json = {"providerSignature": []}
NOTHING: Change = lambda _: None  # noqa: E731 - what is changed by nothing
OPTIONAL_BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}

CHANGES: dict[str, tuple[Change, Change, Verdict, Verdict]] = {
    "an operation": (NOTHING, lambda document: document["paths"].pop("/v1/me/schedule"), BREAKING, ADDITION),
    "another operation id": (NOTHING, at("readSchedule", operationId="readPlan"), BREAKING, BREAKING),
    "another chapter": (NOTHING, at("readSchedule", tags=["Forms"]), WORDS, WORDS),
    "other words": (NOTHING, at("readSchedule", summary="Read it", description="All."), WORDS, WORDS),
    "what nobody can judge": (NOTHING, at("readSchedule", callbacks={}), BREAKING, BREAKING),
    "a parameter": (NOTHING, parameter(), ADDITION, BREAKING),
    "a required parameter": (NOTHING, parameter(required=True), BREAKING, BREAKING),
    "what must be given": (parameter(), parameter(required=True), BREAKING, ADDITION),
    "what a parameter may be": (parameter(), parameter(schema={"type": "string"}), ADDITION, BREAKING),
    "how a parameter is written": (parameter(), parameter(explode=False), BREAKING, BREAKING),
    "words about a parameter": (parameter(), parameter(description="Words."), WORDS, WORDS),
    "a body": (NOTHING, at("readSchedule", requestBody=OPTIONAL_BODY), ADDITION, BREAKING),
    "a required body": (
        NOTHING,
        at("readSchedule", requestBody={**OPTIONAL_BODY, "required": True}),
        BREAKING,
        BREAKING,
    ),
    "a body that may be left out": (
        NOTHING,
        less("submitReport", "requestBody", "required"),
        ADDITION,
        BREAKING,
    ),
    "a media type of a body": (
        NOTHING,
        at("submitReport", "requestBody", "content", **{"text/plain": {"schema": {}}}),
        ADDITION,
        BREAKING,
    ),
    "a media type of an answer": (
        NOTHING,
        at("readReport", "responses", "200", "content", **{"text/plain": {"schema": {}}}),
        ADDITION,
        BREAKING,
    ),
    "a new success": (
        NOTHING,
        at("readReport", "responses", **{"202": {"description": ""}}),
        BREAKING,
        BREAKING,
    ),
    "a new failure": (
        NOTHING,
        at("readReport", "responses", **{"418": {"description": ""}}),
        ADDITION,
        ADDITION,
    ),
    "the ETag": (less("readSchedule", "responses", "304"), NOTHING, ADDITION, BREAKING),
    "the header ETag": (
        less("readSchedule", "responses", "200", "headers", "ETag"),
        NOTHING,
        ADDITION,
        BREAKING,
    ),
    "a header": (NOTHING, header(), ADDITION, BREAKING),
    "a header that is always there": (header(), header(required=True), ADDITION, BREAKING),
    "what a header may be": (header(), header(schema={"type": "string"}), BREAKING, ADDITION),
    "a problem code": (codes("409", "one"), codes("409", "one", "two"), ADDITION, ADDITION),
    "a problem code of another name": (codes("409", "one"), codes("409", "two"), BREAKING, BREAKING),
    "a problem code under a success": (NOTHING, codes("201", "one"), BREAKING, ADDITION),
    "a token that is asked for": (
        at("readReport", security=[]),
        at("readReport", security=[TOKEN]),
        BREAKING,
        ADDITION,
    ),
    "one token of two": (
        at("readReport", security=[TOKEN]),
        at("readReport", security=[TOKEN, OTHER]),
        ADDITION,
        BREAKING,
    ),
    "both tokens at once": (
        at("readReport", security=[TOKEN]),
        at("readReport", security=[{**TOKEN, **OTHER}]),
        BREAKING,
        ADDITION,
    ),
    "another token": (
        at("readReport", security=[TOKEN]),
        at("readReport", security=[SIGNED]),
        BREAKING,
        BREAKING,
    ),
    "that it is deprecated": (NOTHING, at("readReport", deprecated=True), ADDITION, ADDITION),
    "an end that was announced": (
        at("readReport", deprecated=True, **{"x-sunset": "2028-06-01"}),
        at("readReport", deprecated=True, **{"x-sunset": "2028-07-01"}),
        ADDITION,
        BREAKING,
    ),
    "how a token is shown": (
        NOTHING,
        lambda document: document["components"]["securitySchemes"]["accessToken"].update(scheme="basic"),
        BREAKING,
        BREAKING,
    ),
    "where it is": (NOTHING, lambda document: document.update(servers=[{"url": "/v2"}]), BREAKING, BREAKING),
    "words about it all": (NOTHING, lambda document: document["info"].update(title="Bell"), WORDS, WORDS),
    "a version of OpenAPI": (NOTHING, lambda document: document.update(openapi="3.2.0"), BREAKING, BREAKING),
}


@pytest.mark.parametrize(("before", "after", "forth", "back"), CHANGES.values(), ids=CHANGES)
def test_each_change_and_its_mirror_image_have_their_verdict(
    before: Change, after: Change, forth: Verdict, back: Verdict
) -> None:
    old, new = contract(before), contract(after)
    assert verdict(old, new) is forth
    assert verdict(new, old) is back


def test_a_parameter_of_the_path_counts_as_one_of_each_operation_there() -> None:
    def shared(document: Json) -> None:
        item = document["paths"]["/v1/me/reports"]
        item["parameters"] = item["get"].pop("parameters")

    assert verdict(contract(), contract(shared)) is verdict(contract(shared), contract()) is None


def test_the_name_of_a_header_is_the_same_in_small_letters() -> None:
    def small(document: Json) -> None:
        headers = operation(document, "submitReport")["responses"]["201"]["headers"]
        headers["cache-control"] = headers.pop("Cache-Control")

    assert verdict(contract(), contract(small)) is None


def test_of_a_webhook_we_are_the_caller_and_may_not_send_more_than_was_said() -> None:
    def webhook(size: int, *statuses: str) -> Change:
        body = {
            "required": True,
            "content": {"text/plain": {"schema": {"type": "string", "maxLength": size}}},
        }
        hook = {
            "operationId": "beat",
            "requestBody": body,
            "responses": {status: {"description": ""} for status in statuses},
        }
        return lambda document: document["webhooks"].update(beat={"post": hook})

    few, more = contract(webhook(10, "200")), contract(webhook(20, "200"))
    assert verdict(contract(), few) is ADDITION
    assert verdict(few, contract()) is BREAKING
    assert verdict(few, more) is BREAKING
    assert verdict(more, few) is ADDITION
    assert verdict(few, contract(webhook(10, "200", "202"))) is ADDITION
    assert verdict(contract(webhook(10, "200", "202")), few) is BREAKING


def test_a_difference_says_where_it_is_and_why_and_what_every_problem_has_is_said_once() -> None:
    new = contract(probe(ANSWERED, {"type": "string"}), everywhere_in_problems)
    lines = list(told(differences(new, contract())))
    assert lines[0].startswith("breaking ")
    assert len(lines) == 2
    assert (
        "breaking  PUT /v1/me/reports/{reportId}: answer 201: application/json /probe: the field is gone"
        in lines
    )
    assert any("application/problem+json /added: the field is gone (and in " in line for line in lines)


def everywhere_in_problems(document: Json) -> None:
    document["components"]["schemas"]["Problem"]["properties"]["added"] = {"type": "string"}


def test_the_contract_does_not_differ_from_itself_nor_by_the_order_of_its_parts() -> None:
    backwards = json.loads(json.dumps(contract()), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert differences(contract(), contract()) == ()
    assert differences(contract(), backwards) == ()


PARTS: dict[str, Any] = {
    "the operation": lambda document, each: document["paths"][place(document, each)[0]].pop(
        place(document, each)[1]
    ),
    "a parameter": lambda document, each: operation(document, each)["parameters"].pop(0),
    "an answer's header": lambda document, each: operation(document, each)["responses"]["200"]["headers"].pop(
        "X-Request-Id"
    ),
    "an answer's media type": lambda document, each: operation(document, each)["responses"]["200"][
        "content"
    ].pop("application/json"),
    "an answer's field": lambda document, each: shape(document, (each, "200"))["properties"].popitem(),
}


@settings(max_examples=30, deadline=None, database=None)
@given(
    each=st.sampled_from(["readAccount", "readSchedule", "listReport", "readReport", "listReminder"]),
    part=st.sampled_from(list(PARTS)),
)
def test_what_is_taken_away_is_broken_there_and_nowhere_else_and_given_back_it_is_none(
    each: str, part: str
) -> None:
    whole, lacking = contract(), contract()
    PARTS[part](lacking, each)
    path, method = place(whole, each)
    broken = [found for found in differences(whole, lacking) if found.verdict is BREAKING]
    assert broken
    assert all(found.where.startswith(f"{method.upper()} {path}") for found in broken)
    given_back = differences(lacking, copy.deepcopy(whole))
    assert given_back
    assert BREAKING not in {found.verdict for found in given_back} or part == "a parameter"

"""The examples of the contract are sent to a live sandbox, and what comes is what the contract shows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from api.openapi_examples import example_file
from api.openapi_files import committed_contract, committed_sandbox_contract
from api.openapi_problems import PROBLEMS
from api.shapes.base import Language
from tests.support.example_files import HOW, RECORDS, changes, record
from tests.support.example_road import walk
from tests.support.held import closed

DOCUMENTS: list[dict[str, Any]] = [
    json.loads(path.read_bytes()) for path in (committed_contract(), committed_sandbox_contract())
]
ANSWERS = [
    pytest.param(document, media, id=f"{operation['operationId']}-{status}-{name}")
    for document in DOCUMENTS
    for path in document["paths"].values()
    for operation in path.values()
    for status, answer in operation["responses"].items()
    if status.startswith("2")
    for name, media in answer.get("content", {}).items()
]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_every_example_is_answered_as_the_document_shows(
    cluster_url: str, template: str, language: Language
) -> None:
    answers: dict[str, dict[str, Any]] = {}
    failed = []
    async for taken in walk(cluster_url, template, language):
        of_operation = answers.setdefault(taken.operation_id, {})
        if taken.operation_id == PROBLEMS:
            of_operation[taken.body["code"]] = taken.body
        elif not 200 <= taken.status < 300:
            failed.append(f"{taken.operation_id}: {taken.status} {taken.body}")
        elif taken.body is not None:
            of_operation[f"{taken.status} {taken.media_type}"] = taken.body
    assert failed == []
    if RECORDS:
        for operation_id, recorded in answers.items():
            record(operation_id, recorded, language)
    changed = [each for known, found in answers.items() for each in changes(known, found, language)]
    assert not changed, "\n".join([*changed, HOW])
    assert {PROBLEMS, *answers} == {PROBLEMS, *operation_ids()}


def operation_ids() -> Iterator[str]:
    for document in DOCUMENTS:
        for path in document["paths"].values():
            yield from (operation["operationId"] for operation in path.values())


@pytest.mark.parametrize(("document", "media"), ANSWERS)
def test_every_good_answer_has_an_example_in_both_languages_that_fits_its_closed_schema(
    document: dict[str, Any], media: dict[str, Any]
) -> None:
    assert set(media["examples"]) == {"en", "zh-CN"}
    shapes = {name: closed(shape) for name, shape in document["components"]["schemas"].items()}
    validator = Draft202012Validator(
        {**closed(media["schema"]), "components": {"schemas": shapes}}, validate_formats=True
    )
    for example in media["examples"].values():
        assert [error.message for error in validator.iter_errors(example["value"])] == []


def test_no_example_is_left_of_an_operation_that_is_gone() -> None:
    kept = {path.stem for path in example_file("any").parent.glob("*.json")}
    assert kept <= {*operation_ids(), "problems"}


def test_every_code_has_an_example_problem_that_fits_its_closed_schema() -> None:
    for document in DOCUMENTS:
        shapes = {name: closed(shape) for name, shape in document["components"]["schemas"].items()}
        validator = Draft202012Validator({**shapes["Problem"], "components": {"schemas": shapes}})
        shown = {each["value"]["code"]: each["value"] for each in document["components"]["examples"].values()}
        assert set(shown) == codes_of(document)
        for problem in shown.values():
            assert [error.message for error in validator.iter_errors(problem)] == []


def codes_of(document: dict[str, Any]) -> set[str]:
    """Every code that a response of the document has; all of them are shown there."""
    responses = [
        answer
        for path in document["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
    ]
    problems = [
        each for each in (*responses, *document["components"]["responses"].values()) if "x-codes" in each
    ]
    for each in problems:
        examples = each["content"]["application/problem+json"]["examples"]
        assert sorted(examples) == sorted(each["x-codes"])
    return {code for each in problems for code in each["x-codes"]}

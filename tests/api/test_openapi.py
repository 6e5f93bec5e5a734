"""The contract as a document: true to the routes, and fit for a generator of clients."""

import ast
import inspect
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest
from jsonschema import Draft202012Validator
from litestar.handlers import HTTPRouteHandler
from openapi_spec_validator import validate

from api import openapi
from api.app import ROUTES
from api.errors import STATUS
from api.example import Example
from api.examples import EXAMPLES
from api.exchange import decode_json
from api.openapi_operations import errors_of, method_of, operation_of, path_of
from api.operations import Operation
from api.references import resolved
from api.routes import sandbox
from api.shapes.unions import UNIONS
from domain import answers
from domain.errors import NightbellError
from notifications.twilio_words import parse_status
from tests.support.protocol import shipped

CONTRACT: dict[str, Any] = json.loads(openapi.render_contract())
OPERATIONS = [CONTRACT["paths"][path_of(route)][method_of(route)] for route in ROUTES]
BODIES = [
    pytest.param(operation_of(route), example, id=f"{operation_of(route).name}-{example.name}")
    for route in (*ROUTES, *sandbox.OPERATIONS)
    if operation_of(route).body is not None
    for example in EXAMPLES[operation_of(route).name]
]
SENT = [operation for operation in OPERATIONS if "requestBody" in operation]


def every_dict(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from every_dict(each)


def responses_of(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The responses of an operation, those that others have as well included."""
    shared = CONTRACT["components"]["responses"]
    return {
        status: shared[each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each
        for status, each in operation["responses"].items()
    }


def schema_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = CONTRACT["components"]["schemas"][name]
    return found


def test_the_committed_contract_is_what_the_code_says() -> None:
    assert openapi.drift() is None


def test_a_drift_begins_at_the_first_line_that_differs() -> None:
    assert openapi.first_difference(b"a\nb\n", b"a\nb\n") is None
    assert openapi.first_difference(b"a\nb\n", b"a\nc\n") == 2
    assert openapi.first_difference(b"a\nb\n", b"a\nb\nc\n") == 3
    assert openapi.first_difference(b"a\nb", b"a\nb\n") == 2


def test_the_contract_is_valid_openapi() -> None:
    validate(CONTRACT)


def test_the_sandbox_has_a_valid_document_of_its_own() -> None:
    written = openapi.document(
        sandbox.OPERATIONS,
        title="Nightbell sandbox",
        version="0",
        description="Trial time, phones, faults.",
        tags={"Sandbox": "Not in production.", "Sandboxes": "Nor these."},
    )
    validate(json.loads(openapi.render(written)))


def test_every_operation_has_one_described_tag_and_an_id_of_its_own() -> None:
    described = [tag["name"] for tag in CONTRACT["tags"]]
    used = [tag for operation in OPERATIONS for tag in operation["tags"]]
    assert len(used) == len(OPERATIONS)
    assert set(used) == set(described)
    assert len({operation["operationId"] for operation in OPERATIONS}) == len(ROUTES)


def test_the_chapters_stand_in_the_order_of_the_routes() -> None:
    first_seen = list(dict.fromkeys(operation_of(route).tag for route in ROUTES))
    assert [tag["name"] for tag in CONTRACT["tags"]] == first_seen


@pytest.mark.parametrize("route", ROUTES, ids=path_of)
def test_every_error_of_a_route_has_a_status_and_is_described_there(route: HTTPRouteHandler) -> None:
    responses = responses_of(CONTRACT["paths"][path_of(route)][method_of(route)])
    for kind in errors_of(route):
        response = responses[str(int(STATUS[kind]))]
        assert kind.code in response["x-codes"]
        assert f"`{kind.code}`: " in response["description"]
        assert "application/problem+json" in response["content"]
    assert "default" in responses


@pytest.mark.parametrize("route", ROUTES, ids=path_of)
def test_a_route_declares_what_its_own_lines_raise(route: HTTPRouteHandler) -> None:
    declared = {kind.__name__ for kind in errors_of(route)}
    assert raised_by_name(route.fn) <= declared


def raised_by_name(function: Any) -> set[str]:
    """Return the names of catalogue errors that a function raises itself."""
    catalogue = {kind.__name__ for kind in NightbellError.__subclasses__()}
    raised = [
        node.exc for node in ast.walk(ast.parse(inspect.getsource(function))) if isinstance(node, ast.Raise)
    ]
    called = [each.func if isinstance(each, ast.Call) else each for each in raised]
    return {each.id for each in called if isinstance(each, ast.Name)} & catalogue


def test_every_answer_says_its_request_id_and_how_it_may_be_kept() -> None:
    for operation in OPERATIONS:
        for status, response in responses_of(operation).items():
            if status == "default":
                continue
            assert "X-Request-Id" in response["headers"]
            assert "Cache-Control" in response["headers"]


def test_what_carries_an_etag_can_be_asked_for_by_it() -> None:
    tagged = [operation for operation in OPERATIONS if "304" in operation["responses"]]
    assert len(tagged) > 5
    for operation in tagged:
        assert {"$ref": "#/components/parameters/IfNoneMatch"} in operation["parameters"]
        assert "ETag" in responses_of(operation)["200"]["headers"]


def test_a_report_can_be_handed_in_with_either_token_and_nothing_else_can() -> None:
    either: list[dict[str, list[str]]] = [{"accessToken": []}, {"submissionToken": []}]
    assert [each["operationId"] for each in OPERATIONS if each["security"] == either] == [
        "submitReport",
        "submitReportBatch",
        "correctReport",
    ]


def test_activation_and_sign_in_ask_for_no_token() -> None:
    free = {each["operationId"] for each in OPERATIONS if each["security"] == []}
    assert {"activateDevice", "rotateToken", "signInStaff", "rotateStaffToken"} <= free
    assert not {
        each
        for each in free
        if each.startswith(("list", "record", "issue")) or each.endswith(("Report", "Account", "Alert"))
    }


def test_nothing_is_ever_null() -> None:
    for each in every_dict(CONTRACT):
        assert each.get("type") != "null"
        assert None not in each.values()


def test_every_union_has_a_name_is_decided_by_a_discriminator_and_has_a_choice() -> None:
    unions = [each for each in every_dict(CONTRACT) if {"oneOf", "anyOf", "allOf"} & each.keys()]
    named = CONTRACT["components"]["schemas"]
    assert [each for each in unions if each not in named.values()] == []
    assert set(UNIONS) == {name for name, each in named.items() if each in unions}
    for union in unions:
        assert len(union["oneOf"]) > 1
        assert union["discriminator"]["propertyName"] in {"type", "action", "test"}


def test_every_enum_has_a_type() -> None:
    assert all(each["type"] == "string" for each in every_dict(CONTRACT) if "enum" in each)


def test_instants_days_and_ids_say_their_format() -> None:
    properties = [
        (name, value)
        for component in CONTRACT["components"]["schemas"].values()
        for name, value in component.get("properties", {}).items()
    ]
    for endings, wanted in ((("At", "deviceTime"), "date-time"), (("Date", "On"), "date")):
        chosen = [value for name, value in properties if name.endswith(endings) and name != "safeToRelyOn"]
        assert chosen
        assert {value.get("format") for value in chosen} == {wanted}
    for name in ("reportId", "alertId", "siteId", "participantId", "deviceId"):
        assert {value.get("format") for each, value in properties if each == name} == {"uuid"}


def test_what_a_caller_sends_has_no_unknown_fields() -> None:
    schemas = [
        operation["requestBody"]["content"]["application/json"]["schema"]
        for operation in SENT
        if "application/json" in operation["requestBody"]["content"] and operation["tags"] != ["Provider"]
    ]
    named = [resolved(schema, CONTRACT) for schema in schemas]
    whole = [resolved(each, CONTRACT) for schema in named for each in schema.get("oneOf", [schema])]
    assert {"ReportSubmission", "VisitMiss"} <= {
        name for name, each in CONTRACT["components"]["schemas"].items() if each in whole
    }
    for each in (*whole, *map(schema_of, ("ChoiceAnswer", "NumberAnswer", "TextAnswer"))):
        assert each["additionalProperties"] is False


def test_what_a_caller_is_answered_may_grow() -> None:
    for name in ("ReportView", "Problem", "AlertDetail", "ChoiceItemView"):
        assert "additionalProperties" not in schema_of(name)


def test_an_answer_always_has_what_is_not_absent() -> None:
    assert "errors" in schema_of("Problem")["required"]
    assert "takenBy" not in schema_of("Problem")["required"]
    assert schema_of("Live")["required"] == ["status"]
    assert "appVersion" not in schema_of("ReportSubmission")["required"]


def test_names_of_shapes_are_plain() -> None:
    assert all(name.isalpha() and name[0].isupper() for name in CONTRACT["components"]["schemas"])


def test_every_shape_and_parameter_is_described() -> None:
    for schema in CONTRACT["components"]["schemas"].values():
        assert schema["description"]
    for operation in OPERATIONS:
        for parameter in operation["parameters"]:
            assert "$ref" in parameter or parameter["description"]


@pytest.mark.parametrize(("operation", "example"), BODIES)
def test_an_example_is_what_the_operation_takes(operation: Operation, example: Example) -> None:
    decode_json(msgspec.json.encode(example.value), operation.body)


@pytest.mark.parametrize("operation", SENT, ids=lambda each: each["operationId"])
def test_every_body_has_an_example_in_both_languages_that_fits_its_schema(operation: dict[str, Any]) -> None:
    assert operation["requestBody"]["required"] is True
    (content,) = operation["requestBody"]["content"].values()
    assert set(content["examples"]) == {"en", "zh-CN"}
    schema = {**content["schema"], "components": CONTRACT["components"]}
    for example in content["examples"].values():
        Draft202012Validator(schema).validate(example["value"])


@pytest.mark.parametrize("example", EXAMPLES["report.submit"], ids=lambda each: each.name)
def test_the_example_reports_fit_a_form_that_is_shipped(example: Example) -> None:
    (operation,) = (operation_of(route) for route in ROUTES if operation_of(route).name == "report.submit")
    submission = decode_json(msgspec.json.encode(example.value), operation.body)
    form = shipped().form(submission.form_id, submission.form_version)
    assert form is not None
    assert answers.faults(form, submission.answers) == ()
    assert submission.language == example.name


@pytest.mark.parametrize("example", EXAMPLES["receipt.take"], ids=lambda each: each.name)
def test_the_example_receipts_can_be_read(example: Example) -> None:
    form = msgspec.convert(example.value, dict[str, str])
    assert urlencode(form)
    assert parse_status(form, UUID(int=1)).status == "delivered"

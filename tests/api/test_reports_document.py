"""The operations on reports held to their document by a stranger: schemathesis thinks up requests, right and wrong."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from api.openapi_files import committed_contract
from tests.support.clinic import Clinic, Json, Person
from tests.support.soak import rounds

ONE = "/v1/me/reports/{reportId}"
OPERATIONS: dict[str, tuple[str, str]] = {
    "submitReport": ("PUT", ONE),
    "submitReportBatch": ("POST", "/v1/me/report-batches"),
    "correctReport": ("POST", f"{ONE}/corrections"),
    "listReport": ("GET", "/v1/me/reports"),
    "readReport": ("GET", ONE),
}
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def document() -> Json:
    return json.loads(committed_contract().read_bytes())


async def known_report(lin: Person) -> str:
    """One that is there to be read, corrected and sent again."""
    report_id = str(uuid4())
    await lin.report({"black-stool": "yes", "free-text": "黑便"}, report_id=report_id)
    return report_id


def try_it(url: str, token: str, operation: Any, mode: GenerationMode, **fixed: Any) -> set[int]:
    """Send what schemathesis thinks up and hold every answer to the document; return the statuses that came."""
    documented = {int(status) for status in operation.definition.raw["responses"] if status.isdigit()}
    came: set[int] = set()

    @settings(max_examples=rounds(12), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(mode, **fixed))
    def each(case: "Case[Any]") -> None:
        headers = {"Authorization": f"Bearer {token}"}
        answer = case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)
        assert answer.status_code in documented
        came.add(answer.status_code)

    each()
    return came


@pytest.mark.soak
@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_every_answer_to_right_and_wrong_is_as_documented(
    ward: Clinic, document: Json, operation: str, mode: GenerationMode
) -> None:
    lin, _ = await ward.lin()
    method, path = OPERATIONS[operation]
    described = schemathesis.openapi.from_dict(document)[path][method]
    known = {"path_parameters": {"reportId": await known_report(lin)}}
    came: set[int] = set()
    for fixed in ({}, known) if operation in {"correctReport", "readReport"} else ({},):
        came |= await asyncio.to_thread(
            try_it, ward.demo.api_url, lin.tokens["accessToken"], described, mode, **fixed
        )
    if mode is GenerationMode.POSITIVE:
        assert came & {200, 201}, "nothing that was right was taken"

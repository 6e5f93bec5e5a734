"""Calls one after the other, along the links of the document: what was just made is there, what was ended is not."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case

from api.openapi_files import committed_contract
from tests.support.clinic import Clinic
from tests.support.sites import home
from tests.support.soak import is_soak, rounds
from tests.support.strangers import documented, loaded
from tests.support.strangers_known import SAYS_MORE, SAYS_NO

DOCUMENT = json.loads(committed_contract().read_bytes())
BY_ID = {
    each["operationId"]: {"path": path, **each}
    for path, methods in DOCUMENT["paths"].items()
    for each in methods.values()
}
LINKS = [
    (operation["operationId"], link)
    for operation in BY_ID.values()
    for answer in operation["responses"].values()
    for link in answer.get("links", {}).values()
]
ON_THE_ROAD = sorted({each for source, link in LINKS for each in (source, link["operationId"])})


def test_a_link_leads_to_an_operation_and_names_a_place_of_its_path() -> None:
    assert LINKS
    for _, link in LINKS:
        for name in link["parameters"]:
            assert f"{{{name}}}" in BY_ID[link["operationId"]]["path"]


@pytest.mark.soak
async def test_what_was_made_is_there_for_the_next_step(ward: Clinic) -> None:
    alice, (lin, _), site = await ward.staff("Alice"), await ward.lin(), await home(ward)
    tokens = {True: lin.tokens["accessToken"], False: alice.tokens["accessToken"]}
    came: set[tuple[str, int]] = set()
    document = loaded(DOCUMENT).include(operation_id=ON_THE_ROAD)

    machine: Any = document.as_state_machine()

    class Steps(machine):  # type: ignore[misc]  # made at run time
        def before_call(self, case: Case[Any]) -> None:
            # Of a site that there is: by one drawn at random nobody would get anywhere.
            if isinstance(case.body, dict) and "siteId" in case.body:
                case.body["siteId"] = str(site.id)
            if "siteId" in case.path_parameters:
                case.path_parameters["siteId"] = str(site.id)

        def get_call_kwargs(self, case: Case[Any]) -> dict[str, Any]:
            token = tokens[case.path.startswith("/v1/me/")]
            return {"base_url": ward.demo.api_url, "headers": {"Authorization": f"Bearer {token}"}}

        def validate_response(self, response: Any, case: Case[Any], **sent: Any) -> None:
            came.add((case.operation.definition.raw["operationId"], response.status_code))
            if not may_be_refused(case, response):
                super().validate_response(response, case, additional_checks=[documented], **sent)

    run = settings(
        max_examples=rounds(6),
        stateful_step_count=8,
        deadline=None,
        database=None,
        derandomize=not is_soak(),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(Steps.run, settings=run)
    # Which steps are taken is luck, also where it is always the same: the ids in them never are.
    assert len({name for name, status in came if status < 300}) > 1, came


def may_be_refused(case: Case[Any], response: Any) -> bool:
    """Tell whether this is what no schema says, or a report, which is never refused for what it says."""
    name = case.operation.definition.raw["operationId"]
    is_refusal = response.status_code in {400, 422} and bool(SAYS_MORE.get(name) or SAYS_NO.get(name))
    return is_refusal or name in {"submitReport", "correctReport"}

"""A query that an operation does not take is refused before anything is done, with every fault of it at once.

A report, a bell that is answered, and what the provider brings are never refused for one.
"""

from urllib.parse import urlencode
from uuid import uuid4

import pytest
from litestar.handlers import HTTPRouteHandler

from api.app import ROUTES
from api.openapi_operations import errors_of, method_of, operation_of
from api.routes import answers, sandbox
from domain import errors
from tests.api.test_webhook import page_bob
from tests.support.clinic import Clinic, Person
from tests.support.problems import pointers, refused

SECRET = "zhangsan-13800138000"
"""A name, and a value, that no answer may repeat."""

EVERY = (*ROUTES, *sandbox.OPERATIONS)

NEVER_REFUSED = {
    *("report.submit", "report.correct", "report-batch.submit"),
    *("alert.acknowledge", "alert.decline", "alert.contact", "alert.reveal", "code.acknowledge"),
    *("receipt.take", "receipt.push", "call-status.take", "keypad.answer", "inbound.take"),
    *("health.live", "health.ready", "health.safety"),
    # Other calendars follow it, and add what they like to its address.
    "calendar.read",
}

REFUSING = [route for route in EVERY if operation_of(route).refuses_queries]
ASKING = [route for route in REFUSING if operation_of(route).query]


def name_of(route: HTTPRouteHandler) -> str:
    return operation_of(route).name


def address(route: HTTPRouteHandler) -> str:
    """An address of a route; what is in it need not exist."""
    path = min(route.paths)
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, str(uuid4()) if ":uuid" in part else "1")
    return path


def test_only_what_cannot_wait_is_never_refused_for_its_query() -> None:
    free = {name_of(route) for route in EVERY if not operation_of(route).refuses_queries}
    assert free == NEVER_REFUSED


def test_the_contract_says_so() -> None:
    for route in EVERY:
        said = {errors.QueryInvalid, errors.FieldRefused} <= set(errors_of(route))
        assert said is operation_of(route).refuses_queries or operation_of(route).body is not None


@pytest.mark.parametrize("route", REFUSING, ids=name_of)
async def test_a_parameter_that_is_none_is_refused_before_anybody_asks_who_sent_it(
    ward: Clinic, route: HTTPRouteHandler
) -> None:
    answer = await ward.http.request(method_of(route), f"{address(route)}?{SECRET}={SECRET}")
    problem = refused(answer, 400, "query.invalid")
    assert pointers(problem) == [""]
    assert SECRET not in answer.text
    known = operation_of(route).query
    takes = f"takes {', '.join(sorted(known))}." if known else "takes none."
    assert problem["errors"][0]["message"].endswith(takes)


@pytest.mark.parametrize("route", ASKING, ids=name_of)
async def test_every_parameter_that_cannot_be_read_is_named_at_once(
    ward: Clinic, route: HTTPRouteHandler
) -> None:
    known = sorted(operation_of(route).query)
    query = urlencode([(SECRET, SECRET), *((name, SECRET) for name in known)])
    answer = await ward.http.request(method_of(route), f"{address(route)}?{query}")
    problem = refused(answer, 400, "query.invalid")
    assert pointers(problem) == ["", *known]
    assert all(each["message"] for each in problem["errors"])
    assert SECRET not in answer.text


async def test_of_two_of_one_name_nothing_says_which_counts(alice: Person) -> None:
    problem = refused(await alice.get("/v1/alerts?limit=1&limit=2&state=red"), 400, "query.invalid")
    assert {each["pointer"]: each["message"] for each in problem["errors"]} == {
        "limit": "is given twice",
        "state": "must be live or resolved",
    }


async def test_a_write_that_is_refused_for_its_query_has_done_nothing(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    before = await ward.everything()
    path = f"/v1/participants/{lin.participant_id}"
    answers_ = (
        await alice.post(f"{path}/end?dryRun=true", {"reason": "withdrawn", "endedOn": "2026-03-02"}),
        await alice.call("DELETE", f"{path}/sms-consents/participant?dryRun=true"),
        await lin.call("DELETE", "/v1/tokens/current?all=true"),
    )
    for answer in answers_:
        refused(answer, 400, "query.invalid")
    assert await ward.everything() == before
    assert (await lin.get("/v1/me")).status_code == 200


async def test_a_write_whose_query_could_unblind_is_refused(alice: Person) -> None:
    refused(await alice.post("/v1/participants?dose=1", {}), 422, "request.blinded-field")


async def test_a_report_and_a_bell_are_taken_whatever_stands_in_the_address(ward: Clinic) -> None:
    lin, caregiver = await ward.lin()
    body = ward.submission("caregiver", {"cannot-be-woken": "yes"})
    path = f"/v1/me/reports/{uuid4()}?retry=1&{SECRET}={SECRET}&dose=1"
    assert (await caregiver.put(path, body)).status_code == 201
    bob = await ward.staff("Bob")
    found = (await bob.get("/v1/alerts?state=live")).json()["alerts"]
    (alert_id,) = [each["alertId"] for each in found if each["participantId"] == lin.participant_id]
    taken = await bob.post(f"/v1/alerts/{alert_id}/acknowledgements?from=push&{SECRET}=1")
    assert taken.status_code == 201
    reached = await bob.post(f"/v1/alerts/{alert_id}/contacts?v=2", {"outcome": "in-care"})
    assert reached.status_code == 201, reached.text


async def test_a_receipt_is_taken_whatever_the_provider_adds_to_its_address(ward: Clinic) -> None:
    provider = await page_bob(ward, "no-receipt")
    answer = await provider.post(provider.form("delivered"), query=f"{provider.query}&bodySHA256=ab&group=1")
    assert answer.status_code == 204


@pytest.mark.parametrize("path", ["/a", "/health/live", "/health/ready", "/health/safety", "/docs"])
async def test_a_probe_and_a_page_are_answered_whatever_stands_in_the_address(
    ward: Clinic, path: str
) -> None:
    assert (await ward.http.get(f"{path}?utm_source=sms&{SECRET}=1")).status_code == 200
    assert len(answers.PAGES) > 0

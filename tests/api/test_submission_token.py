"""The submission token hands in what waits on a phone. It reads nothing, changes nothing else, and is that phone's."""

import re
from uuid import UUID, uuid4

import pytest
from litestar.handlers import HTTPRouteHandler

from api.app import ROUTES
from api.examples import EXAMPLES
from api.openapi_operations import method_of, operation_of, path_of
from api.operations import Auth
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import second_phone, trail
from tests.support.problems import refused

HANDS_IN = {"report.submit", "report.correct", "report-batch.submit"}
CLOSED = [route for route in ROUTES if operation_of(route).auth in {Auth.ACCOUNT, Auth.STAFF}]
OPEN = {operation_of(route).name for route in ROUTES if operation_of(route).auth is Auth.REPORTING}


def address_of(route: HTTPRouteHandler, lin: Person) -> str:
    """The address of an operation, about lin wherever it can be."""
    known = {
        "participantId": lin.participant_id,
        "role": "participant",
        "week": "1",
        "number": "1",
        "version": "1",
        "kind": "caregiver-access",
    }
    known |= {"formId": "caregiver", "administration": "1"}
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], str(uuid4())), path_of(route))


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    return (await ward.lin())[0]


def test_three_operations_take_what_waits_on_a_phone_and_each_other_one_asks_who_is_there() -> None:
    assert OPEN == HANDS_IN
    assert len(CLOSED) > 50


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: operation_of(route).name)
async def test_it_opens_nothing_else(ward: Clinic, lin: Person, route: HTTPRouteHandler) -> None:
    bodies: list[Json] = [each.value for each in EXAMPLES.get(operation_of(route).name, ())]
    before = await ward.everything()
    for body in bodies or [None]:
        answer = await lin.call(
            method_of(route).upper(),
            address_of(route, lin),
            body,
            token="submissionToken",
            headers={"If-Match": "*"},
        )
        refused(answer, 401, "token.refused")
    assert await ward.everything() == before


async def test_it_opens_no_address_that_another_secret_opens(ward: Clinic, lin: Person) -> None:
    """Neither as a refresh token nor as a calendar's secret."""
    token = lin.tokens["submissionToken"]
    body = {"refreshToken": token[:1024], "deviceId": lin.device_id}
    refused(await ward.http.post("/v1/tokens", json=body), 401, "token.refused")
    assert (await ward.http.get(f"/v1/calendars/{token[:43]}.ics")).status_code == 404


async def test_what_it_hands_in_is_its_own_phones(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    other = await second_phone(alice, lin)
    for phone in (lin, other):
        body = ward.submission("participant", {"fainted": "no"})
        answer = await phone.call("PUT", f"/v1/me/reports/{uuid4()}", body, token="submissionToken")
        assert answer.status_code == 201
    lines = [line for line in await trail(ward, lin) if line["action"] == "report.submit"]
    assert [line["actor"]["device_id"] for line in lines] == [lin.device_id, other.device_id]
    stored = [line["changes"][0]["after"] for line in lines]
    mint = ward.demo.edge.mint
    assert [UUID(each["session_id"]) for each in stored] == [
        mint.read(phone.tokens["submissionToken"]).session_id for phone in (lin, other)
    ]
    assert {each["proof"] for each in stored} == {"device"}

"""What a stranger to the program found by its document alone (test_contract_by_strangers.py), each case by itself."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.openapi_files import committed_contract, committed_sandbox_contract
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import pointers, refused
from tests.support.sites import home

DOCUMENTS = (committed_contract, committed_sandbox_contract)


@pytest.fixture(scope="module")
async def alice(ward: Clinic) -> Person:
    return await ward.staff("Alice")


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    return (await ward.lin())[0]


async def test_every_method_of_an_address_is_named_to_whoever_asks(ward: Clinic) -> None:
    asked = await ward.http.request("OPTIONS", "/v1/participants")
    assert (asked.status_code, asked.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    other = await ward.http.request("TRACE", "/v1/participants")
    refused(other, 405, "method.not-allowed")
    assert set(other.headers["allow"].split(", ")) >= {"GET", "POST"}


@pytest.mark.parametrize("kind", ["0", "sms ", "Data", "%00"])
async def test_a_kind_that_is_none_names_nothing(lin: Person, alice: Person, kind: str) -> None:
    refused(await lin.call("DELETE", f"/v1/me/consents/{kind}"), 404, "not-found")
    hers = f"/v1/participants/{lin.participant_id}"
    for place in (f"{hers}/consents/{kind}", f"{hers}/phone-numbers/{kind}", f"{hers}/sms-consents/{kind}"):
        refused(await alice.call("DELETE", place), 404, "not-found")


async def test_the_headers_of_an_answer_say_who_may_keep_it_as_the_document_does(
    ward: Clinic, lin: Person
) -> None:
    keys = await ward.http.get("/.well-known/jwks.json")
    assert re.fullmatch(kept("/.well-known/jwks.json", "get")["pattern"], keys.headers["cache-control"])
    me = await lin.call("PATCH", "/v1/me", {}, headers={"If-Match": "*"})
    assert me.headers["cache-control"] == kept("/v1/me", "patch")["const"]


def kept(path: str, method: str) -> Json:
    document = json.loads(committed_contract().read_bytes())
    named = document["paths"][path][method]["responses"]["200"]["headers"]["Cache-Control"]["$ref"]
    name = named.rpartition("/")[2]
    return document["components"]["headers"][name]["schema"]


async def test_a_whole_number_is_one_however_it_is_written(alice: Person) -> None:
    """A phone or a desk whose language knows one kind of number alone writes 2.0."""
    site = await home(alice.clinic)
    begins = alice.clinic.trial.now() + timedelta(days=2)
    body = {
        "staffId": str(uuid4()),
        "tier": 2.0,
        "startsAt": begins.isoformat(),
        "endsAt": (begins + timedelta(hours=8)).isoformat(),
        "reason": "at a congress",
    }
    answer = await alice.post(f"/v1/sites/{site.id}/on-call/overrides", body)
    assert pointers(refused(answer, 422, "body.invalid")) == ["/staffId"]
    answer = await alice.post(f"/v1/sites/{site.id}/on-call/overrides", {**body, "tier": 2.5})
    assert "/tier" in pointers(refused(answer, 422, "body.invalid"))


async def test_a_report_on_version_1_0_of_a_form_fits(lin: Person) -> None:
    body = lin.clinic.submission("participant", {"black-stool": "no"})
    answer = await lin.put(f"/v1/me/reports/{uuid4()}", {**body, "formVersion": 1.0, "ageSeconds": 3.0})
    assert (answer.status_code, answer.json()["faults"]) == (201, [])


async def test_nor_does_another_fault_of_a_report_take_its_form_away(lin: Person) -> None:
    body = lin.clinic.submission("participant", {"black-stool": "no"})
    answer = await lin.put(f"/v1/me/reports/{uuid4()}", {**body, "formVersion": 1.0, "mood": "fine"})
    report = answer.json()
    assert (answer.status_code, report["formVersion"], report["misfits"]) == (201, 1, ["body"])
    assert pointers({"errors": report["faults"]}) == ["/mood"]


def patterns(node: Any) -> set[str]:
    """Every pattern of a document."""
    if isinstance(node, list):
        return set().union(*map(patterns, node))
    if not isinstance(node, dict):
        return set()
    own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
    return own.union(*map(patterns, node.values()))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_pattern_of_the_document_is_pythons_alone(document: Any) -> None:
    r"""`\Z` and `(?P<` are no ECMA-262, and `\d` and `\w` are other characters there."""
    found = patterns(json.loads(document().read_bytes()))
    assert found
    assert [each for each in found if re.search(r"\\[ZAdwb]|\(\?", each)] == []


async def test_a_line_break_after_the_end_is_no_part_of_what_fits(
    ward: Clinic, lin: Person, alice: Person
) -> None:
    signing = {"email": "bob@example.org", "password": "x", "totp": "123456\n", "deviceId": str(uuid4())}
    answer = await ward.http.post("/v1/staff/sessions", json=signing)
    assert pointers(refused(answer, 422, "body.invalid")) == ["/totp"]
    phone = f"/v1/participants/{lin.participant_id}/phone-numbers/participant"
    answer = await alice.put(phone, {"phone": "+8613912345678\n"})
    assert pointers(refused(answer, 422, "body.invalid")) == ["/phone"]
    answer = await alice.post("/v1/acknowledgements", {"code": "K7Q4\n"})
    assert pointers(refused(answer, 422, "body.invalid")) == ["/code"]


@pytest.mark.parametrize(
    "span", ["P1Y", "P1W", "PT1.5H", "pt1m", "+P1D", "-P1D", "PT", "P", "P1D\n", "P99999D"]
)
async def test_a_span_of_time_is_days_hours_minutes_and_seconds_alone(ward: Clinic, span: str) -> None:
    answer = await ward.http.post("/sandbox/clock", json={"advance": span})
    assert pointers(refused(answer, 422, "body.invalid")) == ["/advance"]


async def test_a_span_of_time_in_parts_is_taken(ward: Clinic) -> None:
    for span in ("PT0S", "P0D", "PT0H0M0S", "P0DT0M"):
        assert (await ward.http.post("/sandbox/clock", json={"advance": span})).status_code == 200

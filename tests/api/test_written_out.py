"""What is sent is written as the document's formats say: a client that reads it elsewhere reads the same."""

import copy
import json
import re
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from api.exchange import decode_json
from api.faults import faults_of
from api.operations import Operation
from domain.errors import BodyInvalid
from tests.api.test_every_fault import BODIES, Path, places, pointer, put
from tests.support.clinic import Clinic, Json
from tests.support.problems import refused
from tests.support.watch import alert_of


def miswritten(text: object) -> list[Json]:
    """The same id, or the same instant, as msgspec would read it too."""
    if not isinstance(text, str):
        return []
    if len(text) == 36 and text.count("-") == 4:
        return [text.replace("-", "")]
    if re.fullmatch(r"[-0-9]{10}T.*(Z|\+08:00)", text):
        return [text.replace("T", " "), text.replace("Z", "+0000").replace("+08:00", "+0800")]
    return []


WAYS: list[tuple[Operation, Json, Path, Json]] = [
    (operation, body, path, other)
    for operation, body in BODIES
    for path, value in places(body)
    for other in miswritten(value)
]


def test_there_are_ids_and_instants_in_the_examples() -> None:
    assert len(WAYS) > 40
    assert {operation.name for operation, *_ in WAYS} > {"report.submit", "rota.replace", "device.activate"}


@pytest.mark.parametrize(
    ("operation", "body", "path", "other"),
    [pytest.param(*each, id=f"{each[0].name}{pointer(each[2])}={each[3]}"[:60]) for each in WAYS],
)
def test_an_id_without_dashes_or_a_loosely_written_instant_is_refused_where_it_stands(
    operation: Operation, body: Json, path: Path, other: Json
) -> None:
    good = json.dumps(body).encode()
    decode_json(good, operation.body)
    bad = copy.deepcopy(body)
    put(bad, path, other)
    with pytest.raises(BodyInvalid) as refusal:
        decode_json(json.dumps(bad).encode(), operation.body)
    assert [each.pointer for each in refusal.value.faults] == [pointer(path)]
    assert faults_of(bad, operation.body) == refusal.value.faults


@pytest.mark.parametrize(
    "instant", ["2026-01-01t00:00:00z", "2026-01-01T00:00:00.5+08:00", "2026-01-01T00:00:00-00:00"]
)
def test_an_instant_may_be_written_in_every_way_that_rfc_3339_knows(instant: str) -> None:
    operation, good = next(each for each in BODIES if each[0].name == "reminder-receipt.record")
    body = copy.deepcopy(good)
    body["receipts"][0]["at"] = instant
    taken: Any = decode_json(json.dumps(body).encode(), operation.body)
    assert taken.receipts[0].at == datetime.fromisoformat(instant.upper())


async def test_a_fault_of_the_provider_takes_no_null_for_what_is_left_out(ward: Clinic) -> None:
    script = [{"kind": "timeout", "number": None, "times": 1, "channel": None}]
    answer = await ward.http.put("/sandbox/provider", json=script)
    problem = refused(answer, 422, "body.invalid")
    assert [each["pointer"] for each in problem["errors"]] == ["/0/number", "/0/channel"]
    assert {each["message"] for each in problem["errors"]} == {"must not be null; leave it out instead"}


async def test_an_address_whose_id_lacks_its_dashes_is_none(ward: Clinic) -> None:
    await ward.lin()
    bob = await ward.staff("Bob")
    known = (await bob.get("/v1/participants")).json()["participants"][0]["participantId"]
    for written, status in ((known, 200), (known.upper(), 200), (known.replace("-", ""), 404)):
        assert (await bob.get(f"/v1/participants/{written}/schedule")).status_code == status


async def test_a_query_takes_an_id_and_an_instant_as_the_document_writes_them(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    bob = await ward.staff("Bob")
    refused(await bob.get(f"/v1/participants?siteId={uuid4().hex}"), 400, "query.invalid")
    hours = "from=2026-01-01T00:00:00%2B0000&to=2026-01-02T00:00:00Z"
    problem = refused(await lin.get(f"/v1/me/reminders?{hours}"), 400, "query.invalid")
    assert [each["pointer"] for each in problem["errors"]] == ["from"]


async def test_a_report_that_is_written_loosely_is_taken_as_it_is_meant(ward: Clinic) -> None:
    """What some languages write by themselves is read without loss: no human has to look at it."""
    _, caregiver = await ward.lin()
    body = ward.submission("caregiver", {"cannot-be-woken": "yes"})
    sent = {**body, "deviceTime": body["deviceTime"].replace("T", " ").replace("+08:00", "+0800")}
    assert sent != body
    loose = uuid4().hex
    answer = await caregiver.put(f"/v1/me/reports/{loose}", sent)
    report = answer.json()
    assert (answer.status_code, report["quarantined"], report["faults"]) == (201, False, [])
    assert (report["reportId"].replace("-", ""), report["level"]) == (loose, "emergency")
    assert (await caregiver.get(f"/v1/me/reports/{loose}")).status_code == 200
    batch = await caregiver.post("/v1/me/report-batches", {"reports": [{**body, "reportId": uuid4().hex}]})
    assert batch.json()["results"][0]["report"]["faults"] == []


async def test_nothing_that_is_done_about_a_bell_is_refused_for_how_its_id_is_written(ward: Clinic) -> None:
    _, caregiver = await ward.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    bob = await ward.staff("Bob")
    alert_id = (await alert_of(bob))["alertId"].replace("-", "")
    assert (await bob.post(f"/v1/alerts/{alert_id}/acknowledgements")).status_code == 201
    assert (await bob.post(f"/v1/alerts/{alert_id}/contact-reveals")).status_code == 201
    outcome = {"outcome": "spoke-with-caregiver"}
    assert (await bob.post(f"/v1/alerts/{alert_id}/contacts", outcome)).status_code == 201
    refused(await bob.get(f"/v1/alerts/{alert_id}"), 404, "not-found")


async def test_of_a_batch_the_place_of_an_id_that_is_none_is_named(ward: Clinic) -> None:
    _, caregiver = await ward.lin()
    report = {**ward.submission("caregiver", {"cannot-be-woken": "yes"}), "reportId": "seven"}
    answer = await caregiver.post("/v1/me/report-batches", {"reports": [report]})
    [result] = answer.json()["results"]
    assert [each["pointer"] for each in result["report"]["faults"]] == ["/reportId"]

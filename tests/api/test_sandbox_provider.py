"""The provider's script over HTTP: whatever a provider does wrong can be asked for, read again, and taken back."""

import pytest

from notifications.emulator.faults import FaultKind
from tests.support.clinic import Clinic, Json
from tests.support.phones import BOBS, give_phone
from tests.support.problems import pointers, refused
from tests.support.watch import EMERGENCY

CODED = {FaultKind.REFUSE, FaultKind.UNDELIVERED, FaultKind.FAILED}


async def scripted(clinic: Clinic, *faults: Json) -> None:
    answer = await clinic.http.put("/sandbox/provider", json=faults)
    assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("kind", FaultKind)
async def test_every_fault_can_be_asked_for_read_and_taken_back(ward: Clinic, kind: FaultKind) -> None:
    code = {"code": 30005} if kind in CODED else {}
    fault = {"kind": kind.value, "number": "+8619900000009", "times": 2, **code}
    await scripted(ward, fault)
    assert (await ward.http.get("/sandbox/provider")).json() == [fault]
    await scripted(ward)
    assert (await ward.http.get("/sandbox/provider")).json() == []


async def test_what_nobody_can_do_wrong_is_refused_with_what_can_be(ward: Clinic) -> None:
    answer = await ward.http.put("/sandbox/provider", json=[{"kind": "drop"}, {"kind": "eaten-by-a-dog"}])
    problem = refused(answer, 422, "body.invalid")
    assert pointers(problem) == ["/kind"] or pointers(problem) == ["/1/kind"]
    assert all(kind in problem["errors"][0]["message"] for kind in FaultKind)
    assert "dog" not in answer.text
    answer = await ward.http.put("/sandbox/provider", json=[{"kind": "refuse"}])
    assert "needs a code" in refused(answer, 422, "body.invalid")["errors"][0]["message"]
    answer = await ward.http.put("/sandbox/provider", json=[{"kind": "drop"}] * 101)
    refused(answer, 422, "body.invalid")


async def test_a_busy_line_is_scripted_for_calls_alone_and_used_up(clinic: Clinic) -> None:
    await give_phone(clinic, "Bob", BOBS)
    await scripted(clinic, {"kind": "busy", "channel": "voice", "times": 1})
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    phone = (await clinic.http.get(f"/sandbox/phones/{BOBS}/messages")).json()
    assert [each["status"] for each in phone["messages"]] == ["delivered"]
    assert [each["status"] for each in phone["calls"]][:1] == ["busy"]
    assert (await clinic.http.get("/sandbox/provider")).json() == []

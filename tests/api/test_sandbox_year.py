"""A year in the sandbox, as somebody who writes an app tries it: over HTTP alone."""

from datetime import datetime, timedelta
from uuid import uuid4

from tests.support.clinic import Clinic, Json, Person
from tests.support.year import CAREGIVERS_PHONE, LINS_PHONE


async def seeded(clinic: Clinic, **wanted: object) -> Json:
    answer = await clinic.http.post("/sandbox/participants", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def moved(clinic: Clinic, advance: str) -> Json:
    answer = await clinic.http.post("/sandbox/clock", json={"advance": advance}, timeout=120)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def phone(clinic: Clinic, number: str) -> list[Json]:
    return list((await clinic.http.get(f"/sandbox/phones/{number}/messages")).json()["messages"])


async def check_in(clinic: Clinic, lin: Person) -> None:
    now = (await clinic.http.get("/sandbox/clock")).json()["now"]
    body = {
        "formId": "check-in",
        "formVersion": 1,
        "language": "zh-CN",
        "deviceTime": now,
        "answers": [{"type": "choice", "itemId": "vomited-blood", "choice": "no"}],
    }
    assert (await lin.put(f"/v1/me/reports/{uuid4()}", body)).status_code == 201


async def test_52_weeks_pass_with_every_check_in_and_each_text_can_be_read(clinic: Clinic) -> None:
    made = await seeded(clinic, participantPhone=LINS_PHONE, caregiverPhone=CAREGIVERS_PHONE)
    lin = await clinic.activate(made["participantCode"])
    for _ in range(52):
        await moved(clinic, "P7D")
        await check_in(clinic, lin)
    occasions = (await lin.get("/v1/me/schedule")).json()["occasions"]
    assert [each["state"] for each in occasions if each["kind"] == "check-in"] == ["done"] * 52
    # How many are of check-ins depends on the hour at which she does them.
    hers, theirs = await phone(clinic, LINS_PHONE), await phone(clinic, CAREGIVERS_PHONE)
    assert 24 <= len(theirs) <= len(hers) <= len(theirs) + 52
    assert clinic.rung() == {}


async def test_time_stands_still_where_nobody_answers_and_goes_on_when_somebody_has(clinic: Clinic) -> None:
    await seeded(clinic)
    began = clinic.trial.now()
    view = await moved(clinic, "P364D")
    stopped = datetime.fromisoformat(view["now"])
    assert timedelta(days=9) < stopped - began < timedelta(days=12)
    bob = await clinic.staff("Bob")
    alert = f"/v1/alerts/{view['unansweredAlertId']}"
    assert (await bob.post(f"{alert}/acknowledgements")).status_code == 201
    body = {"outcome": "spoke-with-participant"}
    assert (await bob.post(f"{alert}/contacts", body)).status_code == 201
    further = await moved(clinic, "P2D")
    assert "unansweredAlertId" not in further
    assert datetime.fromisoformat(further["now"]) - stopped >= timedelta(days=2)

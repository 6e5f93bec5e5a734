"""The road once: lin's caregiver reports, bob's phone rings, then dana's; dana takes it, and lin's app says so."""

from tests.support.clinic import Clinic


async def test_bob_is_rung_then_dana_who_takes_it_and_the_app_says_a_doctor_has_seen_it(
    clinic: Clinic,
) -> None:
    _, caregiver = await clinic.lin()

    answer = await caregiver.report({"cannot-be-woken": "yes"})

    assert answer.json()["level"] == "emergency"
    assert "120" in answer.json()["advice"]["text"]
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    await clinic.advance(minutes=10)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}
    dana = await clinic.staff("Dana")
    alert = (await dana.get("/v1/alerts")).json()["alerts"][0]
    assert (await dana.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")).status_code == 201
    await clinic.advance(minutes=9)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}
    page = (await caregiver.get(f"/v1/me/reports/{answer.json()['reportId']}")).json()["page"]
    assert page["status"] == "seen-by-doctor"
    assert page["goNow"]

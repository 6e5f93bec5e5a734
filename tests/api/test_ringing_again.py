"""When a further report rings again, and when it joins in silence (design.md, rule 6)."""

import asyncio
from collections.abc import Mapping

import pytest

from tests.support.clinic import Clinic, Json, Person

CONFUSED = {"cannot-be-woken": "yes"}
STILL_CONFUSED = {"does-not-know-place": "yes"}
A_LITTLE_CONFUSED = {"wrong-date": "yes"}
BLEEDING = {"black-stool": "yes"}


@pytest.fixture
async def caregiver(clinic: Clinic) -> Person:
    _, caregiver = await clinic.lin()
    return caregiver


async def bobs_phone_after(caregiver: Person, answers: Mapping[str, str | float]) -> int:
    """How many texts Bob has after one more report."""
    assert (await caregiver.report(answers)).status_code == 201
    await caregiver.clinic.settle()
    return caregiver.clinic.rung().get("Bob", 0)


async def the_alert(staff: Person) -> Json:
    """The only alert there is, with its timeline."""
    (alert,) = (await staff.get("/v1/alerts")).json()["alerts"]
    return (await staff.get(f"/v1/alerts/{alert['alertId']}")).json()


async def take(staff: Person) -> str:
    alert_id = str((await the_alert(staff))["alertId"])
    assert (await staff.post(f"/v1/alerts/{alert_id}/acknowledgements")).status_code == 201
    return alert_id


async def test_a_repeat_of_known_signals_joins_in_silence_for_fifteen_minutes(
    clinic: Clinic, caregiver: Person
) -> None:
    assert await bobs_phone_after(caregiver, CONFUSED) == 1
    assert await bobs_phone_after(caregiver, STILL_CONFUSED) == 1
    await clinic.advance(minutes=14)
    assert await bobs_phone_after(caregiver, A_LITTLE_CONFUSED) == 1
    assert clinic.rung() == {"Bob": 1, "Dana": 1}
    alert = await the_alert(await clinic.staff("Bob"))
    assert (alert["round"], len(alert["reports"])) == (1, 3)


async def test_after_fifteen_minutes_without_an_answer_whoever_was_rung_last_is_rung_again(
    clinic: Clinic, caregiver: Person
) -> None:
    await bobs_phone_after(caregiver, CONFUSED)
    await clinic.advance(minutes=15)
    assert await bobs_phone_after(caregiver, CONFUSED) == 1
    assert clinic.rung() == {"Bob": 1, "Dana": 2}
    assert (await the_alert(await clinic.staff("Bob")))["round"] == 2


async def test_a_new_signal_rings_at_once(clinic: Clinic, caregiver: Person) -> None:
    await bobs_phone_after(caregiver, CONFUSED)
    assert await bobs_phone_after(caregiver, BLEEDING) == 2
    alert = await the_alert(await clinic.staff("Bob"))
    assert (alert["round"], alert["signals"]) == (2, ["bleeding", "confusion"])


async def test_a_higher_level_of_a_known_signal_rings_at_once(clinic: Clinic, caregiver: Person) -> None:
    await bobs_phone_after(caregiver, A_LITTLE_CONFUSED)
    assert await bobs_phone_after(caregiver, CONFUSED) == 2
    alert = await the_alert(await clinic.staff("Bob"))
    assert (alert["level"], alert["round"]) == ("emergency", 2)


async def test_a_report_that_pages_nobody_leaves_the_alert_alone(clinic: Clinic, caregiver: Person) -> None:
    await bobs_phone_after(caregiver, CONFUSED)
    await clinic.advance(minutes=20)
    before = await the_alert(await clinic.staff("Bob"))
    await caregiver.report({"free-text": "better now"})
    await clinic.settle()
    assert await the_alert(await clinic.staff("Bob")) == before


async def test_after_an_acknowledgement_an_emergency_rings_and_a_lesser_repeat_does_not(
    clinic: Clinic, caregiver: Person
) -> None:
    await bobs_phone_after(caregiver, CONFUSED)
    bob = await clinic.staff("Bob")
    await take(bob)
    assert await bobs_phone_after(caregiver, A_LITTLE_CONFUSED) == 1
    assert (await the_alert(bob))["state"] == "acknowledged"
    assert await bobs_phone_after(caregiver, CONFUSED) == 2
    alert = await the_alert(bob)
    assert (alert["state"], alert["round"]) == ("open", 2)
    assert "acknowledgedBy" not in alert


async def test_after_a_contact_whatever_pages_rings_again(clinic: Clinic, caregiver: Person) -> None:
    await bobs_phone_after(caregiver, CONFUSED)
    bob = await clinic.staff("Bob")
    alert_id = await take(bob)
    contact = await bob.post(f"/v1/alerts/{alert_id}/contacts", {"outcome": "spoke-with-caregiver"})
    assert contact.json()["state"] == "contacted"
    assert "nextStepAt" not in contact.json()
    assert await bobs_phone_after(caregiver, A_LITTLE_CONFUSED) == 2
    assert (await the_alert(bob))["state"] == "open"


async def test_the_alert_of_one_participant_leaves_anothers_alone(clinic: Clinic, caregiver: Person) -> None:
    _, other = await clinic.lin()
    assert await bobs_phone_after(caregiver, CONFUSED) == 1
    assert await bobs_phone_after(other, CONFUSED) == 2
    bob = await clinic.staff("Bob")
    newest, oldest = (await bob.get("/v1/alerts")).json()["alerts"]
    await bob.post(f"/v1/alerts/{oldest['alertId']}/acknowledgements")
    await clinic.advance(minutes=9)
    seen = {each["alertId"]: each for each in (await bob.get("/v1/alerts")).json()["alerts"]}
    assert seen[oldest["alertId"]]["state"] == "acknowledged"
    assert seen[newest["alertId"]] == newest


async def test_the_participant_and_her_caregiver_ring_one_bell(clinic: Clinic) -> None:
    lin, caregiver = await clinic.lin()
    await lin.report(BLEEDING)
    assert await bobs_phone_after(caregiver, BLEEDING) == 1
    alert = await the_alert(await clinic.staff("Bob"))
    assert [each["reporter"] for each in alert["reports"]] == ["participant", "caregiver"]


async def test_twenty_different_reports_at_once_are_twenty_reports_and_one_bell(
    clinic: Clinic, caregiver: Person
) -> None:
    answers = await asyncio.gather(*(caregiver.report(CONFUSED) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    assert len((await the_alert(await clinic.staff("Bob")))["reports"]) == 20

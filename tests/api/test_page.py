"""What the reporter reads about the page to staff: the truth as it stands, and "go now" until somebody called."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.clinic import Clinic, Json, Person

CONFUSED = {"cannot-be-woken": "yes"}


@pytest.fixture
async def caregiver(clinic: Clinic) -> Person:
    _, caregiver = await clinic.lin()
    return caregiver


async def page(caregiver: Person) -> Json:
    """The page of the oldest report."""
    return (await caregiver.get("/v1/me/reports")).json()["reports"][-1]["page"]


async def take(clinic: Clinic, name: str) -> tuple[Person, str]:
    staff = await clinic.staff(name)
    alert_id = (await staff.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    assert (await staff.post(f"/v1/alerts/{alert_id}/acknowledgements")).status_code == 201
    return staff, alert_id


def wall_clock(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M")


async def test_before_the_first_text_it_is_sending_and_then_delivered(
    clinic: Clinic, caregiver: Person
) -> None:
    first = (await caregiver.report(CONFUSED)).json()["page"]
    assert (first["status"], first["goNow"]) == ("sending", True)
    assert "sentAt" not in first
    await clinic.settle()
    then = await page(caregiver)
    assert (then["status"], then["goNow"]) == ("delivered", True)
    assert wall_clock(then["deliveredAt"]) in then["text"]
    assert "120" in then["text"]


async def test_what_the_provider_took_is_sent_and_not_delivered(clinic: Clinic, caregiver: Person) -> None:
    clinic.fault("no-word")
    await caregiver.report(CONFUSED)
    await clinic.settle()
    shown = await page(caregiver)
    assert shown["status"] == "sent"
    assert "deliveredAt" not in shown
    assert wall_clock(shown["sentAt"]) in shown["text"]


async def test_what_nobody_took_in_ten_minutes_is_not_yet_seen(clinic: Clinic, caregiver: Person) -> None:
    await caregiver.report(CONFUSED)
    await clinic.advance(minutes=9, seconds=50)
    assert (await page(caregiver))["status"] == "delivered"
    await clinic.advance(seconds=20)
    shown = await page(caregiver)
    assert (shown["status"], shown["goNow"]) == ("not-yet-seen", True)


async def test_an_investigator_is_a_doctor_and_go_now_stays_until_somebody_called(
    clinic: Clinic, caregiver: Person
) -> None:
    await caregiver.report(CONFUSED)
    await clinic.settle()
    bob, alert_id = await take(clinic, "Bob")
    seen = await page(caregiver)
    assert (seen["status"], seen["goNow"]) == ("seen-by-doctor", True)
    assert wall_clock(seen["seenAt"]) in seen["text"]

    await bob.post(f"/v1/alerts/{alert_id}/contacts", {"outcome": "spoke-with-caregiver"})
    called = await page(caregiver)
    assert (called["status"], called["goNow"]) == ("contacted", False)
    assert wall_clock(called["contactedAt"]) in called["text"]


async def test_a_coordinator_is_the_study_team_and_no_doctor(clinic: Clinic, caregiver: Person) -> None:
    await caregiver.report(CONFUSED)
    # When all steps are through everyone is rung, and only then may the coordinator take it.
    await clinic.advance(minutes=41)
    assert clinic.rung()["Alice"] == 1
    await take(clinic, "Alice")
    assert (await page(caregiver))["status"] == "seen-by-team"


async def test_an_acknowledgement_without_a_call_lapses_and_takes_seen_back(
    clinic: Clinic, caregiver: Person
) -> None:
    await caregiver.report(CONFUSED)
    await clinic.settle()
    await take(clinic, "Bob")
    await clinic.advance(minutes=9, seconds=50)
    assert (await page(caregiver))["status"] == "seen-by-doctor"
    await clinic.advance(seconds=20)
    shown = await page(caregiver)
    assert (shown["status"], shown["goNow"]) == ("delivered", True)
    assert "seenAt" not in shown
    assert clinic.rung() == {"Bob": 1, "Dana": 1}


async def test_after_a_call_a_new_emergency_says_go_now_again(clinic: Clinic, caregiver: Person) -> None:
    await caregiver.report(CONFUSED)
    await clinic.settle()
    bob, alert_id = await take(clinic, "Bob")
    await bob.post(f"/v1/alerts/{alert_id}/contacts", {"outcome": "in-care"})
    again = (await caregiver.report(CONFUSED)).json()["page"]
    assert (again["status"], again["goNow"]) == ("sending", True)
    assert "contactedAt" not in again


async def test_an_urgent_report_is_paged_without_sending_anybody_away(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"stool-blood": "streaks"})
    await clinic.settle()
    shown = await page(lin)
    assert (shown["status"], shown["goNow"]) == ("delivered", False)


async def test_a_report_that_pages_nobody_says_so(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"fainted": "no"})
    await clinic.advance(minutes=30)
    assert (await page(lin)) == {
        "status": "not-needed",
        "text": clinic.trial.protocol.texts["zh-CN"].texts["page.not-needed"],
        "goNow": False,
    }

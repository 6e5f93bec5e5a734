"""Silence is a signal: from Lin to her caregiver to the site, one after the other, and by day (trial.md §2, N2)."""

from datetime import date, timedelta
from uuid import uuid4

from tests.support.clinic import Clinic, Json, Person
from tests.support.sites import close_on
from tests.support.watch import alert_of, take
from tests.support.year import (
    CAREGIVERS_PHONE,
    arrived,
    both_consent,
    check_in,
    days,
    occasion,
    recorded,
    today,
    until_clock,
)


async def begun(clinic: Clinic, days_ago: int = 0) -> tuple[Person, Person, date]:
    """Alice, Lin, and the day of the administration; both readers have consented to SMS."""
    await until_clock(clinic, today(clinic) + days(1), 12)
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin(days=days_ago)
    await both_consent(alice, lin)
    return alice, lin, today(clinic) - days(days_ago)


async def silence_tasks(alice: Person) -> list[Json]:
    listed = (await alice.get("/v1/tasks")).json()["tasks"]
    return [each for each in listed if each["kind"] == "missed-check-in"]


async def answer(clinic: Clinic) -> None:
    """Dana takes the alert and has spoken with Lin."""
    dana = await clinic.staff("Dana")
    await take(dana)
    alert = await alert_of(dana)
    body = {"outcome": "spoke-with-participant"}
    assert (await dana.post(f"/v1/alerts/{alert['alertId']}/contacts", body)).status_code == 201


async def test_in_the_first_weeks_a_silence_is_urgent_and_bob_is_rung_in_the_morning(clinic: Clinic) -> None:
    alice, lin, given = await begun(clinic)
    await until_clock(clinic, given + days(9), 8, 59)
    assert clinic.rung() == {}
    assert arrived(clinic)[-2:] == [f"{given + days(7)} 09:00", f"{given + days(8)} 09:00"]
    assert arrived(clinic, CAREGIVERS_PHONE)[-1] == f"{given + days(8)} 18:00"
    await until_clock(clinic, given + days(9), 9)
    assert clinic.rung() == {"Bob": 1}
    [task] = await silence_tasks(alice)
    assert task["dueAt"][:13] == f"{given + days(9)}T05"
    dana = await clinic.staff("Dana")
    alert = await alert_of(dana)
    assert (alert["level"], alert["signals"], alert["reports"]) == ("urgent", [], [])
    assert [each["week"] for each in alert["silences"]] == [1]
    await answer(clinic)
    # Told once: the check-in is open for days still.
    await until_clock(clinic, given + days(12), 12)
    assert len(await silence_tasks(alice)) == 1
    assert (await recorded(alice, lin, "check-in", 1))["silentAt"]


async def test_later_a_first_silence_is_a_task_and_the_second_in_a_row_rings(clinic: Clinic) -> None:
    alice, lin, given = await begun(clinic, days_ago=30)
    await check_in(lin)
    await until_clock(clinic, given + days(35 + 2), 12)
    assert clinic.rung() == {}
    assert len(await silence_tasks(alice)) == 1
    await until_clock(clinic, given + days(42 + 2), 9)
    assert clinic.rung() == {"Bob": 1}
    await answer(clinic)
    assert len(await silence_tasks(alice)) == 2
    assert (await occasion(lin, "check-in", 5))["state"] == "missed"


async def test_after_an_encephalopathy_every_silence_rings(clinic: Clinic) -> None:
    alice, lin, given = await begun(clinic, days_ago=30)
    await check_in(lin)
    body = {"complication": "hepatic-encephalopathy", "occurredOn": (given + days(20)).isoformat()}
    assert (await alice.post(f"/v1/participants/{lin.participant_id}/complications", body)).status_code == 201
    await until_clock(clinic, given + days(35 + 2), 9)
    assert clinic.rung() == {"Bob": 1}
    await answer(clinic)


async def test_who_checks_in_after_the_second_asking_is_left_in_peace(clinic: Clinic) -> None:
    alice, lin, given = await begun(clinic)
    await until_clock(clinic, given + days(8), 12)
    await check_in(lin)
    before = len(arrived(clinic, CAREGIVERS_PHONE))
    await until_clock(clinic, given + days(10), 12)
    assert clinic.rung() == {}
    assert await silence_tasks(alice) == []
    assert len(arrived(clinic, CAREGIVERS_PHONE)) == before


async def test_a_check_in_on_the_last_day_after_the_site_was_told_is_done_and_not_missed(
    clinic: Clinic,
) -> None:
    """cases.md 25: a completed run was shown as missed."""
    alice, lin, given = await begun(clinic)
    await until_clock(clinic, given + days(9), 9)
    await answer(clinic)
    await until_clock(clinic, given + days(13), 23, 50)
    await check_in(lin)
    await until_clock(clinic, given + days(14), 8)
    done = await recorded(alice, lin, "check-in", 1)
    assert (done["state"], done["isLate"], "missedAt" in done) == ("done", False, False)


async def test_a_report_made_in_time_and_sent_from_offline_days_later_is_done_late_and_takes_no_other_week(
    clinic: Clinic,
) -> None:
    alice, lin, given = await begun(clinic)
    await until_clock(clinic, given + days(8), 20)
    made_at = clinic.trial.now()
    await until_clock(clinic, given + days(9), 9)
    await answer(clinic)
    await until_clock(clinic, given + days(14), 10)
    await check_in(lin, made_at)
    late = await recorded(alice, lin, "check-in", 1)
    assert (late["state"], late["isLate"]) == ("done", True)
    assert late["missedAt"][:16] == f"{given + days(13)}T16:00"
    assert (await occasion(lin, "check-in", 2))["state"] == "open"


async def test_neither_an_empty_form_nor_another_one_is_a_check_in(clinic: Clinic) -> None:
    _, lin, given = await begun(clinic)
    await until_clock(clinic, given + days(7), 10)
    empty = {**clinic.submission("participant", {"free-text": "fine"}), "formId": "check-in"}
    assert (await lin.put(f"/v1/me/reports/{uuid4()}", empty)).status_code == 201
    assert (await lin.report({"vomited-blood": "no"})).status_code == 201
    assert (await occasion(lin, "check-in", 1))["state"] == "open"


async def test_a_caregivers_report_is_no_check_in_of_lins(clinic: Clinic) -> None:
    await until_clock(clinic, today(clinic) + days(1), 12)
    lin, caregiver = await clinic.lin(days=7)
    assert (await caregiver.report({"vomited-blood": "no"})).status_code == 201
    assert (await occasion(lin, "check-in", 1))["state"] == "open"


async def test_the_bell_rings_over_a_weekend_and_a_holiday_without_any_new_report(clinic: Clinic) -> None:
    """cases.md 7: one unacknowledged alert, nothing new for a day, a weekend that is a holiday as well."""
    await until_clock(clinic, today(clinic) + timedelta(days=(5 - today(clinic).weekday()) % 7 + 7), 9)
    await clinic.move_abroad("Alice", "Bob", "Dana", "Erin", "Frank")
    alice = await clinic.staff("Alice")
    site = (await alice.get("/v1/sites")).json()["sites"][0]["siteId"]
    closed = [(today(clinic) + days(each)).isoformat() for each in range(4)]
    assert (await close_on(alice, site, *closed)).status_code == 200
    _, caregiver = await clinic.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await clinic.settle()
    await clinic.advance(minutes=40)
    rung = clinic.rung()
    assert set(rung) == {"Alice", "Bob", "Dana", "Erin", "Frank"}
    await clinic.advance(hours=24, minutes=5)
    assert clinic.rung() == {name: count + 24 * 6 for name, count in rung.items()}

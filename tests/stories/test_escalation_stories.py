"""Nobody answers, somebody answers and does nothing, somebody reaches the patient."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.clinic import Clinic, owner
from tests.support.watch import EMERGENCY, URGENT, alert_of, page_of, take

EVERYONE = ("Alice", "Bob", "Dana", "Erin", "Frank")
SHANGHAI = ZoneInfo("Asia/Shanghai")


async def move_to_the_hour(clinic: Clinic, hour: int, minute: int = 0) -> None:
    """Let time pass until the site's clock next shows this time."""
    here = clinic.trial.now().astimezone(SHANGHAI)
    then = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    ahead = then - here if then > here else then + timedelta(days=1) - here
    await clinic.advance(seconds=ahead.total_seconds())


async def move_to_saturday_noon(clinic: Clinic) -> None:
    await move_to_the_hour(clinic, 12)
    weekday = clinic.trial.now().astimezone(SHANGHAI).weekday()
    await clinic.advance(days=(5 - weekday) % 7)


async def lose_every_phone_but_bobs(url: str) -> None:
    connection = await owner(url)
    await connection.execute(
        """
        delete from contacts where kind = 'phone'
        and staff_id in (select id from staff where name <> 'Bob')
        """
    )
    await connection.close()


def numbers(**counts: int) -> dict[str, int]:
    return {name: counts.get(name.lower(), 0) for name in EVERYONE if counts.get(name.lower())}


async def test_nobody_answers_and_one_after_the_other_is_rung_then_everyone_every_ten_minutes(
    clinic: Clinic,
) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    seen = [clinic.rung()]
    for _ in range(5):
        await clinic.advance(minutes=10)
        seen.append(clinic.rung())
    assert seen == [
        numbers(bob=1),
        numbers(bob=1, dana=1),
        numbers(bob=1, dana=1, erin=1),
        numbers(bob=1, dana=1, erin=1, frank=1),
        numbers(alice=1, bob=2, dana=2, erin=2, frank=2),
        numbers(alice=2, bob=3, dana=3, erin=3, frank=3),
    ]
    assert (await page_of(caregiver))["status"] == "not-yet-seen"


async def test_over_a_weekend_without_a_new_report_whoever_is_left_is_rung_every_ten_minutes(
    clinic: Clinic, clinic_url: str
) -> None:
    await clinic.move_abroad("Bob")
    await lose_every_phone_but_bobs(clinic_url)
    await move_to_saturday_noon(clinic)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.advance(hours=24, minutes=5)
    assert clinic.trial.now().astimezone(SHANGHAI).strftime("%a %H") == "Sun 12"
    # At 12:00 as the first on call, then every ten minutes: no other step has anybody.
    assert clinic.rung() == numbers(bob=1 + 24 * 6)
    assert len(set(clinic.texts("Bob"))) == 1 + 24 * 6


async def test_a_number_that_has_had_its_four_texts_of_a_day_gets_the_next_when_the_day_is_over(
    clinic: Clinic, clinic_url: str
) -> None:
    """trial.md §4: spent means unreachable by SMS; the operator's alarm goes on meanwhile."""
    await lose_every_phone_but_bobs(clinic_url)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.advance(hours=1)
    # Bob, everyone, everyone again: the last text of the day is kept.
    assert clinic.rung() == numbers(bob=3)
    await clinic.advance(hours=22, minutes=59)
    assert clinic.rung() == numbers(bob=3)
    assert (await clinic.http.get("/health/safety")).status_code == 503
    _, another = await clinic.lin()
    await another.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == numbers(bob=4), "another patient's alert has the text that was kept"
    await clinic.advance(hours=1)
    assert clinic.rung()["Bob"] > 4


async def test_the_operator_is_told_when_everyone_was_rung_in_vain(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.advance(minutes=39)
    assert (await clinic.http.get("/health/safety")).status_code == 200
    await clinic.advance(minutes=1)
    health = await clinic.http.get("/health/safety")
    assert (health.status_code, health.json()["alertsExhausted"]) == (503, 1)
    assert (await clinic.http.get("/health/ready")).status_code == 200
    await take(await clinic.staff("Frank"))
    assert (await clinic.http.get("/health/safety")).status_code == 200


async def test_a_bell_that_no_worker_rings_turns_the_health_red_and_not_the_readiness(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + timedelta(seconds=61))
    health = await clinic.http.get("/health/safety")
    assert (health.status_code, health.json()["messagesPastTheirTime"]) == (503, 1)
    assert (await clinic.http.get("/health/ready")).status_code == 200


async def test_an_acknowledgement_without_a_contact_lapses_after_ten_minutes_and_the_next_person_is_rung(
    clinic: Clinic,
) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    await take(await clinic.staff("Bob"))
    await clinic.advance(minutes=9, seconds=59)
    assert clinic.rung() == numbers(bob=1)
    assert (await page_of(caregiver))["status"] == "seen-by-doctor"
    await clinic.advance(seconds=1)
    assert clinic.rung() == numbers(bob=1, dana=1)
    page = await page_of(caregiver)
    assert "seenAt" not in page
    assert (page["status"], page["goNow"]) == ("delivered", True)
    await clinic.advance(minutes=10)
    assert clinic.rung() == numbers(bob=1, dana=1, erin=1)


async def test_a_recorded_contact_ends_the_ringing(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    bob = await clinic.staff("Bob")
    await take(bob)
    alert = await alert_of(bob)
    body = {"outcome": "spoke-with-caregiver"}
    assert (await bob.post(f"/v1/alerts/{alert['alertId']}/contacts", body)).status_code == 201
    await clinic.advance(days=3)
    assert clinic.rung() == numbers(bob=1)
    page = await page_of(caregiver)
    assert (page["status"], page["goNow"]) == ("contacted", False)


async def test_after_a_contact_the_next_emergency_rings_from_the_first_step(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.advance(minutes=10)
    dana = await clinic.staff("Dana")
    await take(dana)
    alert = await alert_of(dana)
    await dana.post(f"/v1/alerts/{alert['alertId']}/contacts", {"outcome": "in-care"})
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == numbers(bob=2, dana=1)
    assert (await alert_of(dana))["round"] == 2


async def test_the_second_to_take_it_is_told_who_was_first(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    bob, erin = await clinic.staff("Bob"), await clinic.staff("Erin")
    await take(bob)
    alert = await alert_of(erin)
    refused = await erin.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")
    assert (refused.status_code, refused.json()["code"]) == (409, "alert.taken")
    assert "Bob" in refused.text
    again = await bob.post(f"/v1/alerts/{alert['alertId']}/acknowledgements")
    assert (again.status_code, again.json()["acknowledgedBy"]) == (200, "Bob")


async def test_the_coordinator_may_take_it_only_once_she_has_been_rung(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    alice = await clinic.staff("Alice")
    path = f"/v1/alerts/{(await alert_of(alice))['alertId']}/acknowledgements"
    refused = await alice.post(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "access.denied")
    await clinic.advance(minutes=40)
    assert (await alice.post(path)).status_code == 201
    assert (await page_of(caregiver))["status"] == "seen-by-team"


@pytest.mark.parametrize("who", ["Bob", "Alice"])
async def test_a_contact_before_an_acknowledgement_is_refused_and_changes_nothing(
    clinic: Clinic, who: str
) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    person = await clinic.staff(who)
    alert, rows = await alert_of(person), await clinic.everything()
    refused = await person.post(f"/v1/alerts/{alert['alertId']}/contacts", {"outcome": "in-care"})
    assert (refused.status_code, refused.json()["code"]) == (409, "state.conflict")
    assert (await alert_of(person), await clinic.everything()) == (alert, rows)


async def test_an_urgent_report_by_day_waits_two_hours_for_each_person(clinic: Clinic) -> None:
    await move_to_the_hour(clinic, 8)
    _, caregiver = await clinic.lin()
    assert (await caregiver.report(URGENT)).json()["level"] == "urgent"
    await clinic.advance(hours=1, minutes=59)
    assert clinic.rung() == numbers(bob=1)
    await clinic.advance(minutes=2)
    assert clinic.rung() == numbers(bob=1, dana=1)
    await clinic.advance(hours=2)
    assert clinic.rung() == numbers(bob=1, dana=1, erin=1)


async def test_an_urgent_report_at_night_waits_ten_minutes(clinic: Clinic) -> None:
    await move_to_the_hour(clinic, 23)
    _, caregiver = await clinic.lin()
    await caregiver.report(URGENT)
    await clinic.advance(minutes=21)
    assert clinic.rung() == numbers(bob=1, dana=1, erin=1)


async def test_an_urgent_report_of_the_evening_unanswered_at_nightfall_rings_as_at_night(
    clinic: Clinic,
) -> None:
    await move_to_the_hour(clinic, 21, 30)
    _, caregiver = await clinic.lin()
    await caregiver.report(URGENT)
    await move_to_the_hour(clinic, 22, 9)
    assert clinic.rung() == numbers(bob=1)
    await move_to_the_hour(clinic, 22, 31)
    assert clinic.rung() == numbers(bob=1, dana=1, erin=1, frank=1)


async def test_a_worse_report_rings_at_once_and_a_repeat_joins_silently(clinic: Clinic) -> None:
    await move_to_the_hour(clinic, 8)
    _, caregiver = await clinic.lin()
    await caregiver.report(URGENT)
    await clinic.settle()
    await caregiver.report(URGENT)
    await clinic.settle()
    assert clinic.rung() == numbers(bob=1)
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == numbers(bob=2)
    await clinic.advance(minutes=10)
    assert clinic.rung() == numbers(bob=2, dana=1)

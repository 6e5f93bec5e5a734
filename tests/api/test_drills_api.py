"""Who may start a drill and when, what is refused, and how the list goes on."""

import asyncio

import pytest

from domain.people import Role
from tests.support.clinic import Clinic
from tests.support.drills import health, known, plan, start, weekly_at_ten
from tests.support.problems import refused
from tests.support.sites import hire, home, open_site
from tests.support.watch import EMERGENCY


async def test_coordinators_investigators_and_administrators_start_drills_and_nobody_of_another_site(
    clinic: Clinic,
) -> None:
    site, other = await home(clinic), await open_site(clinic, "Elsewhere")
    path = f"/v1/sites/{site.id}/drills"
    answers = {}
    for role in (Role.MONITOR, Role.DATA_MANAGER, Role.ADMINISTRATOR):
        person = (await hire(clinic, f"A {role}", role, site)).person
        answers[role] = (await person.post(path)).status_code
    assert answers == {Role.MONITOR: 403, Role.DATA_MANAGER: 403, Role.ADMINISTRATOR: 201}
    zoe = (await hire(clinic, "Zoe", Role.COORDINATOR, other)).person
    drill_id = (await known(clinic, await clinic.staff("Alice")))[0]["drillId"]
    assert (await zoe.post(path)).status_code == 404
    for lost in (path, f"{path}/{drill_id}", f"/v1/sites/{other.id}/drills/{drill_id}"):
        assert (await zoe.get(lost)).status_code == 404
    assert (await zoe.put(f"/v1/sites/{site.id}/drill-schedule", {})).status_code == 404


async def test_of_two_who_start_one_at_once_one_wins(clinic: Clinic) -> None:
    alice, bob = await clinic.staff("Alice"), await clinic.staff("Bob")
    path = f"/v1/sites/{(await home(clinic)).id}/drills"
    answers = await asyncio.gather(*(each.post(path) for each in (alice, bob, alice, bob)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    assert {each.json().get("code") for each in answers} == {None, "drill.running"}
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


async def test_none_starts_while_a_patient_waits_for_an_answer(clinic: Clinic) -> None:
    bob, (_, caregiver) = await clinic.staff("Bob"), await clinic.lin()
    await caregiver.report(EMERGENCY)
    answer = await bob.post(f"/v1/sites/{(await home(clinic)).id}/drills")
    assert (answer.status_code, answer.json()["code"]) == (409, "drill.alert-unanswered")


async def test_a_drill_is_taken_by_those_it_rings_alone_and_has_no_contact(clinic: Clinic) -> None:
    bob, dana = await clinic.staff("Bob"), await clinic.staff("Dana")
    drill = await start(clinic, bob)
    path = f"/v1/alerts/{drill['alertId']}"
    assert (await dana.post(f"{path}/acknowledgements")).status_code == 403
    assert (await bob.post(f"{path}/acknowledgements")).status_code == 201
    assert (await bob.post(f"{path}/contacts", {"outcome": "in-care"})).status_code == 409
    await clinic.settle()
    assert [each["state"] for each in await known(clinic, bob)] == ["passed"]


@pytest.mark.parametrize(
    "body",
    [
        {"every": "P7D"},
        {"at": "10:00"},
        {"every": "P0D", "at": "10:00"},
        {"every": "P32D", "at": "10:00"},
        {"every": "PT1H", "at": "10:00"},
        {"every": "P7D", "at": "20:00"},
        {"every": "P7D", "at": "07:59"},
        {"every": "P7D", "at": "10:00\n"},
        {"every": "P7D\n", "at": "10:00"},
    ],
)
async def test_a_schedule_that_would_ring_at_night_or_by_the_hour_is_refused(
    clinic: Clinic, body: dict[str, str]
) -> None:
    bob = await clinic.staff("Bob")
    answer = await plan(clinic, bob, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "body.invalid")


async def test_saying_the_same_schedule_again_changes_nothing(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    first = await weekly_at_ten(clinic, bob)
    audited = await clinic.rows("audit_entries")
    assert await weekly_at_ten(clinic, bob) == first
    assert await clinic.rows("audit_entries") == audited


async def test_nobody_overwrites_a_schedule_that_has_changed_meanwhile(clinic: Clinic) -> None:
    bob, alice = await clinic.staff("Bob"), await clinic.staff("Alice")
    path = f"/v1/sites/{(await home(clinic)).id}/drill-schedule"
    held = (await alice.get(path)).headers["etag"]
    planned = await weekly_at_ten(clinic, bob)
    refused(await plan(clinic, alice, {}, held), 412, "precondition.failed")
    refused(await alice.put(path, {}), 428, "precondition.missing")
    read = await alice.get(path)
    assert read.json() == planned
    off = await plan(clinic, alice, {})
    assert (off.json(), off.headers["etag"]) == ({}, held)


async def test_the_list_goes_on_with_the_older_ones(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    made = []
    for _ in range(3):
        made.append(await start(clinic, bob))
        await clinic.advance(hours=24)
    path = f"/v1/sites/{(await home(clinic)).id}/drills"
    first = (await bob.get(f"{path}?limit=2")).json()
    rest = (await bob.get(f"{path}?limit=2&cursor={first['nextCursor']}")).json()
    seen = [each["drillId"] for each in (*first["drills"], *rest["drills"])]
    assert seen == [each["drillId"] for each in reversed(made)]
    assert "nextCursor" not in rest


async def test_a_site_that_is_not_live_can_rehearse_and_turns_no_health_red(clinic: Clinic) -> None:
    site = await open_site(clinic, "Elsewhere", live=False)
    zoe = (await hire(clinic, "Zoe", Role.COORDINATOR, site)).person
    await zoe.post(f"/v1/sites/{site.id}/drills")
    await clinic.settle()
    (shown,) = (await zoe.get("/v1/sites")).json()["sites"]
    assert shown["safeToRelyOn"] is False
    assert await health(clinic) == (200, 0)


async def test_a_drill_nobody_was_told_of_is_no_patient_nobody_was_told_of(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    clinic.fault("refuse", code=20003)
    await start(clinic, bob)
    await clinic.advance(minutes=5)
    answer = await clinic.http.get("/health/safety")
    assert (answer.status_code, answer.json()["alertsNobodyWasToldOf"]) == (200, 0)

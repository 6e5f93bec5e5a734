"""A site says whom its alerts ring; what rings already goes on as it began (issue 5: policy per site)."""

from typing import Any

import pytest

from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person
from tests.support.watch import EMERGENCY, alert_of

Json = Any

LEADER = {"target": "principal-investigator", "wait": "PT10M", "channels": ["sms"]}


async def path_of(person: Person) -> str:
    site = (await person.get("/v1/sites")).json()["sites"][0]["siteId"]
    return f"/v1/sites/{site}/escalation-policy"


def policy(*day: Json) -> Json:
    courses = {"day": [*day, LEADER], "night": [*day, LEADER]}
    return {"emergency": courses, "urgent": courses}


def erin_first(erins_id: str, wait: str = "PT5M") -> Json:
    return {"target": f"staff-{erins_id}", "wait": wait, "channels": ["sms"]}


async def id_of(clinic: Clinic, name: str) -> str:
    async with transaction(clinic.trial.pool) as connection:
        return str(await connection.fetchval("select id from staff where name = $1", name))


async def replace(person: Person, body: Json, tag: str | None = None) -> Any:
    path = await path_of(person)
    etag = tag or (await person.get(path)).headers["etag"]
    return await person.call("PUT", path, body, headers={"If-Match": etag})


async def test_a_site_without_a_policy_of_its_own_follows_the_protocols(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    body = (await alice.get(await path_of(alice))).json()
    assert (body["version"], "since" in body) == (0, False)
    assert [step["target"] for step in body["emergency"]["day"]] == [
        "on-call-1",
        "on-call-2",
        "on-call-3",
        "principal-investigator",
    ]
    assert {step["wait"] for step in body["urgent"]["night"]} == {"PT600S"}


async def test_erin_is_rung_first_and_frank_five_minutes_later(clinic: Clinic) -> None:
    frank = await clinic.staff("Frank")
    changed = await replace(frank, policy(erin_first(await id_of(clinic, "Erin"))))
    assert (changed.status_code, changed.json()["version"]) == (200, 1)
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == {"Erin": 1}
    await clinic.advance(minutes=5)
    assert clinic.rung() == {"Erin": 1, "Frank": 1}


async def test_what_rings_already_goes_on_as_it_began(clinic: Clinic) -> None:
    frank = await clinic.staff("Frank")
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    await replace(frank, policy(erin_first(await id_of(clinic, "Erin"))))
    await clinic.advance(minutes=10)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}


async def test_a_policy_that_waits_too_long_or_rings_a_stranger_is_refused_with_its_places(
    clinic: Clinic,
) -> None:
    frank = await clinic.staff("Frank")
    slow = erin_first(await id_of(clinic, "Erin"), wait="PT11M")
    stranger = erin_first("00000000-0000-0000-0000-000000000009")
    refused = await replace(frank, policy(slow, stranger))
    assert (refused.status_code, refused.json()["code"]) == (422, "body.invalid")
    places = {fault["pointer"] for fault in refused.json()["errors"]}
    assert {"/emergency/day/0/wait", "/emergency/day/1/target", "/urgent/night/0/wait"} <= places
    assert (await frank.get(await path_of(frank))).json()["version"] == 0


async def test_two_who_change_it_at_once_do_not_undo_each_other(clinic: Clinic) -> None:
    frank, bob = await clinic.staff("Frank"), await clinic.staff("Bob")
    tag = (await bob.get(await path_of(bob))).headers["etag"]
    await replace(frank, policy(erin_first(await id_of(clinic, "Erin"))))
    late = await replace(bob, policy(), tag)
    assert (late.status_code, late.json()["code"]) == (412, "precondition.failed")


async def test_whoever_has_changed_it_can_change_it_again_without_reading_it(clinic: Clinic) -> None:
    frank = await clinic.staff("Frank")
    first = await replace(frank, policy(erin_first(await id_of(clinic, "Erin"))))
    assert first.headers["etag"] == (await frank.get(await path_of(frank))).headers["etag"]
    assert (await replace(frank, policy(), first.headers["etag"])).status_code == 200


@pytest.mark.parametrize("who", ["Alice"])
async def test_a_coordinator_reads_it_and_does_not_change_it(clinic: Clinic, who: str) -> None:
    person = await clinic.staff(who)
    refused = await replace(person, policy())
    assert (refused.status_code, refused.json()["code"]) == (403, "access.denied")


async def test_the_record_says_which_version_an_alert_followed(clinic: Clinic) -> None:
    frank = await clinic.staff("Frank")
    await replace(frank, policy(erin_first(await id_of(clinic, "Erin"))))
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    alert_id = (await alert_of(frank))["alertId"]
    async with transaction(clinic.trial.pool) as connection:
        climb = await connection.fetchval("select climb from alerts where id = $1", alert_id)
    assert climb["policy"] == 1

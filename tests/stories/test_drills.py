"""A drill rings the next shift as an alert would; what came of it says whether the site can be relied on."""

import json
from typing import Any

from tests.support.clinic import Clinic, Person
from tests.support.sites import home
from tests.support.watch import EMERGENCY

Json = Any


async def start(clinic: Clinic, person: Person) -> Json:
    """Start a drill at the site of the cast, and let its pages go out."""
    answer = await person.post(f"/v1/sites/{(await home(clinic)).id}/drills")
    assert answer.status_code == 201, answer.text
    await clinic.settle()
    return answer.json()


async def read(person: Person, drill: Json) -> Json:
    """A drill as it stands."""
    answer = await person.get(f"/v1/sites/{drill['siteId']}/drills/{drill['drillId']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def take(person: Person, drill: Json) -> None:
    """Acknowledge the alert of a drill, and let the worker see it."""
    answer = await person.post(f"/v1/alerts/{drill['alertId']}/acknowledgements")
    assert answer.status_code == 201, answer.text
    await person.clinic.settle()


async def site_of(person: Person) -> Json:
    """The site of the cast as its staff see it."""
    return (await person.get("/v1/sites")).json()["sites"][0]


async def health(clinic: Clinic) -> tuple[int, int]:
    """The status of the safety answer, and how many sites it counts as not safe."""
    answer = await clinic.http.get("/health/safety")
    return answer.status_code, answer.json()["sitesNotSafe"]


async def test_a_drill_rings_the_next_shifts_phone_marked_as_a_drill_and_nobody_elses(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    drill = await start(clinic, alice)
    assert clinic.rung() == {"Bob": 1}
    assert "演练" in clinic.texts("Bob")[0]
    assert (drill["rings"], drill["state"], drill["askedBy"]) == (["Bob"], "running", "Alice")
    shown = (await alice.get("/v1/alerts")).json()["alerts"][0]
    assert (shown["drill"], shown["alertId"], "participantId" in shown) == (True, drill["alertId"], False)


async def test_taken_in_time_it_is_passed_and_asks_for_nothing_more(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    drill = await start(clinic, bob)
    await clinic.advance(minutes=14)
    await take(bob, drill)
    seen = await read(bob, drill)
    assert (seen["state"], seen["acknowledgedBy"], "why" in seen) == ("passed", "Bob", False)
    assert seen["messages"][0]["state"] == "delivered"
    assert {"firstAcceptedAt", "firstDeliveredAt", "acknowledgedAt", "endedAt"} <= seen.keys()
    await clinic.advance(hours=2)
    assert clinic.rung() == {"Bob": 1}
    assert (await site_of(bob))["safeToRelyOn"] is True
    assert await health(clinic) == (200, 0)


async def test_unanswered_for_a_quarter_of_an_hour_the_site_is_not_safe_until_one_is_passed(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    drill = await start(clinic, bob)
    await clinic.advance(minutes=14, seconds=59)
    assert (await read(bob, drill))["state"] == "running"
    await clinic.advance(seconds=1)
    seen = await read(bob, drill)
    assert (seen["state"], seen["why"]) == ("failed", "not-acknowledged")
    assert clinic.rung() == {"Bob": 1}
    site = await site_of(bob)
    assert (site["safeToRelyOn"], site["unsafeSince"]) == (False, seen["endedAt"])
    assert await health(clinic) == (503, 1)
    tasks = (await bob.get("/v1/tasks")).json()["tasks"]
    assert [(each["kind"], each["aboutId"]) for each in tasks] == [("drill-failed", drill["drillId"])]

    await clinic.advance(hours=24)
    again = await start(clinic, bob)
    await take(bob, again)
    assert (await read(bob, again))["state"] == "passed"
    assert "unsafeSince" not in await site_of(bob)


async def test_a_real_emergency_rings_as_ever_during_a_drill_and_has_all_its_texts(clinic: Clinic) -> None:
    bob, (_, caregiver) = await clinic.staff("Bob"), await clinic.lin()
    drill = await start(clinic, bob)
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 2}
    for _ in range(5):
        await clinic.advance(minutes=10)
    # The drill's text was none of the three that are kept for emergencies.
    texts = clinic.texts("Bob")
    assert ["演练" in each for each in texts] == [True, False, False, False]
    assert (await read(bob, drill))["why"] == "not-acknowledged"
    assert json.dumps((await caregiver.get("/v1/me/reports")).json()).count(drill["alertId"]) == 0

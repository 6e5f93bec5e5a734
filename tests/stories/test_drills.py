"""A drill rings the next shift as an alert would; what came of it says whether the site can be relied on."""

import json

from domain.records import audit
from domain.records.rows import snapshot
from tests.support.clinic import Clinic, owner
from tests.support.drills import health, read, relieve_bob, site_of, start, take_drill
from tests.support.watch import EMERGENCY


async def speak_english(url: str, name: str) -> None:
    connection = await owner(url)
    await connection.execute("update staff set language = 'en' where name = $1", name)
    await connection.close()


async def test_a_drill_rings_the_next_shifts_phone_and_nobody_elses_marked_as_a_drill_in_both_languages(
    clinic: Clinic, clinic_url: str
) -> None:
    alice = await clinic.staff("Alice")
    await relieve_bob(clinic, "Dana", hours=8)
    await relieve_bob(clinic, "Erin", hours=8)
    await speak_english(clinic_url, "Erin")
    drill = await start(clinic, alice)
    assert clinic.rung() == {"Dana": 1, "Erin": 1}
    assert "演练，并非真实情况" in clinic.texts("Dana")[0]  # noqa: RUF001 - a Chinese sentence has a Chinese comma
    assert "DRILL, nobody is waiting" in clinic.texts("Erin")[0]
    assert (set(drill["rings"]), drill["state"], drill["askedBy"]) == ({"Dana", "Erin"}, "running", "Alice")
    shown = (await alice.get("/v1/alerts")).json()["alerts"][0]
    assert (shown["drill"], shown["alertId"], "participantId" in shown) == (True, drill["alertId"], False)


async def test_taken_in_time_it_is_passed_and_asks_for_nothing_more(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    drill = await start(clinic, bob)
    await clinic.advance(minutes=14)
    await take_drill(bob, drill)
    seen = await read(bob, drill)
    assert (seen["state"], seen["acknowledgedBy"], "why" in seen) == ("passed", "Bob", False)
    assert seen["messages"][0]["state"] == "delivered"
    assert {"firstAcceptedAt", "firstDeliveredAt", "acknowledgedAt", "endedAt"} <= seen.keys()
    await clinic.advance(hours=2)
    assert clinic.rung() == {"Bob": 1}
    assert (await site_of(bob))["safeToRelyOn"] is True
    assert await health(clinic) == (200, 0)


async def test_unanswered_for_a_quarter_of_an_hour_the_site_is_not_safe_until_one_is_passed(
    clinic: Clinic,
) -> None:
    bob = await clinic.staff("Bob")
    drill = await start(clinic, bob)
    await clinic.advance(minutes=14)
    assert (await read(bob, drill))["state"] == "running"
    await clinic.advance(minutes=1)
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
    await take_drill(bob, again)
    assert (await read(bob, again))["state"] == "passed"
    assert "unsafeSince" not in await site_of(bob)
    assert (await health(clinic))[1] == 0


async def test_a_real_emergency_rings_as_ever_during_a_drill_and_has_all_its_texts(clinic: Clinic) -> None:
    bob, (_, caregiver) = await clinic.staff("Bob"), await clinic.lin()
    drill = await start(clinic, bob)
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 2}
    for _ in range(5):
        await clinic.advance(minutes=10)
    assert (await read(bob, drill))["why"] == "not-acknowledged"
    _, another = await clinic.lin()
    await another.report(EMERGENCY)
    await clinic.settle()
    # The drill's text was none of the three that are kept for emergencies.
    assert ["演练" in each for each in clinic.texts("Bob")] == [True, False, False, False]


async def test_taking_the_emergency_takes_no_drill_and_taking_the_drill_no_emergency(clinic: Clinic) -> None:
    bob, (_, caregiver) = await clinic.staff("Bob"), await clinic.lin()
    drill = await start(clinic, bob)
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    await take_drill(bob, drill)
    alerts = (await bob.get("/v1/alerts")).json()["alerts"]
    assert {(each["drill"], each["state"]) for each in alerts} == {(False, "open"), (True, "resolved")}
    await clinic.advance(minutes=10)
    assert clinic.rung() == {"Bob": 2, "Dana": 1}


async def test_the_provider_is_down_and_the_drill_says_so(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    clinic.fault("refuse", code=20003)
    drill = await start(clinic, bob)
    await clinic.advance(minutes=15)
    assert clinic.rung() == {}
    assert (await read(bob, drill))["why"] == "not-delivered"


async def test_whoever_looks_at_the_work_list_has_not_heard_the_phone(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    clinic.fault("undelivered", "Bob", code=30005)
    drill = await start(clinic, bob)
    await take_drill(bob, drill)
    assert (await read(bob, drill))["state"] == "running"
    await clinic.advance(minutes=15)
    seen = await read(bob, drill)
    assert (seen["state"], seen["why"], seen["acknowledgedBy"]) == ("failed", "not-delivered", "Bob")


async def test_when_only_what_is_kept_for_emergencies_is_left_a_drill_proves_nothing_and_is_refused_for_today(
    clinic: Clinic,
) -> None:
    bob = await clinic.staff("Bob")
    first = await start(clinic, bob)
    await take_drill(bob, first)
    again = await bob.post(f"/v1/sites/{first['siteId']}/drills")
    assert (again.status_code, again.json()["code"]) == (409, "drill.texts-spent")
    assert clinic.rung() == {"Bob": 1}
    assert (await site_of(bob))["safeToRelyOn"] is True
    await clinic.advance(hours=24)
    await take_drill(bob, await start(clinic, bob))
    assert clinic.rung() == {"Bob": 2}


async def test_a_shift_without_a_number_that_works_has_no_way_left(clinic: Clinic, clinic_url: str) -> None:
    connection = await owner(clinic_url)
    await connection.execute(
        "update contacts set unusable_since = now() where staff_id = (select id from staff where name = 'Bob')"
    )
    await connection.close()
    bob = await clinic.staff("Bob")
    seen = await read(bob, await start(clinic, bob))
    assert (seen["state"], seen["why"], seen["messages"]) == ("failed", "no-way-left", [])
    assert clinic.rung() == {}
    assert (await site_of(bob))["safeToRelyOn"] is False


async def test_nobody_on_call_is_found_out_at_once(clinic: Clinic, clinic_url: str) -> None:
    connection = await owner(clinic_url)
    await connection.execute("delete from on_call_shifts where tier = 1")
    await connection.close()
    bob = await clinic.staff("Bob")
    seen = await read(bob, await start(clinic, bob))
    assert (seen["state"], seen["why"], seen["rings"]) == ("failed", "nobody-on-call", [])
    assert clinic.rung() == {}


async def test_a_participants_app_sees_no_drill(clinic: Clinic) -> None:
    bob, (lin, caregiver) = await clinic.staff("Bob"), await clinic.lin()
    await caregiver.report({"free-text": "a little tired"})
    before = [(await each.get(path)).json() for each in (lin, caregiver) for path in ("/v1/me/reports",)]
    drill = await start(clinic, bob)
    assert [
        (await each.get(path)).json() for each in (lin, caregiver) for path in ("/v1/me/reports",)
    ] == before
    for path in (f"/v1/alerts/{drill['alertId']}", f"/v1/sites/{drill['siteId']}/drills"):
        assert (await lin.get(path)).status_code == 401
    assert drill["alertId"] not in json.dumps(before)


async def test_every_step_of_a_drill_is_in_the_audit_trail(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    await take_drill(bob, await start(clinic, bob))
    await clinic.advance(hours=24)
    await start(clinic, bob)
    await clinic.advance(minutes=15)
    async with snapshot(clinic.trial.pool) as connection:
        _, broken = await audit.verify(connection)
        rows = await connection.fetch(
            """
            select action from audit_entries where action like 'drill.%' or action = 'alert.acknowledge'
            order by at, chain, position
            """
        )
    assert broken == ()
    assert [row["action"] for row in rows] == [
        "drill.start",
        "alert.acknowledge",
        "drill.pass",
        "drill.start",
        "drill.fail",
    ]

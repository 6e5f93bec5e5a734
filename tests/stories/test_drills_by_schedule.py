"""A drill that runs by itself: every week at ten, never at night, never while somebody waits."""

from datetime import timedelta

from tests.support.clinic import Clinic
from tests.support.drills import SHANGHAI, known, move_to, plan, read, take_drill, weekly_at_ten
from tests.support.watch import EMERGENCY, take


def hour(clinic: Clinic, shown: str) -> str:
    """An instant of an answer, as the site's clock shows it."""
    then = clinic.trial.now().fromisoformat(shown)
    return then.astimezone(SHANGHAI).strftime("%H:%M")


async def test_every_week_at_ten_one_runs_by_itself(clinic: Clinic) -> None:
    await move_to(clinic, 9)
    bob = await clinic.staff("Bob")
    planned = await weekly_at_ten(clinic, bob)
    assert (planned["every"], planned["at"], hour(clinic, planned["nextAt"])) == ("P7D", "10:00", "10:00")
    await clinic.advance(minutes=59)
    assert await known(clinic, bob) == []
    await clinic.advance(minutes=1)
    (first,) = await known(clinic, bob)
    assert (first["state"], first["rings"], "askedBy" in first) == ("running", ["Bob"], False)
    assert clinic.rung() == {"Bob": 1}
    await take_drill(bob, first)
    await clinic.advance(days=6, hours=23)
    assert len(await known(clinic, bob)) == 1
    await clinic.advance(hours=1)
    second, _ = await known(clinic, bob)
    assert hour(clinic, second["startedAt"]) == "10:00"
    assert (await read(bob, first))["state"] == "passed"


async def test_one_that_is_due_waits_while_somebody_waits_for_an_answer(clinic: Clinic) -> None:
    await move_to(clinic, 9, 55)
    bob, (_, caregiver) = await clinic.staff("Bob"), await clinic.lin()
    await weekly_at_ten(clinic, bob)
    assert (await caregiver.report(EMERGENCY)).status_code == 201
    await clinic.advance(minutes=64)
    assert await known(clinic, bob) == []
    await take(bob)
    await bob.post(
        f"/v1/alerts/{(await bob.get('/v1/alerts')).json()['alerts'][0]['alertId']}/contacts",
        {"outcome": "in-care"},
    )
    await clinic.advance(minutes=2)
    (drill,) = await known(clinic, bob)
    assert hour(clinic, drill["startedAt"]) == "11:00"


async def test_workers_that_come_back_at_night_ring_nobody_out_of_bed(clinic: Clinic) -> None:
    await move_to(clinic, 9)
    bob = await clinic.staff("Bob")
    await weekly_at_ten(clinic, bob)
    # No worker works from nine in the morning until eleven at night.
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + timedelta(hours=14))
    await clinic.settle()
    assert (await known(clinic, bob), clinic.rung()) == ([], {})
    await clinic.advance(hours=11)
    (drill,) = await known(clinic, bob)
    assert hour(clinic, drill["startedAt"]) == "10:00"


async def test_a_schedule_that_is_taken_away_rings_nobody_any_more(clinic: Clinic) -> None:
    await move_to(clinic, 9)
    bob = await clinic.staff("Bob")
    planned = await weekly_at_ten(clinic, bob)
    site_id = (await bob.get("/v1/sites")).json()["sites"][0]["siteId"]
    assert (await bob.get(f"/v1/sites/{site_id}/drill-schedule")).json() == planned
    assert (await plan(clinic, bob, {})).json() == {}
    await clinic.advance(days=8)
    assert (await known(clinic, bob), clinic.rung()) == ([], {})

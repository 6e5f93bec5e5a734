"""Who is rung follows the rota as it is now, and whoever keeps it hears of a hole before the night of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.seed import member
from domain.people import ContactKind
from domain.records.rows import transaction
from notifications import worker
from tests.support.clinic import Clinic, Person, owner
from tests.support.sites import home, open_site
from tests.support.watch import EMERGENCY, alert_of, take
from tests.support.year import SHANGHAI, until_clock

Json = Any


async def rota_path(clinic: Clinic, more: str = "on-call") -> str:
    return f"/v1/sites/{(await home(clinic)).id}/{more}"


async def ids(alice: Person) -> dict[str, str]:
    listed = (await alice.get(await rota_path(alice.clinic, "staff"))).json()["staff"]
    return {each["name"]: each["staffId"] for each in listed}


async def shifts(alice: Person) -> list[Json]:
    rows: list[Json] = (await alice.get(await rota_path(alice.clinic))).json()["shifts"]
    return rows


async def put(alice: Person, *rows: Json) -> None:
    path = await rota_path(alice.clinic)
    etag = (await alice.get(path)).headers["etag"]
    answer = await alice.call("PUT", path, {"shifts": rows}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def row(
    alice: Person, name: str, begins: datetime, hours: float, tier: int = 1, **more: str
) -> dict[str, Json]:
    ends = begins + timedelta(hours=hours)
    who = (await ids(alice))[name]
    return {"staffId": who, "tier": tier, "startsAt": begins.isoformat(), "endsAt": ends.isoformat(), **more}


async def tasks(alice: Person) -> list[Json]:
    """The open tasks about coverage."""
    listed = (await alice.get("/v1/tasks")).json()["tasks"]
    return [each for each in listed if each["kind"] == "coverage"]


async def report(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()


async def night(clinic: Clinic) -> datetime:
    """Tonight at ten, at the site."""
    now = clinic.trial.now().astimezone(SHANGHAI)
    tonight = now.replace(hour=22, minute=0, second=0, microsecond=0)
    return tonight if tonight > now else tonight + timedelta(days=1)


async def test_dana_takes_bobs_night_over_and_her_phone_rings_instead_of_his(clinic: Clinic) -> None:
    await clinic.move_abroad("Bob", "Dana")
    alice = await clinic.staff("Alice")
    begins = await night(clinic)
    draft = await row(alice, "Dana", begins, 10, reason="at a congress")
    answer = await alice.post(await rota_path(clinic, "on-call/overrides"), draft)
    assert answer.status_code == 201, answer.text
    await until_clock(clinic, begins.date(), 23)
    await report(clinic)
    assert clinic.rung() == {"Dana": 1}
    dana = await clinic.staff("Dana")
    await take(dana)
    path = f"/v1/alerts/{(await alert_of(dana))['alertId']}/contacts"
    assert (await dana.post(path, {"outcome": "in-care"})).status_code == 201
    await until_clock(clinic, (begins + timedelta(days=1)).date(), 12)
    await report(clinic)
    assert clinic.rung() == {"Bob": 1, "Dana": 1}


async def test_two_shifts_are_swapped_and_erin_is_rung_in_bobs_place(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    rows = await shifts(alice)
    bobs, erins = (next(each for each in rows if each["tier"] == tier) for tier in (1, 3))
    body = {"shiftId": bobs["shiftId"], "otherShiftId": erins["shiftId"], "reason": "both asked"}
    answer = await alice.post(await rota_path(clinic, "on-call/swaps"), body)
    assert answer.status_code == 201, answer.text
    await report(clinic)
    assert clinic.rung() == {"Erin": 1}
    await clinic.advance(minutes=20)
    assert clinic.rung() == {"Bob": 1, "Dana": 1, "Erin": 1}


async def test_whoever_is_taken_off_the_rota_while_on_call_is_rung_no_more(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    now = clinic.trial.now()
    await put(alice, await row(alice, "Erin", now, 40), await row(alice, "Dana", now, 40, 2))
    await report(clinic)
    assert clinic.rung() == {"Erin": 1}


async def test_a_hole_in_next_weeks_rota_is_told_at_once_and_only_once(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    await clinic.settle()
    assert await tasks(alice) == []
    begins = clinic.trial.now()
    rows = [await row(alice, "Bob", begins, 7 * 24)]
    rows += [await row(alice, name, begins, 390 * 24, tier) for name, tier in (("Dana", 2), ("Erin", 3))]
    await put(alice, *rows)
    await clinic.settle()
    (task,) = await tasks(alice)
    assert task["aboutId"] == task["siteId"]
    assert "participantId" not in task
    assert datetime.fromisoformat(task["dueAt"]) - datetime.fromisoformat(task["createdAt"]) == timedelta(
        days=1
    )
    await clinic.advance(days=3)
    assert [each["taskId"] for each in await tasks(alice)] == [task["taskId"]]
    # It is closed without being mended: the next morning tells of it again.
    await alice.post(f"/v1/tasks/{task['taskId']}/resolution")
    await clinic.advance(days=1)
    (again,) = await tasks(alice)
    assert again["taskId"] != task["taskId"]


async def test_a_hole_that_comes_into_view_is_told_in_the_morning_two_weeks_before(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    begins = (await night(clinic)).replace(hour=7) + timedelta(days=1)
    ends = begins + timedelta(days=16)
    rows = [
        await row(alice, name, clinic.trial.now(), (ends - clinic.trial.now()).total_seconds() / 3600, tier)
        for name, tier in (("Bob", 1), ("Dana", 2), ("Erin", 3))
    ]
    await put(alice, *rows)
    await clinic.settle()
    assert await tasks(alice) == []
    day = (ends - timedelta(days=14)).date()
    await until_clock(clinic, day, 8, 59)
    assert await tasks(alice) == []
    await until_clock(clinic, day, 9)
    assert len(await tasks(alice)) == 1


async def test_a_hole_of_tonight_is_due_at_once(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    await put(alice)
    await clinic.settle()
    (task,) = await tasks(alice)
    assert task["dueAt"] == task["createdAt"]


async def test_a_rota_that_is_whole_again_leaves_its_task_to_whoever_mended_it(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    before = await shifts(alice)
    fields = ("staffId", "tier", "startsAt", "endsAt")
    await put(alice)
    await clinic.settle()
    (task,) = await tasks(alice)
    now = clinic.trial.now().isoformat()
    await put(alice, *({**{name: each[name] for name in fields}, "startsAt": now} for each in before))
    await clinic.settle()
    assert (await alice.get(await rota_path(clinic, "coverage"))).json()["isCovered"]
    assert await tasks(alice) == [task]


async def test_a_person_whose_number_said_stop_is_skipped_at_once_and_the_coordinator_has_a_task(
    clinic: Clinic,
) -> None:
    alice = await clinic.staff("Alice")
    bob = (await ids(alice))["Bob"]
    clinic.fault("refuse", "Bob", code=21610)
    await report(clinic)
    assert clinic.rung() == {"Dana": 1}
    clinic.emulator.script()
    (task,) = await tasks(alice)
    assert task["aboutId"] == bob
    await report(clinic)
    assert clinic.rung() == {"Dana": 2}
    findings = (await alice.get(await rota_path(clinic, "coverage"))).json()["findings"]
    assert [(each["kind"], each["staffName"]) for each in findings] == [("dead-number", "Bob")]


async def test_two_people_with_one_phone_are_told_before_it_is_rung_twice_for_nothing(
    clinic: Clinic, clinic_url: str
) -> None:
    connection = await owner(clinic_url)
    await connection.execute(
        """
        update contacts set blind_index = $1 where kind = 'phone'
        and staff_id in (select id from staff where name in ('Bob', 'Dana'))
        """,
        clinic.trial.vault.index(ContactKind.PHONE, member("Bob").phone),
    )
    await connection.close()
    alice = await clinic.staff("Alice")
    found = (await alice.get(await rota_path(clinic, "coverage"))).json()
    assert [(each["kind"], each["staffName"], each["tier"]) for each in found["findings"]] == [
        ("shared-number", "Bob", 1),
        ("shared-number", "Dana", 2),
    ]


async def test_the_trail_says_who_changed_the_rota_and_why(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    draft = await row(alice, "Dana", await night(clinic), 10, reason="at a congress")
    await alice.post(await rota_path(clinic, "on-call/overrides"), draft)
    await put(alice)
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select action, convert_from(body, 'utf8')::jsonb ->> 'reason' as reason from audit_entries"
            " where action like 'rota.%' order by position"
        )
    assert [tuple(each) for each in found] == [("rota.override", "at a congress"), ("rota.replace", None)]


async def test_a_site_that_makes_trouble_keeps_no_other_from_its_warning(
    clinic: Clinic, clinic_url: str
) -> None:
    alice = await clinic.staff("Alice")
    await clinic.settle()
    broken = await open_site(clinic, "Tongji")
    connection = await owner(clinic_url)
    await connection.execute(
        "update sites set time_zone = 'Nowhere', coverage_due_at = '2020-01-01Z' where id = $1", broken.id
    )
    await connection.close()
    await put(alice)
    await worker.drain(clinic.demo.sandbox.worker)
    assert len(await tasks(alice)) == 1


@pytest.mark.parametrize("live", [True, False])
async def test_only_sites_that_are_live_are_warned(clinic: Clinic, clinic_url: str, live: bool) -> None:
    if not live:
        connection = await owner(clinic_url)
        await connection.execute("update sites set live_since = null, coverage_due_at = null")
        await connection.close()
    alice = await clinic.staff("Alice")
    await put(alice)
    await clinic.advance(days=2)
    # What begins soon is told anew each day; how many mornings lie in two days depends on the hour of the first.
    assert len(await tasks(alice)) in ({2, 3} if live else {0})

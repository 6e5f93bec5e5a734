"""The days on which a site is closed: said as a whole, kept in order, and seen wherever a visit falls on one."""

from datetime import date, timedelta

import httpx
import pytest

from domain.people import Role, Site
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import enrolled, plan_of
from tests.support.problems import pointers, refused
from tests.support.sites import close_on, hire, home, open_site
from tests.support.year import days, record_visit, today


def path_of(site: Site) -> str:
    return f"/v1/sites/{site.id}/holidays"


async def close(staff: Person, site: Site, *on: date | str) -> httpx.Response:
    return await close_on(staff, site.id, *on)


@pytest.fixture
async def site(dawn: Clinic, request: pytest.FixtureRequest) -> Site:
    """A site of this test's own."""
    return await open_site(dawn, f"Site of {request.node.name}")


@pytest.fixture
async def nurse(dawn: Clinic, site: Site) -> Person:
    return (await hire(dawn, f"N{site.id.hex[:12]}", Role.COORDINATOR, site)).person


async def audited(clinic: Clinic, site: Site) -> list[Json]:
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select action from audit_entries where site_id = $1 and action like 'holiday.%'", site.id
        )
    return [row["action"] for row in found]


async def test_a_site_is_open_every_day_until_somebody_says_otherwise(nurse: Person, site: Site) -> None:
    assert (await nurse.get(path_of(site))).json() == {"days": []}


async def test_the_days_are_kept_in_order_and_each_once(dawn: Clinic, nurse: Person, site: Site) -> None:
    answer = await close(nurse, site, "2026-10-03", "2026-10-01", "2026-10-03", "2025-12-31", "2026-10-02")
    ordered = {"days": ["2025-12-31", "2026-10-01", "2026-10-02", "2026-10-03"]}
    assert (answer.status_code, answer.json()) == (200, ordered)
    assert (await nurse.get(path_of(site))).json() == ordered
    assert await audited(dawn, site) == ["holiday.replace"]


async def test_what_is_said_replaces_what_was_said_before(dawn: Clinic, nurse: Person, site: Site) -> None:
    await close(nurse, site, "2026-10-01", "2026-10-02")
    assert (await close(nurse, site, "2026-10-02")).json() == {"days": ["2026-10-02"]}
    assert (await close(nurse, site)).json() == {"days": []}
    assert len(await audited(dawn, site)) == 3


async def test_to_say_the_same_again_leaves_no_trace(dawn: Clinic, nurse: Person, site: Site) -> None:
    await close(nurse, site, "2026-10-01", "2026-10-02")
    before = await dawn.everything()
    again = await close(nurse, site, "2026-10-02", "2026-10-01", "2026-10-01")
    assert again.status_code == 200
    assert await dawn.everything() == before


async def test_whoever_holds_the_days_is_spared_them(nurse: Person, site: Site) -> None:
    etag = (await nurse.get(path_of(site))).headers["etag"]
    assert (await nurse.get(path_of(site), **{"If-None-Match": etag})).status_code == 304
    await close(nurse, site, "2026-10-01")
    assert (await nurse.get(path_of(site), **{"If-None-Match": etag})).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/days"),
        ({"days": None}, "/days"),
        ({"days": "2026-10-01"}, "/days"),
        ({"days": ["2026-02-30"]}, "/days/0"),
        ({"days": ["2026-10-01", "National Day"]}, "/days/1"),
        ({"days": ["2026-10-01T00:00:00Z"]}, "/days/0"),
        ({"days": [20261001]}, "/days/0"),
        ({"days": ["2026-10-01"] * 367}, "/days"),
        ({"days": [], "name": "zhangsan"}, ""),
    ],
)
async def test_what_are_no_days_is_refused_with_a_pointer(
    nurse: Person, site: Site, body: Json, pointer: str
) -> None:
    answer = await nurse.call("PUT", path_of(site), body, headers={"If-Match": "*"})
    problem = refused(answer, 422, "body.invalid")
    assert pointers(problem) == [pointer]
    assert "zhangsan" not in str(problem)
    assert (await nurse.get(path_of(site))).json() == {"days": []}


async def test_a_whole_leap_year_can_be_closed(nurse: Person, site: Site) -> None:
    first = date(2028, 1, 1)
    year = [first + timedelta(days=each) for each in range(366)]
    assert len((await close(nurse, site, *year)).json()["days"]) == 366


async def test_a_monitor_reads_the_days_and_says_none(dawn: Clinic, nurse: Person, site: Site) -> None:
    await close(nurse, site, "2026-10-01")
    mona = (await hire(dawn, "Mona", Role.MONITOR, site)).person
    refused(await close(mona, site), 403, "access.denied")
    assert (await mona.get(path_of(site))).json() == {"days": ["2026-10-01"]}


async def test_nobody_of_another_site_reads_or_says_any(dawn: Clinic, nurse: Person) -> None:
    elsewhere = await home(dawn)
    refused(await nurse.get(path_of(elsewhere)), 404, "not-found")
    refused(await close(nurse, elsewhere, "2026-10-01"), 404, "not-found")
    lin, _ = await dawn.lin()
    refused(await close(lin, elsewhere, "2026-10-01"), 401, "token.refused")
    assert await audited(dawn, elsewhere) == []


async def test_a_visit_that_falls_on_a_closed_day_is_marked_wherever_the_site_sees_it(
    dawn: Clinic, nurse: Person, site: Site
) -> None:
    lin = await enrolled(nurse, site, f"HO-{site.id.hex[:8].upper()}", today(dawn) - days(1))

    async def marked() -> list[tuple[str, int]]:
        listed = (await nurse.get(f"/v1/sites/{site.id}/schedule?days=60")).json()["occasions"]
        plan = (await plan_of(nurse, lin))["occasions"]
        found = [
            [(each["kind"], each["week"]) for each in all_ if each["onHoliday"]] for all_ in (listed, plan)
        ]
        assert found[0] == found[1]
        return found[0]

    assert await marked() == []
    target = today(dawn) + days(6)
    await close(nurse, site, target, target + days(1))
    assert await marked() == [("visit", 1), ("check-in", 1)]
    moved = await record_visit(
        nurse, lin, 1, action="reschedule", targetDate=str(target + days(1)), reason="closed"
    )
    assert moved["onHoliday"]
    moved = await record_visit(
        nurse, lin, 1, action="reschedule", targetDate=str(target + days(2)), reason="closed then too"
    )
    assert not moved["onHoliday"]
    assert await marked() == [("check-in", 1)]

"""A database that is there and says nothing: whoever waits is told in time, and nothing is left by halves."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from domain.records import rows
from domain.records.rows import APP_ROLE, open_pool
from tests.support.clinic import Clinic, Person, owner
from tests.support.nodes import at_another_node
from tests.support.problems import refused
from tests.support.still_road import StillRoad, Way, still_road

BLEEDING: dict[str, str | float] = {"black-stool": "yes"}
NOT_TOLD = "The clinic has NOT been told. Go now, call 120."


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a node give up soon, for it will have to often."""
    for name in ("COMMAND_SECONDS", "ACQUIRE_SECONDS", "ROLLBACK_SECONDS"):
        monkeypatch.setattr(rows, name, 0.4)


@asynccontextmanager
async def down_the_road(clinic: Clinic, person: Person) -> AsyncIterator[tuple[StillRoad, Person]]:
    """The same person before a node whose database is down a road that may fall still."""
    async with (
        still_road(clinic.settings.database_url) as road,
        await open_pool(road.url, APP_ROLE, size=1) as pool,
        at_another_node(person, pool=pool, intake=pool) as far,
    ):
        yield road, far
        road.mend()


async def told(clinic: Clinic) -> tuple[int, int, int]:
    """How many reports there are, how many of them rang, and how many the trail knows of."""
    connection = await owner(clinic.settings.database_url)
    found = await connection.fetchrow(
        """
        select (select count(*) from reports), (select count(*) from reports where alert_id is not null),
               (select count(*) from audit_entries where action = 'report.submit')
        """
    )
    await connection.close()
    assert found is not None
    return tuple(found)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("way", Way)
async def test_wherever_the_database_falls_still_she_is_told_what_to_do_and_nothing_is_half_stored(
    clinic: Clinic, way: Way
) -> None:
    lin, _ = await clinic.lin()
    async with down_the_road(clinic, lin) as (road, far):
        for said in itertools.count():
            report_id = str(uuid4())
            road.fall_still(way, after=said)
            answer = await far.report(BLEEDING, report_id=report_id)
            road.mend()
            if answer.status_code == 201:
                break
            what = refused(answer, 503, "database.unavailable")["whatToDo"]
            assert (what["level"], what["page"]["text"]) == ("emergency", NOT_TOLD)
            assert (await far.report(BLEEDING, report_id=report_id)).status_code in {200, 201}
            assert await told(clinic) == (said + 1,) * 3
    assert said > 5


@pytest.mark.usefixtures("impatient")
async def test_while_the_database_is_still_each_report_is_answered_and_the_next_after_it_is_stored(
    clinic: Clinic,
) -> None:
    lin, _ = await clinic.lin()
    async with down_the_road(clinic, lin) as (road, far):
        road.fall_still()
        # The first finds its connection still, the others get none.
        at_once = await asyncio.gather(*[far.report(BLEEDING) for _ in range(4)])
        for answer in [*at_once, await far.report(BLEEDING)]:
            refused(answer, 503, "database.unavailable")
        road.mend()
        assert (await far.report(BLEEDING)).status_code == 201
    assert await told(clinic) == (1, 1, 1)


@pytest.mark.usefixtures("impatient")
async def test_staff_are_told_that_the_database_is_still_and_the_node_goes_on_living(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    async with down_the_road(clinic, alice) as (road, far):
        assert (await far.get("/v1/tasks")).status_code == 200
        road.fall_still()
        asked = asyncio.create_task(far.get("/v1/tasks"))
        await road.held.wait()
        assert (await far.get("/health/live")).status_code == 200
        refused(await asked, 503, "database.unavailable")
        road.mend()
        assert (await far.get("/v1/tasks")).status_code == 200


@pytest.mark.usefixtures("impatient")
async def test_of_a_batch_that_meets_a_still_database_every_report_is_answered(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    async with down_the_road(clinic, lin) as (road, far):
        batch = [{**clinic.submission("participant", BLEEDING), "reportId": str(uuid4())} for _ in range(50)]
        road.fall_still()
        answer = await far.post("/v1/me/report-batches", {"reports": batch})
        road.mend()
        results = answer.json()["results"]
        assert [each["status"] for each in results] == [503] * 50
        assert {each["problem"]["whatToDo"]["page"]["text"] for each in results} == {NOT_TOLD}
        again = await far.post("/v1/me/report-batches", {"reports": batch})
        assert [each["status"] for each in again.json()["results"]] == [201] * 50

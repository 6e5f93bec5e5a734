"""Who may watch at once, and a watcher who is told anew because her sites have changed."""

import asyncio
import contextlib
from uuid import uuid4

from api.wall import MOST_OF_ONE, MOST_SEATS
from tests.support.clinic import Clinic, owner
from tests.support.life import put_away, ringing
from tests.support.patience import PATIENCE_SECONDS
from tests.support.problems import refused
from tests.support.sites import home, open_site
from tests.support.wall import hasten, watching
from tests.support.watch import until


async def test_there_are_as_many_seats_as_there_are_and_a_wall_that_goes_gives_its_own_back(
    clinic: Clinic,
) -> None:
    frank = await clinic.staff("Frank")
    wall = clinic.demo.edge.wall
    seats = [wall.sit(clinic.trial, uuid4(), (), None) for _ in range(MOST_SEATS - 1)]
    async with watching(frank) as last:
        await last.ping()
        bob = await clinic.staff("Bob")
        problem = refused(await bob.get("/v1/alerts/stream"), 503, "stream.too-many")
        assert problem["retrySafe"]
    await until(lambda: wall.watchers == MOST_SEATS - 1, "her seat is free")
    for seat in seats:
        wall.leave(seat)
    assert wall.watchers == 0


async def test_her_sixth_wall_ends_her_oldest_and_nobody_elses(clinic: Clinic) -> None:
    bob, frank = await clinic.staff("Bob"), await clinic.staff("Frank")
    hasten(clinic, ping=0.2)
    async with contextlib.AsyncExitStack() as stack:
        bobs = await stack.enter_async_context(watching(bob))
        first, *others = [await stack.enter_async_context(watching(frank)) for _ in range(MOST_OF_ONE + 1)]
        await first.end()
        assert clinic.demo.edge.wall.watchers == MOST_OF_ONE + 1
        _, alert_id = await ringing(clinic)
        assert {(await wall.alert())["alertId"] for wall in (bobs, *others)} == {alert_id}


async def test_a_full_house_takes_the_sixth_wall_of_who_gives_one_up(clinic: Clinic) -> None:
    wall, frank = clinic.demo.edge.wall, uuid4()
    seats = [wall.sit(clinic.trial, frank, (), None) for _ in range(MOST_OF_ONE)]
    seats += [wall.sit(clinic.trial, uuid4(), (), None) for _ in range(MOST_SEATS - MOST_OF_ONE)]
    seats.append(wall.sit(clinic.trial, frank, (), None))
    assert [seat.is_ended for seat in seats] == [True] + [False] * MOST_SEATS
    assert wall.watchers == MOST_SEATS
    for seat in seats:
        wall.leave(seat)
    assert wall.watchers == 0


async def test_a_wall_whose_sites_change_while_the_list_is_read_is_told_everything_anew(
    clinic: Clinic, clinic_url: str
) -> None:
    hasten(clinic, look=0.05, breath=0.01)
    wall, here = clinic.demo.edge.wall, ((await home(clinic)).id,)
    elsewhere, since = ((await open_site(clinic, "Elsewhere")).id,), clinic.trial.now()
    _, alert_id = await ringing(clinic)
    await put_away(await clinic.staff("Bob"), alert_id)
    await ringing(clinic)
    # Somebody else watches there, so that the look goes on to the names of what it has found.
    other, seat = (wall.sit(clinic.trial, uuid4(), sites, since) for sites in (here, elsewhere))
    await until(lambda: not seat.is_fresh, "she has been told what there is")
    connection, watcher = await owner(clinic_url), await owner(clinic_url)
    async with connection.transaction():
        await connection.execute("lock table participants in access exclusive mode")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await watcher.fetchval(  # noqa: ASYNC110 - another connection, seen from outside
                """
                select count(*) from pg_locks join pg_stat_activity using (pid)
                where relation = 'participants'::regclass and not granted
                    and application_name = 'nightbell_app'
                """
            ):
                await asyncio.sleep(0.01)
        seat.move_to(here)
    await connection.close()
    await watcher.close()
    await until(lambda: b'"resolved"' in seat.take(), "she is told what was put away at her new site")
    for each in (other, seat):
        wall.leave(each)

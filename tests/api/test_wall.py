"""The list on the wall: what happens is seen at once, by those whose site it is, and never an old list in silence."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from api.event_stream import PING, EventStream
from api.wall import Pace, Seat
from domain.people import Role
from domain.records.rows import transaction
from tests.support import wall as walls
from tests.support.clinic import Clinic, Json, owner
from tests.support.life import done, put_away, ringing
from tests.support.patience import PATIENCE_SECONDS
from tests.support.problems import refused
from tests.support.sites import hire, open_site
from tests.support.wall import Watching, hasten, watching
from tests.support.watch import EMERGENCY, until

UUIDS = UUID(int=1), UUID(int=2)
CAST = ("Alice", "Bob", "Dana", "Erin", "Frank")


async def test_franks_wall_shows_an_alert_and_what_becomes_of_it(clinic: Clinic) -> None:
    frank, bob = await clinic.staff("Frank"), await clinic.staff("Bob")
    # So that nothing but the ear can have brought it.
    hasten(clinic, look=600, blind=600)
    async with watching(frank) as wall:
        assert wall.answer.headers["content-type"] == "text/event-stream"
        assert wall.answer.headers["cache-control"] == "no-store"
        assert await wall.ping() == []
        _, caregiver = await clinic.lin()
        await caregiver.report(EMERGENCY)
        shown = await wall.alert()
        listed = (await frank.get("/v1/alerts")).json()["alerts"][0]
        assert shown["alertId"] == listed["alertId"]
        assert shown.keys() <= listed.keys()
        await clinic.settle()
        alert_id = shown["alertId"]
        for name, body, state in (
            ("acknowledgements", None, "acknowledged"),
            ("contacts", {"outcome": "in-care"}, "contacted"),
            ("resolution", {"disposition": "already-in-care"}, "resolved"),
        ):
            said = await done(bob, alert_id, name, body)
            for beside in ("eventCandidate", "signature"):
                said.pop(beside, None)
            assert await wall.alert(state) == said


async def test_who_opens_the_wall_later_is_shown_what_is_live_and_nothing_else(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    _, first = await ringing(clinic)
    await put_away(bob, first)
    _, second = await ringing(clinic)
    async with watching(bob) as wall:
        assert [each["alertId"] for each in await _all_until_quiet(clinic, wall)] == [second]


async def _all_until_quiet(clinic: Clinic, wall: Watching) -> list[Json]:
    """What the wall shows before the next thing that happens."""
    _, marker = await ringing(clinic)
    found = []
    while (each := await wall.alert())["alertId"] != marker:
        found.append(each)
    return list({each["alertId"]: each for each in found}.values())


async def test_who_comes_back_is_told_what_was_put_away_meanwhile(clinic: Clinic) -> None:
    bob = await clinic.staff("Bob")
    _, alert_id = await ringing(clinic)
    async with watching(bob) as wall:
        await wall.alert("open")
        last = wall.last_id
    await put_away(bob, alert_id)
    async with watching(bob, **{"Last-Event-ID": last}) as wall:
        assert (await wall.alert())["state"] == "resolved"


@pytest.mark.parametrize(
    "last", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "7", "2026-11-27"]
)
async def test_an_id_that_is_none_of_ours_does_no_harm(clinic: Clinic, last: str) -> None:
    bob = await clinic.staff("Bob")
    _, alert_id = await ringing(clinic)
    async with watching(bob, **{"Last-Event-ID": last}) as wall:
        assert (await wall.alert())["alertId"] == alert_id


async def test_a_wall_shows_its_own_sites_alone(clinic: Clinic) -> None:
    zoe = (await hire(clinic, "Zoe", Role.INVESTIGATOR, await open_site(clinic, "Elsewhere"))).person
    bob = await clinic.staff("Bob")
    hasten(clinic, ping=0.2)
    async with watching(zoe) as elsewhere, watching(bob) as here:
        _, alert_id = await ringing(clinic)
        assert (await here.alert())["alertId"] == alert_id
        assert [await elsewhere.ping() for _ in range(3)] == [[], [], []]


async def test_what_the_ear_did_not_hear_is_seen_a_little_later(clinic: Clinic, clinic_url: str) -> None:
    frank = await clinic.staff("Frank")
    hasten(clinic, look=0.2)
    async with watching(frank) as wall:
        _, alert_id = await ringing(clinic)
        await wall.alert("open")
        connection = await owner(clinic_url)
        # No notification goes with this.
        await connection.execute("update alerts set round = 7 where id = $1::uuid", alert_id)
        await connection.close()
        while (await wall.alert())["round"] != 7:
            pass


async def test_a_wall_ends_when_its_token_is_no_longer_good(clinic: Clinic) -> None:
    frank = await clinic.staff("Frank")
    hasten(clinic, ping=0.1)
    async with watching(frank) as wall:
        await wall.ping()
        async with transaction(clinic.trial.pool) as connection:
            await connection.execute(
                "update sessions set revoked_at = now(), revoked_because = 'signed-out' where staff_id is not null"
            )
        await wall.end()
    refused(await frank.get("/v1/alerts/stream"), 401, "token.refused")
    await until(lambda: clinic.demo.edge.wall.watchers == 0, "her seat is free")


async def test_a_wall_that_can_read_nothing_ends_rather_than_say_that_all_is_well(
    clinic: Clinic, clinic_url: str
) -> None:
    frank = await clinic.staff("Frank")
    hasten(clinic, look=0.1, blind=1, ping=0.2)
    async with watching(frank) as wall:
        await wall.ping()
        connection = await owner(clinic_url)
        await connection.execute("revoke select on alerts from nightbell_app")
        await wall.end()
        await connection.execute("grant select on alerts to nightbell_app")
        await connection.close()


async def test_a_stream_holds_no_connection_and_all_of_them_share_one_ear(
    clinic: Clinic, clinic_url: str
) -> None:
    cast = [await clinic.staff(name) for name in CAST]
    hasten(clinic, ping=0.2)
    async with contextlib.AsyncExitStack() as stack:
        walls = [await stack.enter_async_context(watching(each)) for each in cast * 4]
        for wall in walls:
            await wall.ping()
        connection = await owner(clinic_url)
        ears = await connection.fetchval(
            """
            select count(*) from pg_stat_activity
            where datname = current_database() and query like '%pg_notify%' and pid <> pg_backend_pid()
                and application_name <> 'nightbell_app'
            """
        )
        await connection.close()
        assert (clinic.trial.pool.get_size() <= 10, ears) == (True, 1)
        _, alert_id = await ringing(clinic)
        assert {(await wall.alert())["alertId"] for wall in walls} == {alert_id}


async def test_who_does_not_read_is_dropped(clinic: Clinic) -> None:
    wall = clinic.demo.edge.wall
    wall.pace = Pace(slow=0.2)
    seat = wall.sit(clinic.trial, uuid4(), (), None)
    never = asyncio.Event()

    async def receive() -> dict[str, str]:
        await never.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            await never.wait()

    async def check() -> tuple[()]:
        return ()

    async with asyncio.timeout(PATIENCE_SECONDS):
        await EventStream(wall, seat, check)({}, receive, send)  # type: ignore[arg-type]
    assert wall.watchers == 0


def test_for_who_reads_slowly_the_newest_of_each_alert_is_kept_and_no_more() -> None:
    seat = Seat(uuid4(), (), None)
    first, second = UUIDS
    for number in range(1000):
        seat.tell(first, b"first %d\n" % number)
        seat.tell(second, b"second %d\n" % number)
    assert seat.take() == b"first 999\nsecond 999\n"
    assert seat.take() == b""


async def test_a_wall_that_pings_for_ever_fails_a_test_that_waits_for_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def pings() -> AsyncIterator[bytes]:
        while True:
            yield PING
            await asyncio.sleep(0)

    monkeypatch.setattr(walls, "PATIENCE_SECONDS", 0.2)
    for wait in (Watching.end, Watching.alert):
        async with asyncio.timeout(20) as hung:
            with pytest.raises(TimeoutError):
                await wait(Watching(httpx.Response(200, content=pings())))
        assert not hung.expired()


async def test_a_node_about_to_stop_ends_its_walls_and_opens_no_more(clinic: Clinic) -> None:
    frank = await clinic.staff("Frank")
    async with watching(frank) as wall:
        await wall.ping()
        await clinic.demo.edge.wall.close()
        await wall.end()
    refused(await frank.get("/v1/alerts/stream"), 503, "stream.too-many")


async def test_only_staff_watch_and_only_as_a_stream(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    refused(await lin.get("/v1/alerts/stream"), 401, "token.refused")
    frank = await clinic.staff("Frank")
    refused(await frank.get("/v1/alerts/stream?state=live"), 400, "query.invalid")
    refused(await frank.get("/v1/alerts/stream", Accept="application/json"), 406, "response.media-type")

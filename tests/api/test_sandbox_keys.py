"""Two developers on one machine: each has a sandbox of her own, and they do not meet."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import asyncpg
import httpx
import pytest

from api import sandboxes
from api.demo import Demo
from api.sandbox_keys import settings_of
from api.seed import member
from domain.sms import LONGEST_LINK
from notifications.trial import machine_now
from tests.support.clinic import Clinic, owner
from tests.support.developers import Developer, developer
from tests.support.patience import PATIENCE_SECONDS
from tests.support.problems import refused


@pytest.fixture
async def ann(clinic: Clinic) -> AsyncIterator[Developer]:
    async with developer(clinic) as opened:
        yield opened


@pytest.fixture
async def ben(clinic: Clinic) -> AsyncIterator[Developer]:
    async with developer(clinic) as opened:
        yield opened


async def test_two_developers_do_not_meet(clinic: Clinic, ann: Developer, ben: Developer) -> None:
    hers, his = await ann.caregiver(), await ben.caregiver()
    assert (await ann.http.get("/v1/me", headers=hers)).status_code == 200
    for other in (ben.http, clinic.http):
        refused(await other.get("/v1/me", headers=hers), 401, "token.refused")
    refused(await ann.http.get("/v1/me", headers=his), 401, "token.refused")
    assert (await ann.report(hers)).status_code == 201
    await asyncio.gather(ann.move("PT1M"), ben.move("P3D"))
    assert len(await ann.texts()) == 1
    assert await ben.texts() == []
    assert clinic.texts("Bob") == []
    apart = await ben.move("PT0S") - await ann.move("PT0S")
    assert timedelta(days=2, hours=23) < apart < timedelta(days=3)


async def test_a_fault_of_one_provider_is_no_fault_of_another(ann: Developer, ben: Developer) -> None:
    await ann.http.put("/sandbox/provider", json=[{"kind": "refuse", "code": 21610}])
    assert (await ben.http.get("/sandbox/provider")).json() == []
    for each in (ann, ben):
        await each.report(await each.caregiver())
        await each.move("PT1S")
    assert await ann.texts() == []
    assert len(await ben.texts()) == 1


async def test_a_text_has_a_link_into_the_sandbox_it_comes_from(
    clinic: Clinic, ann: Developer, ben: Developer
) -> None:
    assert len(ann.view["apiUrl"]) <= LONGEST_LINK - 46
    place = await clinic.demo.sandboxes.find(ann.key)
    hers = Clinic(cast("Demo", place), settings_of(ann.key, clinic.settings), ann.http)
    # To a number of a country that allows links.
    await hers.move_abroad("Bob")
    await ann.report(await ann.caregiver())
    await ann.move("PT1S")
    (text,) = hers.texts("Bob")
    found = re.search(re.escape(ann.view["apiUrl"]) + r"(/a/\S+)", text)
    assert found, text
    page = (await ann.http.get(found[1])).text
    assert f'action="/k/{ann.key}{found[1]}"' in page
    assert f'action="/k/{ann.key}/a"' in (await ann.http.get("/a")).text
    assert (await ben.http.get(found[1])).status_code == 404
    answer = await ann.http.post(found[1], data={"action": "acknowledge", "pin": member("Bob").pin})
    assert answer.status_code == 200
    database = await owner(hers.settings.database_url)
    taken = await database.fetchval("select state from alerts")
    await database.close()
    assert taken == "acknowledged"


async def test_all_of_the_contract_is_below_the_key(ann: Developer) -> None:
    document = (await ann.http.get("/openapi.json")).json()
    assert document["servers"] == [{"url": f"/k/{ann.key}"}]
    assert (await ann.http.get("/sandbox/openapi.json")).json()["servers"][0]["url"] == f"/k/{ann.key}"
    page = (await ann.http.get("/docs")).text
    assert f'href="/k/{ann.key}/docs/problems"' in page
    script = (await ann.http.get("/docs/assets/docs.js")).text
    assert f'url: "/k/{ann.key}/openapi.json"' in script
    async with httpx.AsyncClient() as http:
        inbox = await http.get(ann.view["inboxUrl"])
    assert inbox.status_code == 200


async def test_a_reset_leaves_nothing_of_one_and_all_of_the_other(ann: Developer, ben: Developer) -> None:
    hers, his = await ann.caregiver(), await ben.caregiver()
    await ann.http.put("/sandbox/provider", json=[{"kind": "duplicate"}])
    await ann.move("P2D")
    await ann.report(hers)
    await ann.move("PT1S")
    assert len(await ann.texts()) == 1
    answer = await ann.http.post("/sandbox/reset")
    assert (answer.status_code, answer.json()["key"]) == (200, ann.key)
    refused(await ann.http.get("/v1/me", headers=hers), 401, "token.refused")
    refused(await ann.report(hers), 401, "token.refused")
    assert await ann.texts() == []
    assert (await ann.http.get("/sandbox/provider")).json() == []
    assert abs(await ann.move("PT0S") - machine_now()) < timedelta(minutes=1)
    assert (await ben.http.get("/v1/me", headers=his)).status_code == 200
    assert (await ann.report(await ann.caregiver())).status_code == 201


async def test_the_demos_own_is_reset_as_well(clinic: Clinic, ann: Developer) -> None:
    _, caregiver = await clinic.lin()
    his = await ann.caregiver()
    answer = await clinic.http.post("/sandbox/reset", timeout=60)
    assert answer.status_code == 200
    assert "key" not in answer.json()
    assert (await caregiver.get("/v1/me")).status_code == 401
    assert (await clinic.http.post("/sandbox/participants", json={})).status_code == 201
    assert (await ann.http.get("/v1/me", headers=his)).status_code == 200


async def test_whoever_is_in_the_middle_of_something_is_told_of_a_reset(ann: Developer) -> None:
    hers = await ann.caregiver()
    await ann.report(hers)
    moving = asyncio.create_task(ann.http.post("/sandbox/clock", json={"advance": "P30D"}))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await ann.move("PT0S") - machine_now() < timedelta(minutes=10):
            pass
    reading = [asyncio.create_task(ann.http.get("/v1/me", headers=hers)) for _ in range(10)]
    answer = await ann.http.post("/sandbox/reset")
    assert answer.status_code == 200
    refused(await moving, 503, "sandbox.interrupted")
    assert {(await each).status_code for each in reading} <= {200, 401, 503}
    assert abs(await ann.move("PT0S") - machine_now()) < timedelta(minutes=1)


async def test_no_page_of_another_origin_opens_or_resets_a_sandbox(clinic: Clinic) -> None:
    await clinic.lin()
    for path in ("/sandbox/keys", "/sandbox/reset"):
        answer = await clinic.http.post(path, headers={"Sec-Fetch-Site": "cross-site"})
        refused(answer, 403, "access.denied")
    assert await clinic.rows("participants") == 1


async def test_a_key_that_was_thrown_away_is_a_problem_that_says_what_to_do(
    clinic: Clinic, ann: Developer
) -> None:
    assert (await clinic.http.get(f"/sandbox/keys/{ann.key}")).json()["apiUrl"] == ann.view["apiUrl"]
    assert (await clinic.http.delete(f"/sandbox/keys/{ann.key}")).status_code == 204
    for answer in (
        await ann.http.get("/health/live"),
        await clinic.http.delete(f"/sandbox/keys/{ann.key}"),
        await clinic.http.get("/k/nothing/v1/me"),
        await clinic.http.get("/k/23456789bcdfgh/v1/me"),
        await clinic.http.get("/k/" + "%27;drop" * 20),
    ):
        assert "POST /sandbox/keys" in refused(answer, 404, "sandbox.unknown")["detail"]


async def test_an_attackers_loop_takes_so_many_places_and_no_more(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandboxes, "MOST_KEPT", 2)
    made: list[str] = []
    for _ in range(4):
        answers = await asyncio.gather(*(clinic.http.post("/sandbox/keys", timeout=60) for _ in range(3)))
        made += [each.json()["key"] for each in answers if each.status_code == 201]
        for each in answers:
            if each.status_code != 201:
                refused(each, 429, "sandbox.too-many")
                assert int(each.headers["retry-after"]) > 0
    assert len(made) == 2
    assert (await clinic.http.get("/health/ready")).status_code == 200
    for key in made:
        await clinic.http.delete(f"/sandbox/keys/{key}")
    async with developer(clinic) as late:
        assert (await late.http.get("/health/live")).status_code == 200


def keeper(demo: Demo) -> sandboxes.Sandboxes:
    return demo.sandboxes


async def test_one_that_nobody_calls_is_closed_and_opens_again_with_its_phones(
    clinic: Clinic, ann: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = await ann.caregiver()
    await ann.report(hers)
    moved = await ann.move("P1D")
    before = await ann.texts()
    assert before
    monkeypatch.setattr(sandboxes, "IDLE_SECONDS", 0.0)
    await keeper(clinic.demo).tend()
    assert await connections(clinic, ann.key) == 0
    assert await ann.texts() == before
    assert (await ann.http.get("/v1/me", headers=hers)).status_code == 200
    assert await ann.move("PT0S") >= moved


async def test_one_that_was_unused_for_two_weeks_is_thrown_away(clinic: Clinic, ann: Developer) -> None:
    async with developer(clinic) as used:
        database = await owner(clinic.settings.database_url)
        name = clinic.settings.database_url.rsplit("/", 1)[1] + "_k_" + ann.key
        long_ago = (machine_now() - timedelta(days=15)).isoformat()
        # Closed, or it would count as used.
        await keeper(clinic.demo).forget(ann.key)
        await database.execute(f"comment on database \"{name}\" is '{long_ago}'")
        await database.close()
        await keeper(clinic.demo).tend()
        refused(await ann.http.get("/health/live"), 404, "sandbox.unknown")
        assert (await used.http.get("/health/live")).status_code == 200


async def test_a_broken_database_of_one_is_no_trouble_of_another(
    clinic: Clinic, ann: Developer, ben: Developer
) -> None:
    database: asyncpg.Connection[asyncpg.Record] = await owner(clinic.settings.database_url)
    name = clinic.settings.database_url.rsplit("/", 1)[1] + "_k_" + ann.key
    await database.execute(f'drop database "{name}" with (force)')
    await database.close()
    answer = await ann.http.get("/sandbox/staff")
    assert answer.status_code == 503
    assert (await ben.http.get("/sandbox/staff")).status_code == 200
    assert (await clinic.http.get("/health/ready")).status_code == 200
    assert (await ann.http.post("/sandbox/reset")).status_code == 200
    assert (await ann.http.get("/sandbox/staff")).status_code == 200


async def connections(clinic: Clinic, key: str) -> int:
    database = await owner(clinic.settings.database_url)
    count = await database.fetchval("select count(*) from pg_stat_activity where datname like '%' || $1", key)
    await database.close()
    return int(count)


async def test_a_reset_that_broke_off_is_mended_by_the_next_call(clinic: Clinic, ann: Developer) -> None:
    await keeper(clinic.demo).forget(ann.key)
    place = await clinic.demo.sandboxes.slot(ann.key)
    database = await owner(clinic.settings.database_url)
    name = clinic.settings.database_url.rsplit("/", 1)[1] + "_k_" + ann.key
    await database.execute(f'drop database "{name}" with (force)')
    await database.close()
    assert place.opened is None
    assert (await ann.http.get("/sandbox/staff")).status_code == 200


async def test_an_open_one_holds_no_more_connections_than_it_is_counted_with(
    clinic: Clinic, ann: Developer
) -> None:
    hers = await ann.caregiver()
    await asyncio.gather(
        *(ann.http.get("/v1/me", headers=hers) for _ in range(40)), *(ann.report(hers) for _ in range(20))
    )
    assert 1 < await connections(clinic, ann.key) <= sandboxes.CONNECTIONS_EACH

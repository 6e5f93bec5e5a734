"""One limit for each thing that a caller could ask for without end, and none on what a patient waits for."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain import quota
from domain.people import Role
from domain.quota import Quota
from domain.records import quotas
from domain.records.rows import transaction
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Person
from tests.support.problems import refused
from tests.support.sites import hire, home

FEW = Quota(name="few", most=3, window=timedelta(hours=1))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every quota be three an hour, on every node."""
    with monkeypatch.context() as patch:
        for route, name in (
            ("calendar", "CALENDAR"),
            ("enrolment", "ROTATIONS"),
            ("drills", "DRILLS"),
            ("export", "EXPORTS"),
            ("audit", "TRAIL"),
        ):
            patch.setattr(f"api.routes.{route}.{name}", FEW)
        yield


async def test_of_many_at_once_each_is_counted(ward: Clinic) -> None:
    now = machine_now()

    async def one() -> int:
        async with transaction(ward.trial.pool) as connection:
            return (await quotas.take(connection, 7, FEW, now)).taken

    taken = sorted(await asyncio.gather(*(one() for _ in range(8))))
    assert taken == [1, 2, 3, 4, 4, 4, 4, 4]
    assert sum(quota.wait(FEW, quota.Taken(taken=each, since=now), now) > timedelta() for each in taken) == 5


async def test_a_new_window_begins_with_the_next_one(ward: Clinic) -> None:
    now = machine_now()
    async with transaction(ward.trial.pool) as connection:
        for _ in range(5):
            await quotas.take(connection, 8, FEW, now)
        later = await quotas.take(connection, 8, FEW, now + FEW.window)
    assert (later.taken, later.since) == (1, now + FEW.window)


async def rotated(lin: Person) -> int:
    body = {"refreshToken": lin.tokens["refreshToken"], "deviceId": lin.device_id}
    answer = await lin.clinic.http.post("/v1/tokens", json=body)
    lin.tokens |= answer.json() if answer.status_code == 201 else {}
    return answer.status_code


@pytest.mark.usefixtures("few")
async def test_a_phone_that_rotates_without_end_is_told_to_wait_and_is_still_signed_in(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    assert [await rotated(lin) for _ in range(5)] == [201, 201, 201, 429, 429]
    assert (await lin.get("/v1/me")).status_code == 200
    answer = await lin.report({"black-stool": "no"})
    assert answer.status_code == 201


@pytest.mark.usefixtures("few")
async def test_a_stolen_token_ends_its_session_however_often_it_came(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    first = dict(lin.tokens)
    for _ in range(4):
        await rotated(lin)
    thief = {"refreshToken": first["refreshToken"], "deviceId": "00000000-0000-4000-8000-000000000001"}
    refused(await ward.http.post("/v1/tokens", json=thief), 401, "token.refused")
    assert (await lin.get("/v1/me")).status_code == 401


@pytest.mark.usefixtures("few")
async def test_a_calendar_that_is_read_without_end_says_when_to_come_again(ward: Clinic) -> None:
    lin, caregiver = await ward.lin()
    urls = [(await each.post("/v1/me/calendar-feed")).json()["url"] for each in (lin, caregiver)]
    answers = [await ward.http.get(urls[0]) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    refused(answers[3], 429, "request.too-many")
    headers = answers[3].headers
    seconds = int(headers["retry-after"])
    assert 0 < seconds <= 3600
    assert (headers["ratelimit-policy"], headers["ratelimit"]) == (
        '"few";q=3;w=3600',
        f'"few";r=0;t={seconds}',
    )
    assert (await ward.http.get(urls[1])).status_code == 200


@pytest.mark.usefixtures("few")
async def test_every_good_answer_of_what_has_a_quota_says_what_is_left(ward: Clinic) -> None:
    # Here all quotas are one, so that each way needs somebody of her own.
    lin, caregiver = await ward.lin()
    url = (await caregiver.post("/v1/me/calendar-feed")).json()["url"]
    body = {"refreshToken": lin.tokens["refreshToken"], "deviceId": lin.device_id}
    ways = (
        [await lin.get("/v1/me/export") for _ in range(4)],
        [await ward.http.get(url, headers={"If-None-Match": "*"}) for _ in range(4)],
        [await ward.http.post("/v1/tokens", json=body) for _ in range(4)],
    )
    for answers in ways:
        assert [each.headers["ratelimit-policy"] for each in answers] == ['"few";q=3;w=3600'] * 4
        left = [each.headers["ratelimit"].partition(";t=")[0] for each in answers]
        assert left == ['"few";r=2', '"few";r=1', '"few";r=0', '"few";r=0']
        assert all(3500 <= int(each.headers["ratelimit"].partition(";t=")[2]) <= 3600 for each in answers)
        assert [each.status_code == 429 for each in answers] == [False, False, False, True]
    assert "ratelimit" not in (await lin.report({"black-stool": "no"})).headers


@pytest.mark.usefixtures("few")
async def test_whoever_reads_all_that_is_held_about_her_without_end_waits_and_is_heard_all_the_same(
    ward: Clinic,
) -> None:
    lin, caregiver = await ward.lin()
    answers = [await lin.get("/v1/me/export") for _ in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    refused(answers[3], 429, "request.too-many")
    assert (await caregiver.get("/v1/me/export")).status_code == 200
    assert (await lin.report({"black-stool": "yes"})).status_code == 201


@pytest.mark.usefixtures("few")
async def test_a_monitor_who_reads_the_trail_without_end_waits_and_her_colleague_does_not(
    ward: Clinic,
) -> None:
    site = await home(ward)
    mona, mika = [(await hire(ward, name, Role.MONITOR, site)).person for name in ("Mona", "Mika")]
    assert [(await mona.get("/v1/audit")).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert (await mika.get("/v1/audit")).status_code == 200


async def test_the_table_names_nobody(ward: Clinic) -> None:
    async with transaction(ward.trial.pool) as connection:
        columns = await connection.fetch(
            "select attname, atttypid::regtype::text as type from pg_attribute "
            "where attrelid = 'rate_limits'::regclass and attnum > 0"
        )
    assert {row["attname"]: row["type"] for row in columns} == {
        "place": "integer",
        "taken": "integer",
        "since": "timestamp with time zone",
    }

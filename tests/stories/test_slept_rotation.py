"""A phone that lost the answer of a rotation, slept, and is taken for a thief: its owner is called within the hour."""

from datetime import timedelta

import httpx

from domain.records.rows import transaction
from tests.stories.test_overdue_stories import OVERDUE, at_nine, due, tasks_of, told
from tests.support.clinic import Clinic, Person
from tests.support.problems import refused
from tests.support.watch import EMERGENCY


async def rotate(lin: Person) -> httpx.Response:
    body = {"refreshToken": lin.tokens["refreshToken"], "deviceId": lin.device_id}
    return await lin.clinic.http.post("/v1/tokens", json=body)


async def sleep(clinic: Clinic) -> None:
    """Let the minute pass in which the lost answer is given again."""
    async with transaction(clinic.trial.pool) as connection:
        await connection.execute("update sessions set rotated_at = rotated_at - interval '61 seconds'")


async def test_her_site_is_told_within_an_hour_and_until_then_her_phone_can_still_ring(
    clinic: Clinic,
) -> None:
    await at_nine(clinic)
    alice = await clinic.staff("Alice")
    lin, _ = await clinic.lin()
    await rotate(lin)
    await sleep(clinic)
    refused(await rotate(lin), 401, "token.refused")
    [task] = [each for each in await tasks_of(alice) if each["kind"] == "token-reuse"]
    assert due(task) - clinic.trial.now() <= timedelta(hours=1)

    await clinic.advance(minutes=59)
    assert told(clinic, OVERDUE) == {}
    body = clinic.submission("on-demand", EMERGENCY)
    path = "/v1/me/reports/9d0b3a53-41a6-4f83-8f0f-6c3b4f7d2f10"
    assert (await lin.call("PUT", path, body, token="submissionToken")).status_code == 201
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}

    await clinic.advance(minutes=2)
    assert "Alice" in told(clinic, OVERDUE)

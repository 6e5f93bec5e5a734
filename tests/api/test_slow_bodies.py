"""A body that stops coming: its sender is told in time, and a patient what to do from as much as arrived."""

import asyncio
import json
from uuid import uuid4

import httpx
import pytest

from api import middleware
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import refused

CONFUSED: dict[str, str | float] = {"cannot-be-woken": "yes", "free-text": "She does not answer me any more."}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a node wait no longer for a body than a test does."""
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.2)


async def stops(person: Person, method: str, path: str, body: Json, *, short_of: bytes) -> httpx.Response:
    """Send a request whose body ends before some word, and read until the clinic hangs up."""
    written = json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: clinic\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {person.tokens['accessToken']}\r\nContent-Length: {len(written)}\r\n\r\n"
    )
    url = person.clinic.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(head.encode() + written[: written.index(short_of)])
    answer = await reader.read(-1)
    writer.close()
    head_of_answer, _, content = answer.partition(b"\r\n\r\n")
    status, *headers = head_of_answer.decode().split("\r\n")
    pairs = [(name, value) for name, _, value in (each.partition(": ") for each in headers)]
    return httpx.Response(int(status.split()[1]), headers=pairs, content=content)


@pytest.mark.usefixtures("impatient")
async def test_a_report_that_stops_coming_is_answered_with_what_to_do_and_counts_once_it_is_whole(
    clinic: Clinic,
) -> None:
    _, caregiver = await clinic.lin()
    path, body = f"/v1/me/reports/{uuid4()}", clinic.submission("caregiver", CONFUSED)
    answer = await stops(caregiver, "PUT", path, body, short_of=b"any more")
    problem = refused(answer, 408, "body.too-slow")
    assert (problem["retrySafe"], problem["whatToDo"]["level"]) == (True, "emergency")
    assert "NOT been told" in problem["whatToDo"]["page"]["text"]
    assert answer.headers["connection"] == "close"
    assert await clinic.rows("reports") == 0
    assert (await caregiver.put(path, body)).status_code == 201


@pytest.mark.usefixtures("impatient")
async def test_of_a_batch_that_stops_coming_the_worst_that_arrived_says_what_to_do(clinic: Clinic) -> None:
    _, caregiver = await clinic.lin()
    reports = [
        {**clinic.submission("caregiver", each), "reportId": str(uuid4())}
        for each in (CONFUSED, {"vomited-blood": "no"})
    ]
    batch = {"reports": reports}
    answer = await stops(caregiver, "POST", "/v1/me/report-batches", batch, short_of=b"vomited-blood")
    assert refused(answer, 408, "body.too-slow")["whatToDo"]["level"] == "emergency"
    assert await clinic.rows("reports") == 0


@pytest.mark.usefixtures("impatient")
async def test_whoever_else_sends_a_body_that_stops_coming_is_told_so(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    before = await clinic.everything()
    body = {"code": "0000-0000-0000", "deviceId": str(uuid4())}
    refused(await stops(alice, "POST", "/v1/activations", body, short_of=b"deviceId"), 408, "body.too-slow")
    assert await clinic.everything() == before


async def test_a_live_list_is_no_body_and_goes_on(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    bob = await clinic.staff("Bob")
    _, caregiver = await clinic.lin()
    bearer = {"Authorization": f"Bearer {bob.tokens['accessToken']}"}
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.0)
    async with clinic.http.stream("GET", "/v1/alerts/stream", headers=bearer) as lives:
        assert lives.status_code == 200
        lines = lives.aiter_lines()
        await anext(lines)
        monkeypatch.undo()
        await caregiver.report(CONFUSED)
        async with asyncio.timeout(10):
            while "alertId" not in await anext(lines):
                pass

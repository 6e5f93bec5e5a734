"""That nothing undocumented leaves unseen: what looks at every answer of the tests, shown one fault of each kind."""

import json
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler

from api.routes import account, enrolment, me, reports
from tests.support.held import FAULTS, Message, Receive, Send, held

ME = {
    "subjectNumber": "NB-001",
    "role": "participant",
    "language": "en",
    "timeZone": "Asia/Shanghai",
    "reminderHour": 9,
    "emergencyNumber": "120",
    "emergencyText": "Call 120.",
}
PROBLEM = {
    "type": "/docs/problems",
    "title": "t",
    "status": 401,
    "code": "token.refused",
    "detail": "d",
    "retrySafe": False,
    "requestId": "r",
    "errors": [],
}
TAGGED = {
    "content-type": "application/json",
    "etag": '"a"',
    "cache-control": "private, no-cache",
    "x-request-id": "r",
}
REFUSED = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "www-authenticate": "Bearer",
    "x-request-id": "r",
}


async def faults(
    route: HTTPRouteHandler, status: int, headers: dict[str, str], answer: Any, sent: bytes = b""
) -> list[str]:
    """What is said of one answer of a route."""

    async def app(_: Any, receive: Receive, send: Send) -> None:
        await receive()
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    async def receive() -> Message:
        return {"type": "http.request", "body": sent}

    async def send(_: Message) -> None:
        """Nobody listens."""

    (method,) = route.http_methods
    scope = {"type": "http", "method": method, "path": "/x", "route_handler": route}
    await held(lambda: app)()(scope, receive, send)
    found, FAULTS[:] = list(FAULTS), []
    return found


async def test_what_is_documented_has_no_fault() -> None:
    assert await faults(account.me, 200, TAGGED, ME) == []
    assert await faults(account.me, 401, REFUSED, PROBLEM) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"nickname": "x"}, "nickname"),
        ({"language": "fr"}, "at /language"),
        ({"reminderHour": 25}, "at /reminderHour"),
        ({"emergencyText": None}, "at /emergencyText"),
    ],
    ids=lambda each: str(each)[:20],
)
async def test_a_field_or_a_value_of_next_year_is_a_fault_this_year(more: dict[str, Any], said: str) -> None:
    (fault,) = await faults(account.me, 200, TAGGED, {**ME, **more})
    assert said in fault


async def test_a_header_that_lacks_or_that_nobody_expects_is_a_fault() -> None:
    untagged = {name: value for name, value in TAGGED.items() if name != "etag"}
    (lacks,) = await faults(account.me, 200, untagged, ME)
    assert "lacks the header etag" in lacks
    (kept,) = await faults(account.me, 200, {**TAGGED, "cache-control": "public"}, ME)
    assert "has the header cache-control" in kept
    (more,) = await faults(account.me, 200, {**TAGGED, "retry-after": "5"}, ME)
    assert "retry-after, which is not documented" in more


async def test_a_status_a_media_type_or_a_code_that_is_not_documented_is_a_fault() -> None:
    assert await faults(account.me, 418, TAGGED, ME)
    (media_type,) = await faults(account.me, 200, {**TAGGED, "content-type": "text/plain"}, ME)
    assert "is text/plain" in media_type
    (code,) = await faults(account.me, 401, REFUSED, {**PROBLEM, "code": "not-found"})
    assert "not-found, which is not documented for it" in code


async def test_a_day_that_is_none_is_a_fault() -> None:
    schedule = {"version": 1, "timeZone": "UTC", "administrationDates": ["soon"], "occasions": []}
    (fault,) = await faults(me.read_schedule, 200, TAGGED, schedule)
    assert "at /administrationDates/0" in fault


async def test_what_is_taken_though_the_document_refuses_it_is_a_fault() -> None:
    tokens = {
        "accessToken": "a",
        "accessExpiresAt": "2026-03-02T08:00:00+08:00",
        "refreshToken": "r",
    }
    headers = {"content-type": "application/json", "cache-control": "no-store", "x-request-id": "r"}
    right = b'{"refreshToken": "r", "deviceId": "6f6740e8-405b-49fe-aab4-3029d3f92547"}'
    (status,) = (each for each in enrolment.rotate_staff.opt["operation"].answers if each < 300)
    assert await faults(enrolment.rotate_staff, status, headers, tokens, right) == []
    (fault,) = await faults(enrolment.rotate_staff, status, headers, tokens, b'{"refreshToken": "r"}')
    assert "took a body that is not documented" in fault


async def test_a_report_is_taken_whatever_it_says() -> None:
    found = await faults(reports.submit, 200, TAGGED, {}, b'{"answers": "none"}')
    assert found
    assert not [each for each in found if "took a body" in each]

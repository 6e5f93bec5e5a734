"""What cannot be read is refused with a reason, without repeating a word of it, and leaves nothing behind.

Reports are the exception: see test_never_refused.py.
"""

import base64
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import pointers, refused
from tests.support.sites import home

SECRET = "zhangsan-13800138000"
"""A value that no answer may repeat."""

JSON = "application/json"

MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "half": b'{"subjectNumber": "ZN-7"',
    "words": SECRET.encode(),
    "single quotes": b"{'siteId': 'on-demand'}",
    "NaN": b'{"subjectNumber": NaN}',
    "latin-1": b'{"subjectNumber": "\xe9"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": "{}".encode("utf-16"),
    "half a surrogate pair": rb'{"subjectNumber": "\ud800"}',
    "a bare control character": b'{"subjectNumber": "a\x01b"}',
}


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    lin, _ = await ward.lin()
    return lin


@pytest.fixture
async def unchanged(ward: Clinic, lin: Person) -> AsyncIterator[None]:
    """Nothing may be left behind by what a test here sends."""
    assert lin.tokens["role"] == "participant"
    before = await ward.everything()
    yield
    assert await ward.everything() == before


async def register(
    alice: Person, content: bytes | AsyncIterator[bytes], media_type: str = JSON
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {alice.tokens['accessToken']}", "Content-Type": media_type}
    return await alice.clinic.http.post("/v1/participants", content=content, headers=headers)


async def newcomer(alice: Person) -> dict[str, Json]:
    """The body with which alice would register somebody."""
    site = await home(alice.clinic)
    return {"siteId": str(site.id), "subjectNumber": f"ZN-{uuid4().hex[:8].upper()}", "phase": "phase-1"}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_a_body_that_is_no_json_is_refused(alice: Person, body: bytes) -> None:
    answer = await register(alice, body)
    refused(answer, 400, "body.malformed")
    assert SECRET not in answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("more", [b"{}", b"// " + SECRET.encode(), b"\x00"])
async def test_what_follows_a_whole_body_makes_it_no_json(alice: Person, more: bytes) -> None:
    answer = await register(alice, json.dumps(await newcomer(alice)).encode() + more)
    refused(answer, 400, "body.malformed")
    assert SECRET not in answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("start", ["", '{"siteId":', '{"zz":'])
@pytest.mark.parametrize("closed", [True, False])
async def test_ten_thousand_brackets_harm_nobody(alice: Person, start: str, closed: bool) -> None:
    body = start.encode() + b"[" * 10_000 + (b"]" * 10_000 if closed else b"")
    answer = await register(alice, body)
    assert answer.status_code in {400, 422}
    refused(answer, answer.status_code, "body.malformed" if answer.status_code == 400 else "body.invalid")


@pytest.mark.usefixtures("unchanged")
async def test_a_name_given_twice_is_refused_because_nothing_says_which_counts(alice: Person) -> None:
    name = '"phase": "phase-1"'
    body = json.dumps(await newcomer(alice)).replace(name, f"{name}, {name}")
    refused(await register(alice, body.encode()), 400, "body.malformed")


@pytest.mark.usefixtures("unchanged")
async def test_a_body_of_64_kib_and_one_byte_is_too_large_with_and_without_a_stated_length(
    alice: Person,
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 1024
        yield b" "

    refused(await register(alice, b" " * (64 * 1024 + 1)), 413, "body.too-large")
    refused(await register(alice, chunks()), 413, "body.too-large")
    refused(await register(alice, b" " * (64 * 1024)), 400, "body.malformed")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data", "json", ""])
async def test_only_json_is_read(alice: Person, media_type: str) -> None:
    body = json.dumps(await newcomer(alice)).encode()
    refused(await register(alice, body, media_type), 415, "body.media-type")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "name", ["abc", "1.0", "%00", "%2e%2e", "9" * 5000, "11111111-1111-1111-1111-11111111111g"]
)
async def test_an_id_that_is_none_names_nothing(lin: Person, alice: Person, name: str) -> None:
    body = lin.clinic.submission("participant", {"fainted": "no"})
    answers = (
        await lin.put(f"/v1/me/reports/{name}", body),
        await lin.get(f"/v1/me/reports/{name}"),
        await lin.get(f"/v1/forms/on-demand/versions/{name}"),
        await alice.get(f"/v1/participants/{name}"),
        await alice.post(f"/v1/alerts/{name}/acknowledgements"),
    )
    for answer in answers:
        refused(answer, 404, "not-found")


LISTS = ("/v1/me/reports", "/v1/alerts", "/v1/participants")


@pytest.mark.parametrize("path", [*LISTS, "/v1/me", "/v1/me/schedule", "/v1/me/forms", "/v1/me/reminders"])
@pytest.mark.parametrize("query", ["colour=red", f"phone={SECRET}", "%FF=1", "limit=1&limit=2"])
async def test_an_unknown_or_repeated_parameter_is_refused(
    lin: Person, alice: Person, path: str, query: str
) -> None:
    person = lin if path.startswith("/v1/me") else alice
    answer = await person.get(f"{path}?{query}")
    problem = refused(answer, 400, "query.invalid")
    assert len(problem["errors"]) == 1
    assert SECRET not in answer.text


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "x", "", "\uff19", "9" * 5000])
async def test_a_page_has_1_to_100_rows(lin: Person, alice: Person, path: str, limit: str) -> None:
    person = lin if path.startswith("/v1/me") else alice
    problem = refused(await person.get(f"{path}?limit={limit}"), 400, "query.invalid")
    assert pointers(problem) == ["limit"]


def cursor(place: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


ANY_ID = "11111111-1111-4111-8111-111111111111"
CURSORS = {
    "words": SECRET,
    "no ASCII": "中",
    "empty": "",
    "no JSON": base64.urlsafe_b64encode(b"\xff\x00").decode(),
    "brackets": base64.urlsafe_b64encode(b"[" * 20_000).decode(),
    "another list": cursor({"at": 1}),
    "NUL": cursor(["\x00"]),
    "half a surrogate pair": cursor(["\ud800"]),
    "after the last year": cursor(["9999-12-31T23:59:59-23:59", ANY_ID]),
    "before the first year": cursor(["0001-01-01T00:00:00+23:59", ANY_ID]),
    "no zone": cursor(["2026-01-01T00:00:00", ANY_ID]),
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("place", CURSORS.values(), ids=CURSORS)
async def test_a_cursor_that_is_not_ours_is_refused(
    lin: Person, alice: Person, path: str, place: str
) -> None:
    person = lin if path.startswith("/v1/me") else alice
    answer = await person.get(f"{path}?cursor={place}")
    assert pointers(refused(answer, 400, "query.invalid")) == ["cursor"]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/v1/me"), ("PATCH", "/v1/alerts"), ("PUT", "/v1/tokens")]
)
async def test_a_method_that_is_none_here_is_named_so(lin: Person, method: str, path: str) -> None:
    answer = await lin.call(method, path)
    refused(answer, 405, "method.not-allowed")
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


async def test_an_address_that_is_none_is_not_found(lin: Person) -> None:
    for path in ("/v1/nothing", "/v2/me", "/v1/me/reports/a/b", f"/v1/me/{SECRET}"):
        answer = await lin.get(path)
        refused(answer, 404, "not-found")
        assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("<script>", False), ("", False)],
)
async def test_a_callers_request_id_is_kept_when_it_is_a_plain_one(
    lin: Person, given: str, *, kept: bool
) -> None:
    answer = await lin.get("/v1/me", **{"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"

"""What cannot be read is refused with a reason, without repeating a word of it, and leaves nothing behind."""

import base64
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from msgspec import Struct

from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import pointers, refused

SECRET = "zhangsan-13800138000"
"""A value that no answer may repeat."""

JSON = "application/json"

MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "half": b'{"formId": "on-demand"',
    "words": SECRET.encode(),
    "single quotes": b"{'formId': 'on-demand'}",
    "NaN": b'{"formId": "a", "formVersion": NaN}',
    "latin-1": b'{"formId": "\xe9"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": "{}".encode("utf-16"),
    "half a surrogate pair": rb'{"formId": "\ud800"}',
    "a bare control character": b'{"formId": "a\x01b"}',
}


class Wrong(Struct, frozen=True):
    """What is put in place of a good field, and where the answer must point."""

    change: dict[str, Json]
    pointer: str


def answered(**answer: Json) -> dict[str, Json]:
    return {"answers": [{"type": "choice", "itemId": "fainted", "choice": "no"}, answer]}


WRONG: dict[str, Wrong] = {
    "an unknown field": Wrong({SECRET: 1}, ""),
    "a number for a text": Wrong({"formId": 7}, "/formId"),
    "a text for a number": Wrong({"formVersion": SECRET}, "/formVersion"),
    "a fraction for a whole number": Wrong({"formVersion": 1.5}, "/formVersion"),
    "version zero": Wrong({"formVersion": 0}, "/formVersion"),
    "a version beyond all": Wrong({"formVersion": 10**30}, "/formVersion"),
    "an unknown language": Wrong({"language": SECRET}, "/language"),
    "null": Wrong({"onsetAt": None}, "/onsetAt"),
    "a time without offset": Wrong({"deviceTime": "2026-11-23T14:00:00"}, "/deviceTime"),
    "no time": Wrong({"deviceTime": SECRET}, "/deviceTime"),
    "the 30th of February": Wrong({"deviceTime": "2026-02-30T14:00:00Z"}, "/deviceTime"),
    "seconds since 1970": Wrong({"deviceTime": 1_700_000_000}, "/deviceTime"),
    "answers that are no list": Wrong({"answers": {"fainted": SECRET}}, "/answers"),
    "201 answers": Wrong({"answers": [{"type": "choice", "itemId": "a", "choice": "b"}] * 201}, "/answers"),
    "an answer of no type": Wrong(answered(itemId="fainted", choice="no"), "/answers/1"),
    "an answer of an unknown type": Wrong(answered(type=SECRET, itemId="fainted"), "/answers/1/type"),
    "an unknown item": Wrong(answered(type="choice", itemId=SECRET, choice="no"), "/answers/1/itemId"),
    "an unknown choice": Wrong(answered(type="choice", itemId="urine", choice=SECRET), "/answers/1/choice"),
    "a long item id": Wrong(answered(type="choice", itemId=SECRET * 9, choice="no"), "/answers/1/itemId"),
    "the same item twice": Wrong(
        answered(type="choice", itemId="fainted", choice="yes"), "/answers/1/itemId"
    ),
    "the wrong kind of answer": Wrong(answered(type="text", itemId="urine", text=SECRET), "/answers/1/type"),
    "a fever of 138": Wrong(answered(type="number", itemId="temperature", number=138), "/answers/1/number"),
    "a fever of 1e300": Wrong(
        answered(type="number", itemId="temperature", number=1e300), "/answers/1/number"
    ),
    "two decimals": Wrong(answered(type="number", itemId="temperature", number=38.25), "/answers/1/number"),
    "a number as text": Wrong(
        answered(type="number", itemId="temperature", number="38"), "/answers/1/number"
    ),
    "NUL in free text": Wrong(
        answered(type="text", itemId="free-text", text=f"\x00{SECRET}"), "/answers/1/text"
    ),
    "NUL in an item id": Wrong(answered(type="choice", itemId="\x00", choice="no"), "/answers/1/itemId"),
    "2001 characters": Wrong(answered(type="text", itemId="free-text", text="z" * 2001), "/answers/1/text"),
    "NUL in the app's version": Wrong({"appVersion": "1\x00"}, "/appVersion"),
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


async def put(lin: Person, content: bytes | AsyncIterator[bytes], media_type: str = JSON) -> httpx.Response:
    headers = {"Authorization": f"Bearer {lin.tokens['accessToken']}", "Content-Type": media_type}
    return await lin.clinic.http.put(f"/v1/me/reports/{uuid4()}", content=content, headers=headers)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_a_body_that_is_no_json_is_refused(lin: Person, body: bytes) -> None:
    answer = await put(lin, body)
    refused(answer, 400, "body.malformed")
    assert SECRET not in answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_report_that_does_not_fit_is_refused_with_a_pointer(lin: Person, wrong: Wrong) -> None:
    body = {**lin.clinic.submission("participant", {"fainted": "no"}), **wrong.change}
    answer = await put(lin, json.dumps(body).encode())
    problem = refused(answer, 422, "body.invalid")
    assert pointers(problem) == [wrong.pointer]
    if SECRET not in wrong.change:
        assert SECRET not in answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("more", [b"{}", b"// " + SECRET.encode(), b"\x00"])
async def test_what_follows_a_whole_report_makes_it_no_json(lin: Person, more: bytes) -> None:
    body = json.dumps(lin.clinic.submission("participant", {"fainted": "yes"})).encode()
    answer = await put(lin, body + more)
    refused(answer, 400, "body.malformed")
    assert SECRET not in answer.text


@pytest.mark.usefixtures("unchanged")
async def test_every_misfit_of_a_report_is_named_at_once(lin: Person) -> None:
    answers: dict[str, str | float] = {
        "urine": "lots",
        "temperature": 20.0,
        "fainted": "no",
        "no-such-item": "yes",
    }
    answer = await lin.report(answers)
    assert pointers(refused(answer, 422, "body.invalid")) == [
        "/answers/0/choice",
        "/answers/1/number",
        "/answers/3/itemId",
    ]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "1" + "0" * 5000])
async def test_a_number_beyond_all_numbers_is_refused(lin: Person, number: str) -> None:
    body = json.dumps(lin.clinic.submission("participant", {"temperature": 38.5})).replace("38.5", number)
    assert pointers(refused(await put(lin, body.encode()), 422, "body.invalid")) == ["/answers/0/number"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "start", ["", '{"answers":', '{"answers":[{"zz":', '{"answers":[{"type":"choice","zz":', '{"zz":']
)
@pytest.mark.parametrize("closed", [True, False])
async def test_ten_thousand_brackets_harm_nobody(lin: Person, start: str, closed: bool) -> None:
    body = start.encode() + b"[" * 10_000 + (b"]" * 10_000 if closed else b"")
    answer = await put(lin, body)
    assert answer.status_code in {400, 422}
    refused(answer, answer.status_code, "body.malformed" if answer.status_code == 400 else "body.invalid")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", ['"formVersion": 1', '"itemId": "fainted"'])
async def test_a_name_given_twice_is_refused_because_nothing_says_which_counts(
    lin: Person, name: str
) -> None:
    body = json.dumps(lin.clinic.submission("participant", {"fainted": "yes"}))
    refused(await put(lin, body.replace(name, f"{name}, {name}").encode()), 400, "body.malformed")


@pytest.mark.usefixtures("unchanged")
async def test_a_body_of_64_kib_and_one_byte_is_too_large_with_and_without_a_stated_length(
    lin: Person,
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 1024
        yield b" "

    refused(await put(lin, b" " * (64 * 1024 + 1)), 413, "body.too-large")
    refused(await put(lin, chunks()), 413, "body.too-large")
    refused(await put(lin, b" " * (64 * 1024)), 400, "body.malformed")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data", "json", ""])
async def test_only_json_is_read(lin: Person, media_type: str) -> None:
    body = json.dumps(lin.clinic.submission("participant", {"fainted": "no"})).encode()
    refused(await put(lin, body, media_type), 415, "body.media-type")


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

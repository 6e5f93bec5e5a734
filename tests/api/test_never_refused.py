"""Nothing that a phone of ours hands in is refused for what it says: it is kept, judged, rung, and looked at."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from msgspec import Struct

from domain.records.rows import transaction
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import refused
from tests.support.watch import tasks_about

WORD = "zhangsan-13800138000"
"""A value that no answer may repeat."""

JSON = "application/json"

MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "half": b'{"formId": "on-demand"',
    "words": WORD.encode(),
    "single quotes": b"{'formId': 'on-demand'}",
    "NaN": b'{"formId": "a", "formVersion": NaN}',
    "latin-1": b'{"formId": "\xe9"}',
    "a bare control character": b'{"formId": "a\x01b"}',
}


WITH_A_RED_FLAG: dict[str, bytes] = {
    "cut off in the next answer": b'{"formId":"on-demand","formVersion":1,"answers":[{"type":"choice",'
    b'"itemId":"black-stool","choice":"yes"},{"type":"choice","itemId":"fain',
    "cut off behind the answer": b'{"answers":[{"choice": "yes", "type":"choice", "itemId" : "black-stool"',
    "a comma too many": b'{"answers":[{"type":"choice","itemId":"black-stool","choice":"yes"},],}',
    "with another encoding": b'{"note":"\xe9","answers":[{"itemId":"black-stool","choice":"yes"}]}',
    "a fever": b'{"answers":[{"type":"number","itemId":"temperature","number":39.5},',
}


class Wrong(Struct, frozen=True):
    """What is put in place of a good field, and where the answer must point."""

    change: dict[str, Json]
    pointer: str


def answered(**answer: Json) -> dict[str, Json]:
    return {"answers": [{"type": "choice", "itemId": "fainted", "choice": "no"}, answer]}


WRONG: dict[str, Wrong] = {
    "an unknown field": Wrong({"colour": WORD}, "/colour"),
    "a number for a text": Wrong({"formId": 7}, "/formId"),
    "a text for a number": Wrong({"formVersion": WORD}, "/formVersion"),
    "a fraction for a whole number": Wrong({"formVersion": 1.5}, "/formVersion"),
    "version zero": Wrong({"formVersion": 0}, "/formVersion"),
    "a version beyond all": Wrong({"formVersion": 10**30}, "/formVersion"),
    "an unknown language": Wrong({"language": WORD}, "/language"),
    "null": Wrong({"onsetAt": None}, "/onsetAt"),
    "a time without offset": Wrong({"deviceTime": "2026-11-23T14:00:00"}, "/deviceTime"),
    "no time": Wrong({"deviceTime": WORD}, "/deviceTime"),
    "the 30th of February": Wrong({"deviceTime": "2026-02-30T14:00:00Z"}, "/deviceTime"),
    "seconds since 1970": Wrong({"deviceTime": 1_700_000_000}, "/deviceTime"),
    "answers that are no list": Wrong({"answers": {"fainted": WORD}}, "/answers"),
    "201 answers": Wrong({"answers": [{"type": "choice", "itemId": "a", "choice": "b"}] * 201}, "/answers"),
    "an answer of no type": Wrong(answered(itemId="fainted", choice="no"), "/answers/1/type"),
    "an answer of an unknown type": Wrong(answered(type=WORD, itemId="fainted"), "/answers/1/type"),
    "an unknown item": Wrong(answered(type="choice", itemId=WORD, choice="no"), "/answers/1/itemId"),
    "an unknown choice": Wrong(answered(type="choice", itemId="urine", choice=WORD), "/answers/1/choice"),
    "a long item id": Wrong(answered(type="choice", itemId=WORD * 9, choice="no"), "/answers/1/itemId"),
    "the same item twice": Wrong(
        answered(type="choice", itemId="fainted", choice="yes"), "/answers/1/itemId"
    ),
    "the wrong kind of answer": Wrong(answered(type="text", itemId="urine", text=WORD), "/answers/1/type"),
    "a fever of 138": Wrong(answered(type="number", itemId="temperature", number=138), "/answers/1/number"),
    "a fever of 1e300": Wrong(
        answered(type="number", itemId="temperature", number=1e300), "/answers/1/number"
    ),
    "two decimals": Wrong(answered(type="number", itemId="temperature", number=38.25), "/answers/1/number"),
    "a number as text": Wrong(
        answered(type="number", itemId="temperature", number="38"), "/answers/1/number"
    ),
    "NUL in free text": Wrong(
        answered(type="text", itemId="free-text", text=f"\x00{WORD}"), "/answers/1/text"
    ),
    "NUL in an item id": Wrong(answered(type="choice", itemId="\x00", choice="no"), "/answers/1/itemId"),
    "2001 characters": Wrong(answered(type="text", itemId="free-text", text="z" * 2001), "/answers/1/text"),
    "NUL in the app's version": Wrong({"appVersion": "1\x00"}, "/appVersion"),
}


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    lin, _ = await ward.lin()
    return lin


async def put(
    lin: Person, content: bytes | AsyncIterator[bytes], media_type: str = JSON, report_id: str = ""
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {lin.tokens['accessToken']}", "Content-Type": media_type}
    place = f"/v1/me/reports/{report_id or uuid4()}"
    return await lin.clinic.http.put(place, content=content, headers=headers)


async def kept(clinic: Clinic, report_id: str) -> list[dict[str, Any]]:
    """Everything that is stored under an id, in the order of its variants."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select variant, level, quarantine, original, alert_id from reports where id = $1 order by variant",
            report_id,
        )
    return [dict(row) for row in found]


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_what_does_not_fit_is_accepted_named_and_put_before_a_human(lin: Person, wrong: Wrong) -> None:
    body = {**lin.clinic.submission("participant", {"fainted": "no"}), **wrong.change}
    report_id = str(uuid4())
    answer = await put(lin, json.dumps(body).encode(), report_id=report_id)
    report = answer.json()
    assert (answer.status_code, report["quarantined"]) == (201, True), answer.text
    assert wrong.pointer in [each["pointer"] for each in report["faults"]]
    # In plain words, none of a library's.
    assert not [each for each in report["faults"] if re.search("`|Expected", each["message"])]
    assert WORD not in answer.text.replace(json.dumps(body.get("formId")), "")
    assert "quarantined-report" in await tasks_about(lin.clinic, report_id)
    assert (await lin.get(f"/v1/me/reports/{report_id}")).json()["faults"] == report["faults"]


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_red_flag_beside_what_does_not_fit_rings(lin: Person, wrong: Wrong) -> None:
    body = {**lin.clinic.submission("participant", {"fainted": "no"}), **wrong.change}
    if isinstance(body["answers"], list):
        body["answers"] = [*body["answers"], {"type": "choice", "itemId": "black-stool", "choice": "yes"}]
    else:
        body["answers"] = {"list": [{"type": "choice", "itemId": "black-stool", "choice": "yes"}]}
    report = (await put(lin, json.dumps(body).encode())).json()
    assert (report["level"], report["page"]["goNow"]) == ("emergency", True)
    assert report["page"]["status"] != "not-needed"


async def test_every_misfit_of_a_report_is_named_at_once(lin: Person) -> None:
    answers: dict[str, str | float] = {
        "urine": "lots",
        "temperature": 20.0,
        "fainted": "no",
        "no-such-item": "yes",
    }
    report = (await lin.report(answers)).json()
    assert [each["pointer"] for each in report["faults"]] == [
        "/answers/0/choice",
        "/answers/1/number",
        "/answers/3/itemId",
    ]
    assert report["misfits"] == ["answers"]


async def test_an_answer_to_a_red_flag_that_cannot_be_read_is_no_no(lin: Person) -> None:
    report = (await lin.report({"black-stool": "jet-black"})).json()
    assert (report["level"], report["signals"]) == ("urgent", ["bleeding"])


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_json_is_answered_400_and_kept_as_it_came(lin: Person, body: bytes) -> None:
    report_id = str(uuid4())
    answer = await put(lin, body, report_id=report_id)
    problem = refused(answer, 400, "report.malformed")
    assert "120" in problem["whatToDo"]["advice"]["text"]
    assert WORD not in answer.text
    (row,) = await kept(lin.clinic, report_id)
    assert (row["variant"], row["quarantine"], row["original"]) == (1, ["unreadable"], body)
    assert await tasks_about(lin.clinic, report_id) == ["quarantined-report"]


@pytest.mark.parametrize("body", WITH_A_RED_FLAG.values(), ids=WITH_A_RED_FLAG)
async def test_a_red_flag_in_what_is_no_json_still_rings(ward: Clinic, body: bytes) -> None:
    lin, _ = await ward.lin()
    report_id = str(uuid4())
    problem = refused(await put(lin, body, report_id=report_id), 400, "report.malformed")
    (row,) = await kept(ward, report_id)
    assert row["level"] in {"urgent", "emergency"}
    assert row["alert_id"] is not None
    assert problem["whatToDo"]["level"] == row["level"]
    assert problem["whatToDo"]["page"]["status"] == "sending"


async def test_the_mended_report_is_taken_under_the_same_id(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    report_id, body = str(uuid4()), ward.submission("participant", {"black-stool": "yes"})
    whole = json.dumps(body).encode()
    refused(await put(lin, whole[:-2], report_id=report_id), 400, "report.malformed")
    refused(await put(lin, whole[:-2], report_id=report_id), 400, "report.malformed")
    assert (await put(lin, whole, report_id=report_id)).status_code == 201
    assert (await put(lin, whole, report_id=report_id)).status_code == 200
    assert [row["variant"] for row in await kept(ward, report_id)] == [0, 1]


@pytest.mark.parametrize("more", [b"{}", b"// " + WORD.encode(), b"\x00"])
async def test_what_follows_a_whole_report_makes_it_no_json_and_hides_nothing(
    lin: Person, more: bytes
) -> None:
    body = json.dumps(lin.clinic.submission("participant", {"fainted": "yes"})).encode()
    problem = refused(await put(lin, body + more), 400, "report.malformed")
    assert problem["whatToDo"]["level"] == "emergency"


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "1" + "0" * 5000])
async def test_a_number_beyond_all_numbers_is_no_reading(lin: Person, number: str) -> None:
    body = json.dumps(lin.clinic.submission("participant", {"temperature": 38.5})).replace("38.5", number)
    answer = await put(lin, body.encode())
    report = answer.json()
    if answer.status_code == 201:
        assert report["faults"][0]["pointer"].startswith("/answers/0")
    else:
        refused(answer, 400, "report.malformed")


@pytest.mark.parametrize(
    "start", ["", '{"answers":', '{"answers":[{"zz":', '{"answers":[{"type":"choice","zz":', '{"zz":']
)
@pytest.mark.parametrize("closed", [True, False])
async def test_ten_thousand_brackets_harm_nobody(lin: Person, start: str, closed: bool) -> None:
    body = start.encode() + b"[" * 10_000 + (b"]" * 10_000 if closed else b"")
    refused(await put(lin, body), 400, "report.malformed")


@pytest.mark.parametrize("order", [("yes", "no"), ("no", "yes")])
async def test_of_an_answer_given_twice_in_one_object_the_worse_counts(lin: Person, order: Any) -> None:
    body = json.dumps(lin.clinic.submission("participant", {"fainted": "no"}))
    twice = (
        f'"itemId": "fainted", "choice": "{order[0]}"}}, {{"type": "choice", "itemId": "fainted", "choice"'
    )
    twice = body.replace('"itemId": "fainted", "choice"', twice).replace('"no"}]', f'"{order[1]}"}}]')
    assert (await put(lin, twice.encode())).json()["level"] == "emergency"
    named = body.replace('"choice": "no"', f'"choice": "{order[0]}", "choice": "{order[1]}"')
    report = (await put(lin, named.encode())).json()
    assert "" in [each["pointer"] for each in report["faults"]]


async def test_the_beginning_of_a_body_that_is_too_large_is_kept_and_judged(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    flag = b'{"answers":[{"type":"choice","itemId":"black-stool","choice":"yes"},'

    async def chunks() -> AsyncIterator[bytes]:
        yield flag
        for _ in range(64):
            yield b" " * 1024

    for content in (flag + b" " * 64 * 1024, chunks()):
        report_id = str(uuid4())
        problem = refused(await put(lin, content, report_id=report_id), 413, "body.too-large")
        assert problem["whatToDo"]["level"] == "emergency"
        (row,) = await kept(ward, report_id)
        assert len(row["original"]) == 64 * 1024


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "json", ""])
async def test_a_report_is_read_whatever_it_is_called(lin: Person, media_type: str) -> None:
    body = json.dumps(lin.clinic.submission("participant", {"fainted": "no"})).encode()
    assert (await put(lin, body, media_type)).status_code == 201


SHAPES: dict[str, Any] = {
    "under another name": {"Answers": [{"itemId": "vomited-blood", "choice": "yes"}]},
    "one level deeper": {"report": {"answers": [{"itemId": "vomited-blood", "choice": "yes"}]}},
    "a map": {"answers": {"vomited-blood": "yes"}},
    "a list of choices": {"answers": [{"itemId": "vomited-blood", "choice": ["yes"]}]},
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
async def test_a_red_flag_in_another_shape_is_read(lin: Person, body: Any) -> None:
    report = (await put(lin, json.dumps(body).encode())).json()
    assert (report["level"], report["quarantined"]) == ("emergency", True)


async def test_what_the_app_did_not_answer_pages_nobody(lin: Person) -> None:
    body = {**lin.clinic.submission("participant", {}), "answers": [{"itemId": "fainted", "choice": None}]}
    assert (await put(lin, json.dumps(body).encode())).json()["level"] == "none"

"""Nothing anywhere says who was allocated to what, and what a caller says of it goes nowhere (issue 6, trial.md §2)."""

import json
import time
from io import StringIO
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.report_reading import read_correction, read_report
from api.withholding import withheld
from domain import blinding
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person
from tests.support.logs import line_of
from tests.support.problems import refused
from tests.support.watch import tasks_about

VALUE = "zaffre-7731"
"""What a field said; it must be nowhere afterwards."""

TELLING = (
    *(
        "arm",
        "ARM",
        "aRm",
        "trialArm",
        "arm_code",
        "arm-2",
        "doseLevel",
        "dose2",
        "DOSE_MG",
        "dosage",
        "dosing",
    ),
    *("cohort", "kitNumber", "placebo", "randomisationCode", "randomizedOn", "random_no", "allocation"),
    *(
        "treatment",
        "groupAssignment",
        "unblinded",
        "\uff41\uff52\uff4d",
        "a\u200brm",
        "分组",
        "剂量水平",
        "随机号",
        "揭盲",
    ),
)
INNOCENT = (
    *(
        "charm",
        "pharmacy",
        "alarm",
        "kitchen",
        "overdose_hotline",
        "answers",
        "formId",
        "blindIndex",
        "groupedBy",
    ),
    *("code", "strategy", "harmony", "kitten", "armament", "给药", "症状"),
)


@pytest.mark.parametrize("name", TELLING)
def test_a_name_that_could_unblind_is_known_in_any_spelling(name: str) -> None:
    assert blinding.in_name(name)
    assert withheld(json.dumps({name: VALUE}).encode()) != json.dumps({name: VALUE}).encode()


@pytest.mark.parametrize("name", INNOCENT)
def test_a_name_that_only_sounds_like_one_is_none(name: str) -> None:
    assert not blinding.in_name(name)


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    lin, _ = await ward.lin()
    return lin


async def everywhere(clinic: Clinic, word: str) -> list[str]:
    """The tables in which a word stands, in any column, bytes as well."""
    found = []
    async with transaction(clinic.trial.pool) as connection:
        for table in await clinic.everything():
            rows = await connection.fetch(f"select {table} as row from {table}")  # noqa: S608 - a table's name
            said = " ".join(_text(value) for row in rows for value in row["row"].values())
            found += [table] if word in said.lower() else []
    return found


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/v1/me", {"treatmentZaffre": VALUE}),
        ("POST", "/v1/me/reminder-receipts", {"planVersion": 1, "receipts": [{"zaffreDose": VALUE}]}),
        ("POST", "/v1/activations", {"code": "x", "deviceId": str(uuid4()), "cohort-zaffre": {"is": VALUE}}),
        ("POST", "/v1/staff/sessions", {"分组zaffre": VALUE}),
        ("GET", f"/v1/me?zaffreArm={VALUE}", None),
        ("GET", f"/v1/me/reports?limit=5&zaffre_kit={VALUE}", None),
    ],
)
async def test_a_request_that_names_it_is_refused_and_nothing_of_it_is_said_or_kept(
    log: StringIO, lin: Person, method: str, path: str, body: Any
) -> None:
    answer = await lin.call(method, path, body, headers={"If-Match": "*", "X-Request-Id": "zaffre-arm"})
    problem = refused(answer, 422, "request.blinded-field")
    assert problem["errors"] == []
    await line_of(log, answer)
    assert "zaffre" not in (answer.text + str(answer.headers) + log.getvalue()).lower()
    assert await everywhere(lin.clinic, "zaffre") == []


REPORTS = {
    "beside the answers": lambda body: {**body, "zaffreArm": VALUE},
    "twice": lambda body: {**body, "zaffreArm": VALUE, "zaffre_cohort": {"is": [VALUE]}},
    "in an answer": lambda body: {**body, "answers": [{**body["answers"][0], "zaffreDose": VALUE}]},
    "as an answer": lambda body: {
        **body,
        "answers": [*body["answers"], {"type": "choice", "itemId": "zaffre-kit", "choice": VALUE}],
    },
    "as a choice": lambda body: {
        **body,
        "answers": [*body["answers"], {"type": "choice", "itemId": "urine", "choice": "zaffre-placebo"}],
    },
    "around the answers": lambda body: {
        **{name: value for name, value in body.items() if name != "answers"},
        "treatment": {"zaffre": VALUE, "answers": body["answers"]},
    },
    "far around the answers": lambda body: {
        **{name: value for name, value in body.items() if name != "answers"},
        "treatment": {"zaffre": VALUE, "of": [{"cohort": {"zaffre": VALUE, "answers": body["answers"]}}]},
    },
    "as the form": lambda body: {**body, "formId": "zaffre-cohort-diary"},
    "in Chinese": lambda body: {**body, "分组zaffre": VALUE},
}


@pytest.mark.parametrize("change", REPORTS.values(), ids=REPORTS)
async def test_a_report_that_names_it_is_kept_without_it_and_rings_all_the_same(
    log: StringIO, ward: Clinic, change: Any
) -> None:
    lin, _ = await ward.lin()
    body = change(ward.submission("participant", {"black-stool": "yes"}))
    await rings_without_it(lin, json.dumps(body).encode(), log, status=201)


@pytest.mark.parametrize(
    "body",
    [
        b'{"zaffreArm":"zaffre","answers":[{"itemId":"black-stool","choice":"yes"}],}',
        b'{"answers":[{"itemId":"black-stool","choice":"yes"}],"cohort":{"of":["zaffre", {"a":"zaff',
        b'{"zaffre_dose":[1,"zaffre"],"answers":[{"itemId":"black-stool","choice":"yes"},{"itemId":"zaffre-arm',
        b"arm=zaffre&dose='zaffre 2'&" + b'{"itemId":"black-stool","choice":"yes"}',
        b'{"\\u0061rm":"zaffre","answers":[{"itemId":"black-stool","choice":"yes"}',
    ],
)
async def test_a_torn_report_is_kept_without_it_as_well(log: StringIO, ward: Clinic, body: bytes) -> None:
    lin, _ = await ward.lin()
    await rings_without_it(lin, body, log, status=400)


async def rings_without_it(lin: Person, body: bytes, log: StringIO, status: int) -> None:
    report_id = str(uuid4())
    said: Any = None
    for turn in (status, 200 if status == 201 else status):
        answer = await put(lin, report_id, body)
        assert answer.status_code == turn, answer.text
        await line_of(log, answer)
        assert "zaffre" not in (answer.text + log.getvalue()).lower()
        said = answer.json()
    told = said if status == 201 else said["whatToDo"]
    assert (told["level"], told["page"]["status"]) == ("emergency", "sending")
    assert "quarantined-report" in await tasks_about(lin.clinic, report_id)
    assert await everywhere(lin.clinic, "zaffre") == []


async def put(lin: Person, report_id: str, body: bytes) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {lin.tokens['accessToken']}", "Content-Type": "application/json"}
    return await lin.clinic.http.put(f"/v1/me/reports/{report_id}", content=body, headers=bearer)


async def test_her_own_words_are_kept_whole(lin: Person) -> None:
    report_id, words = str(uuid4()), "I missed a dose of my antiviral; my left arm hurts. 漏服一次剂量"
    answer = await lin.report({"black-stool": "no", "free-text": words}, report_id=report_id)
    assert (answer.status_code, answer.json()["quarantined"]) == (201, False), answer.text
    async with transaction(lin.clinic.trial.pool) as connection:
        original = await connection.fetchval("select original from reports where id = $1", report_id)
    assert json.loads(original)["answers"][1]["text"] == words


def test_what_is_given_twice_is_kept_twice() -> None:
    body = b'{"formId":"on-demand","formId":"caregiver","arm":"A","answers":[]}'
    assert withheld(body) == b'{"formId": "on-demand", "formId": "caregiver", "answers": [], "withheld": []}'


def test_what_holds_nothing_of_it_is_not_touched() -> None:
    for body in (b"", b"{", b'{"a":"harm"}', b'{"alarm":[1.10,NaN]}', "{'阿':1}".encode(), b"\xff\x00arm"):
        assert withheld(body) is body or withheld(body) == body


def test_a_correction_is_read_without_it() -> None:
    body = withheld(b'{"reason":"wrong","arm":"zaffre","answers":[]}')
    for arrival in (read_report(uuid4(), body), read_correction(uuid4(), body)):
        assert b"zaffre" not in arrival.original
        assert "/withheld" in [fault.pointer for fault in arrival.faults]


def test_nobody_holds_a_node_up_with_what_is_withheld() -> None:
    started = time.process_time()
    for part in (
        '"arm":',
        '{"arm":',
        '{"arm":{"itemId":"a","x":',
        '"\\',
        "arm=",
        "a:",
        "dose ",
        "[",
        "'arm':'",
    ):
        withheld((part * (1024 * 1024 // len(part))).encode())
    # As in test_reading_anything.py: what is squared would take hours of this process, whatever else the machine does.
    assert time.process_time() - started < 60

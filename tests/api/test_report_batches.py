"""What waited on a phone, handed in at once: each report for itself."""

import json
from uuid import uuid4

import httpx
import pytest

from api.report_reading import read_batch
from domain.limits import MOST_A_DAY
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import refused

BATCHES = "/v1/me/report-batches"


def waiting(clinic: Clinic, answers: dict[str, str | float], **fields: Json) -> dict[str, Json]:
    return {**clinic.submission("participant", answers), "reportId": str(uuid4()), **fields}


async def hand_in(lin: Person, *reports: Json) -> list[Json]:
    answer = await lin.post(BATCHES, {"reports": list(reports)})
    assert answer.status_code == 200, answer.text
    results: list[Json] = answer.json()["results"]
    assert [each["index"] for each in results] == list(range(len(reports)))
    return results


async def test_each_report_of_a_batch_is_stored_and_answered(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    well = waiting(clinic, {"fainted": "no"}, ageSeconds=7200)
    ill = waiting(clinic, {"black-stool": "yes"}, ageSeconds=60)
    results = await hand_in(lin, well, ill)
    assert [(each["status"], each["report"]["level"]) for each in results] == [
        (201, "none"),
        (201, "emergency"),
    ]
    assert [each["reportId"] for each in results] == [well["reportId"], ill["reportId"]]
    again = await hand_in(lin, ill, well)
    assert [each["status"] for each in again] == [200, 200]
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


async def test_a_report_of_a_batch_is_the_same_as_one_handed_in_by_itself(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    body = waiting(ward, {"fainted": "no"})
    await hand_in(lin, body)
    alone = {name: value for name, value in body.items() if name != "reportId"}
    assert (await lin.put(f"/v1/me/reports/{body['reportId']}", alone)).status_code == 200


async def test_one_bad_report_blocks_no_other(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    taken = waiting(clinic, {"fainted": "no"})
    await hand_in(lin, taken)
    other = {**taken, "answers": [{"type": "choice", "itemId": "fainted", "choice": "yes"}]}
    bad: list[Json] = [
        7,
        None,
        "words",
        [],
        {},
        {"reportId": "seven", "formId": "x"},
        {"reportId": str(uuid4())},
    ]
    results = await hand_in(lin, *bad, other, waiting(clinic, {"black-stool": "yes"}))
    assert results[-1]["report"]["level"] == "emergency"
    assert results[-2]["problem"]["code"] == "report.conflict"
    assert results[-2]["problem"]["whatToDo"]["level"] == "emergency"
    for each in results[:4]:
        assert each["problem"]["code"] == "report.malformed"
        assert "reportId" not in each
    for each in results[4:7]:
        assert (each["status"], each["report"]["quarantined"]) == (201, True)


@pytest.mark.parametrize(
    "body",
    [
        b'{"reports":[{"answers":[{"type":"choice","itemId":"black-stool","choice":"yes"}]}',
        b'[{"itemId":"black-stool","choice":"yes"}]',
        b'{"report":[{"itemId":"black-stool","choice":"yes"}]}',
        b'{"reports":[],"itemId":"black-stool","choice":"yes"}',
    ],
)
async def test_what_is_no_batch_is_kept_and_a_red_flag_in_it_rings(clinic: Clinic, body: bytes) -> None:
    lin, _ = await clinic.lin()
    problem = refused(await send(lin, body), 400, "report.malformed")
    assert problem["whatToDo"]["page"]["status"] == "sending"
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


async def test_a_batch_may_be_far_larger_than_a_report(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    words: dict[str, str | float] = {"free-text": "z" * 2000}
    results = await hand_in(lin, *(waiting(ward, words) for _ in range(50)))
    assert {each["status"] for each in results} == {201}
    refused(await send(lin, b" " * (1024 * 1024 + 1)), 413, "body.too-large")


async def send(lin: Person, body: bytes) -> httpx.Response:
    headers = {"Authorization": f"Bearer {lin.tokens['accessToken']}"}
    return await lin.clinic.http.post(BATCHES, content=body, headers=headers)


async def test_a_batch_of_more_than_fifty_is_taken_all_the_same(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    results = await hand_in(lin, *(waiting(ward, {"fainted": "no"}) for _ in range(51)))
    assert {each["status"] for each in results} == {201}


RED_FLAGS: list[Json] = [
    {"itemId": "black-stool", "choice": "yes"},
    {"answers": {"black-stool": "yes"}},
    {"answers": [{"type": "choice", "itemId": "black-stool", "choice": True}]},
    {"answers": [{"type": "number", "itemId": "temperature", "number": "39.5"}]},
]


@pytest.mark.parametrize("sick", RED_FLAGS, ids=json.dumps)
@pytest.mark.parametrize("place", [0, 499, 500, 501, 600])
def test_a_sign_in_a_batch_of_very_many_is_read_wherever_it_stands(sick: Json, place: int) -> None:
    well: list[Json] = [{"answers": []}] * 600
    body = json.dumps({"reports": [*well[:place], sick, *well[place:]]}).encode()
    batch = read_batch(body, is_whole=True)
    assert isinstance(batch, tuple)
    assert len(batch) == MOST_A_DAY
    found = [each.arrival.submission.answers for each in batch]
    assert [bool(answers) for answers in found] == [index == min(place, 499) for index in range(500)]


async def test_however_many_reports_a_batch_has_the_last_of_them_rings(clinic: Clinic) -> None:
    """As many as a phone may hand in within a day are filed, and what would be too many comes first, as one."""
    lin, _ = await clinic.lin()
    well = [waiting(clinic, {"fainted": "no"}) for _ in range(MOST_A_DAY)]
    reports = [*well, waiting(clinic, {"black-stool": "yes"})]
    results = (await send(lin, json.dumps({"reports": reports}).encode())).json()["results"]
    assert [each["index"] for each in results] == list(range(MOST_A_DAY))
    assert {each["status"] for each in results} == {201}
    assert (results[-1]["report"]["quarantined"], results[-1]["report"]["level"]) == (True, "emergency")
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


async def test_a_batch_of_nothing_but_numbers_holds_nobody_up(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    numbers = ",".join(["1"] * 240_000)
    body = f'{{"reports":[{numbers},{json.dumps(RED_FLAGS[0])}]}}'.encode()
    answer = await send(lin, body)
    results = answer.json()["results"]
    assert len(results) == MOST_A_DAY
    # All the numbers are the same report: one that cannot be read.
    assert results[-1]["report"]["level"] == "emergency"
    assert await clinic.rows("reports") == 2


async def test_with_no_token_the_worst_report_of_a_batch_says_what_to_do(ward: Clinic) -> None:
    reports = [waiting(ward, {"fainted": "no"}), waiting(ward, {"black-stool": "yes"})]
    answer = await ward.http.post(BATCHES, json={"reports": reports})
    assert refused(answer, 401, "token.refused")["whatToDo"]["level"] == "emergency"


async def test_a_batch_from_the_desk_of_a_doctor_is_refused_as_a_whole(ward: Clinic, alice: Person) -> None:
    before = await ward.everything()
    answer = await alice.post(BATCHES, {"reports": [waiting(ward, {"black-stool": "yes"})]})
    assert refused(answer, 401, "token.refused")["whatToDo"]["level"] == "emergency"
    assert await ward.everything() == before


async def test_a_report_without_an_id_that_is_sent_again_later_is_stored_once(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    nameless = {k: v for k, v in waiting(ward, {"fainted": "no"}).items() if k != "reportId"}
    first, again = [await hand_in(lin, {**nameless, "ageSeconds": age}) for age in (1, 60)]
    assert (first[0]["status"], again[0]["status"]) == (201, 200)

"""What costs work is done for whoever holds a token of ours; a stranger is told what to do, and holds nobody up."""

import json
import threading
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.exchange import BODY_LIMIT
from api.report_reading import MOST_ADVISED, read_of_stranger
from api.tokens import TokenMint
from domain import blinding
from domain.people import Session
from notifications.trial import machine_now
from tests.support.clinic import Clinic, Json
from tests.support.problems import refused

BATCHES = "/v1/me/report-batches"


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> dict[str, threading.Thread]:
    """The names that were looked at, and by which thread."""
    found: dict[str, threading.Thread] = {}
    in_name = blinding.in_name

    def noting(name: str) -> bool:
        found[name] = threading.current_thread()
        return in_name(name)

    monkeypatch.setattr(blinding, "in_name", noting)
    return found


def waiting(clinic: Clinic, words: dict[str, str]) -> Json:
    return {**clinic.submission("participant", words), "reportId": str(uuid4())}


def forged() -> str:
    now = machine_now()
    session = Session(
        id=uuid4(), device_id=uuid4(), created_at=now, generation=1, rotated_at=now, account_id=uuid4()
    )
    return TokenMint(b"s" * 32, {"t1": b"x" * 32}).access(session, "participant", now)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "forged"}])
async def test_a_strangers_body_is_not_searched_for_names(
    ward: Clinic, searched: dict[str, threading.Thread], headers: dict[str, str]
) -> None:
    sent = {"Authorization": f"Bearer {forged()}"} if "forged" in headers.values() else headers
    report = {**waiting(ward, {"black-stool": "yes"}), "zaffreArm": "zaffre"}
    place = f"/v1/me/reports/{uuid4()}"
    for method, path, body in (
        ("PUT", place, report),
        ("POST", f"{place}/corrections", report),
        ("POST", BATCHES, {"reports": [report]}),
    ):
        answer = await ward.http.request(method, path, json=body, headers=sent)
        assert refused(answer, 401, "token.refused")["whatToDo"]["level"] == "emergency"
        assert "zaffre" not in answer.text.lower()
    assert "zaffreArm" not in searched


async def test_a_long_body_of_lins_is_searched_beside_the_event_loop(
    ward: Clinic, searched: dict[str, threading.Thread]
) -> None:
    lin, _ = await ward.lin()
    report = {**waiting(ward, {"black-stool": "yes"}), "zaffreArm": "zaffre" * BODY_LIMIT}
    answer = await lin.post(BATCHES, {"reports": [report]})
    assert [each["status"] for each in answer.json()["results"]] == [201]
    assert searched["zaffreArm"] is not threading.main_thread()
    await lin.post(BATCHES, {"reports": [{**waiting(ward, {"fainted": "no"}), "zaffreDose": 1}]})
    assert searched["zaffreDose"] is threading.main_thread()


@pytest.mark.parametrize("words", ["", "x" * 2 * BODY_LIMIT])
async def test_a_stranger_is_told_what_the_last_of_many_reports_asks_for(ward: Clinic, words: str) -> None:
    reports = [waiting(ward, {"fainted": "no"}) for _ in range(MOST_ADVISED)]
    reports.append({**waiting(ward, {"black-stool": "yes"}), "appVersion": words})
    answer = await ward.http.post(BATCHES, json={"reports": reports})
    assert refused(answer, 401, "token.refused")["whatToDo"]["level"] == "emergency"


def test_however_many_reports_a_stranger_sends_they_are_not_read_one_by_one() -> None:
    for body in (
        b'{"reports":[' + b"{}," * 20_000 + b"{}]}",
        b'{"reports":[{"a":"' + b"x" * BODY_LIMIT + b'"}]}',
    ):
        (arrival,) = read_of_stranger(body, is_whole=True, is_batch=True)
        assert not arrival.is_json
    batch = json.dumps({"reports": [{}] * MOST_ADVISED}).encode()
    assert len(read_of_stranger(batch, is_whole=True, is_batch=True)) == MOST_ADVISED


PARTS = [
    "arm",
    "Arm",
    "ARM",
    "dose",
    "kit",
    "char",
    "group",
    "Id",
    "code",
    "Break",
    "study",
    "_",
    "-",
    "2",
    "strata",
]


@given(st.lists(st.sampled_from([*PARTS, "random", "unblinded", "sham", "allocated", "x"]), max_size=5))
@example(["trial", "Group"])
@example(["assigned", "_", "group"])
@example(["deblind"])
def test_a_plain_name_is_known_as_the_same_in_wide_letters_is(parts: list[str]) -> None:
    name = "".join(parts)
    wide = "".join(chr(ord(each) + 0xFEE0) for each in name)
    assert blinding.in_name(name) == blinding.in_name(wide)


def test_a_name_that_nobody_would_give_is_not_remembered() -> None:
    kept = blinding.remembered.cache_info().currsize
    for place in range(50):
        assert blinding.in_name(f"arm-{'x' * blinding.REMEMBERED_LENGTH}-{place}")
        assert not blinding.in_name("症" * blinding.REMEMBERED_LENGTH + str(place))
    assert blinding.remembered.cache_info().currsize == kept

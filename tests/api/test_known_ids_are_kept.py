"""What the protocol in force asks by a name is an answer and never cut out, whatever the name sounds like."""

import json
from uuid import uuid4

import pytest

from api.withholding import withheld
from domain.protocol.schema import Protocol
from domain.records.rows import transaction
from tests.support.clinic import Clinic
from tests.support.protocol import shipped

KNOWN = frozenset({"one-arm-weak", "both-arms", "dose-diary"})
ANSWER = {"type": "choice", "itemId": "one-arm-weak", "choice": "both-arms"}


@pytest.mark.parametrize(
    "body",
    [
        {"formId": "dose-diary", "answers": [ANSWER]},
        {"formId": "dose-diary", "answers": {"one-arm-weak": "both-arms"}},
    ],
)
@pytest.mark.parametrize("torn", ["", ","])
def test_an_id_of_the_protocol_is_kept_beside_what_is_cut_out(body: object, torn: str) -> None:
    known = json.dumps(body).encode() + torn.encode()
    assert withheld(known, lambda: KNOWN) == known
    kept = withheld(known.replace(b'{"formId"', b'{"zaffreArm": "zaffre", "formId"', 1), lambda: KNOWN)
    assert b"zaffre" not in kept.lower()
    assert all(json.dumps(each).encode() in kept for each in KNOWN)


@pytest.mark.parametrize("torn", ["", ","])
def test_an_answer_that_stood_under_a_name_that_is_cut_out_is_kept(torn: str) -> None:
    kept = withheld(json.dumps({"zaffreArm": {"answers": [ANSWER]}}).encode() + torn.encode(), lambda: KNOWN)
    assert b"zaffre" not in kept.lower()
    assert b'"one-arm-weak"' in kept
    assert b'"both-arms"' in kept


def test_the_protocol_knows_its_forms_items_and_choices() -> None:
    assert {"on-demand", "black-stool", "streaks", "dont-know"} <= shipped().ids()


async def test_what_lin_answers_to_a_question_of_the_protocol_is_kept_at_each_door(
    ward: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "ids", lambda _: KNOWN)
    lin, _ = await ward.lin()
    body = ward.submission("participant", {"fainted": "no"})
    body = {**body, "answers": [*body["answers"], ANSWER]}
    first, second, third = (str(uuid4()) for _ in range(3))
    assert (await lin.put(f"/v1/me/reports/{first}", body)).status_code == 201
    corrected = {**body, "correctionId": second, "reason": "More was to be said."}
    assert (await lin.post(f"/v1/me/reports/{first}/corrections", corrected)).status_code == 201
    batch = {"reports": [{**body, "reportId": third}]}
    assert (await lin.post("/v1/me/report-batches", batch)).json()["results"][0]["status"] == 201
    async with transaction(ward.trial.pool) as connection:
        stored = await connection.fetch(
            "select original from reports where id = any($1)", [first, second, third]
        )
    assert len(stored) == 3
    assert all(ANSWER in json.loads(each["original"])["answers"] for each in stored)

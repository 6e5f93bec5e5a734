"""Who of the staff has read whose record is in her chain; and what is in the trail names nobody."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.people import Role
from domain.records import audit
from domain.records.rows import transaction
from tests.support.clinic import Clinic, Person, owner
from tests.support.sites import hire, open_site

READS = {
    *("participant.read", "participant-report.list", "participant-schedule.read", "alert.read"),
    *("consent.list", "device.list"),
}


async def trail(clinic: Clinic, participant_id: str) -> list[dict[str, Any]]:
    async with transaction(clinic.trial.pool) as connection:
        kept = await audit.entries(connection, f"participant/{participant_id}")
    return [msgspec.json.decode(each.body) for each in kept]


async def reads(clinic: Clinic, participant_id: str) -> list[dict[str, Any]]:
    return [each for each in await trail(clinic, participant_id) if each["action"] in READS]


def record(lin: Person) -> tuple[str, ...]:
    path = f"/v1/participants/{lin.participant_id}"
    return path, *(f"{path}/{of_hers}" for of_hers in ("reports", "schedule", "consents", "devices"))


async def test_each_way_to_read_her_record_is_an_entry_with_who_as_what_from_where(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"vomited-blood": "yes"})
    alice = await clinic.staff("Alice")
    alert = (await alice.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    for path in (*record(lin), f"/v1/alerts/{alert}"):
        assert (await alice.get(path, **{"X-Request-Id": "alice-looks"})).status_code == 200
    noted = await reads(clinic, lin.participant_id)
    assert {each["action"] for each in noted} == READS
    assert len(noted) == len(READS)
    for each in noted:
        assert each["actor"]["role"] == "staff"
        assert each["actor"]["device_id"] == alice.device_id
        assert (each["siteRole"], each["requestId"], each["changes"]) == ("coordinator", "alice-looks", [])


async def test_whatever_staff_can_read_of_one_participant_is_noted(clinic: Clinic) -> None:
    """By the contract: a path that names her is her record, and a new one must leave an entry as well."""
    lin, _ = await clinic.lin()
    alice = await clinic.staff("Alice")
    paths = [
        path
        for path, operations in contract()["paths"].items()
        if "{participantId}" in path and "get" in operations
    ]
    assert len(paths) >= len(READS) - 1
    for path in paths:
        before = len(await trail(clinic, lin.participant_id))
        answer = await alice.get(path.replace("{participantId}", lin.participant_id))
        assert answer.status_code == 200, path
        assert len(await trail(clinic, lin.participant_id)) == before + 1, path


def contract() -> dict[str, Any]:
    path = Path(__file__).parents[2] / "openapi" / "openapi.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])


async def test_a_record_looked_at_all_day_is_noted_once_a_quarter_of_an_hour(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    alice, bob = await clinic.staff("Alice"), await clinic.staff("Bob")
    path = record(lin)[0]
    answers = await asyncio.gather(*(alice.get(path) for _ in range(8)))
    assert {each.status_code for each in answers} == {200}
    assert len(await reads(clinic, lin.participant_id)) == 1
    await bob.get(path)
    assert len(await reads(clinic, lin.participant_id)) == 2
    await clinic.advance(minutes=15)
    # She holds it already, and has it before her again.
    held = await alice.get(path, **{"If-None-Match": answers[0].headers["etag"]})
    assert held.status_code == 304
    assert len(await reads(clinic, lin.participant_id)) == 3


async def test_nobody_of_another_site_is_noted_for_she_was_shown_nothing(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    zoe = await hire(clinic, "Zoe", Role.INVESTIGATOR, await open_site(clinic, "Elsewhere"))
    for path in record(lin):
        assert (await zoe.person.get(path)).status_code == 404
    assert await reads(clinic, lin.participant_id) == []


async def test_a_reading_that_cannot_be_noted_is_not_answered(clinic: Clinic, clinic_url: str) -> None:
    lin, _ = await clinic.lin()
    alice = await clinic.staff("Alice")
    connection = await owner(clinic_url)
    await connection.execute(
        "alter table audit_entries add constraint no_more check (action <> 'participant.read') not valid"
    )
    answer = await alice.get(record(lin)[0])
    await connection.close()
    assert answer.status_code == 500
    assert "subjectNumber" not in answer.text


async def test_what_a_drill_shows_is_nobodys_record(clinic: Clinic) -> None:
    alice = await clinic.staff("Alice")
    site = (await alice.get("/v1/sites")).json()["sites"][0]["siteId"]
    await alice.post(f"/v1/sites/{site}/drills")
    await clinic.settle()
    alert = (await alice.get("/v1/alerts")).json()["alerts"]
    for each in alert:
        await alice.get(f"/v1/alerts/{each['alertId']}")
    assert await clinic.rows("record_reads") == 0


@pytest.mark.parametrize("words", ["My name is Lin Wang, call me.", "王林"])
async def test_words_that_could_name_her_are_in_the_trail_as_a_digest_only(
    clinic: Clinic, words: str
) -> None:
    lin, _ = await clinic.lin()
    assert (await lin.report({"vomited-blood": "yes", "free-text": words})).status_code == 201
    bob = await clinic.staff("Bob")
    alert = (await bob.get("/v1/alerts")).json()["alerts"][0]["alertId"]
    await bob.post(f"/v1/alerts/{alert}/declines", {"reason": "in-theatre", "note": words})
    bodies = await trail(clinic, lin.participant_id)
    said = msgspec.json.encode(bodies).decode()
    assert words not in said
    assert f":{len(words)}" in said
    submitted = next(each for each in bodies if each["action"] == "report.submit")
    shown = {each["record"]: each["after"] for each in submitted["changes"]}["Report"]["submission"][
        "answers"
    ]
    assert {each["itemId"]: each["type"] for each in shown} == {
        "vomited-blood": "choice",
        "free-text": "text",
    }

"""Participants in chosen states: one call, and she has the past that a test of an app wants."""

import time
from collections import Counter

import asyncpg
import pytest

from api.named_states import NAMED
from api.shapes.sandbox_states import NamedState
from tests.support.audit import proved, sign_after_five_minutes
from tests.support.clinic import Clinic, Json, Person, owner
from tests.support.problems import pointers, refused


async def seeded(clinic: Clinic, **wanted: object) -> Json:
    answer = await clinic.http.post("/sandbox/participants", json=wanted, timeout=120)
    assert answer.status_code == 201, answer.text
    return answer.json()


def on(clinic: Clinic, device: Json) -> Person:
    return Person(clinic, device["deviceId"], device)


async def stand(person: Person, kind: str) -> list[str]:
    schedule = await person.get("/v1/me/schedule")
    assert schedule.status_code == 200, schedule.text
    return [each["state"] for each in schedule.json()["occasions"] if each["kind"] == kind]


async def alert_state(clinic: Clinic, alert_id: str) -> str:
    connection = await owner(clinic.settings.database_url)
    state = await connection.fetchval("select state from alerts where id = $1::uuid", alert_id)
    await connection.close()
    return str(state)


async def test_week_12_with_two_missed_check_ins_and_an_open_alert_is_one_call(ward: Clinic) -> None:
    wanted = {"week": 12, "missedCheckIns": 2, "openAlert": "ringing"}
    made = await seeded(ward, state=wanted, signIn=True)
    lin, caregiver = on(ward, made["participantDevice"]), on(ward, made["caregiverDevice"])
    check_ins, visits = await stand(lin, "check-in"), await stand(lin, "visit")
    assert check_ins[:12] == [*["done"] * 9, "missed", "missed", "open"]
    assert set(check_ins[12:]) == {"upcoming"}
    assert visits[:5] == [*["done"] * 4, "open"]
    alert = (await (await ward.staff("Dana")).get(f"/v1/alerts/{made['alertId']}")).json()
    assert alert["state"] == "open"
    report = (await caregiver.get(f"/v1/me/reports/{made['reportIds'][-1]}")).json()
    assert (report["level"], len(made["reportIds"])) == ("emergency", 10)


async def test_who_was_well_every_week_rang_nobody_and_her_app_sent_what_the_forms_ask(ward: Clinic) -> None:
    made = await seeded(ward, namedState="week-12", signIn=True)
    reports = (await on(ward, made["participantDevice"]).get("/v1/me/reports")).json()["reports"]
    assert len(reports) == 11
    assert {(each["level"], each["quarantined"], *each["signals"]) for each in reports} == {("none", False)}
    work = (await (await ward.staff("Dana")).get("/v1/alerts")).json()["alerts"]
    assert [each for each in work if each["subjectNumber"] == made["subjectNumber"]] == []


async def test_the_report_that_rings_of_somebody_seeded_is_as_an_app_sends_it(ward: Clinic) -> None:
    made = await seeded(ward, namedState="emergency-taken", signIn=True)
    caregiver = on(ward, made["caregiverDevice"])
    report = (await caregiver.get(f"/v1/me/reports/{made['reportIds'][-1]}")).json()
    assert (report["quarantined"], report["faults"], report["advice"]["further"]) == (False, [], [])


STAND = {"ringing": "open", "taken": "acknowledged", "reached": "contacted"}


@pytest.mark.parametrize("named", NAMED, ids=lambda each: each.name)
async def test_a_named_state_is_what_it_says(ward: Clinic, named: NamedState) -> None:
    made, wanted = await seeded(ward, namedState=named.name, signIn=True), named.state
    lin, caregiver = on(ward, made["participantDevice"]), on(ward, made["caregiverDevice"])
    is_out = wanted.phone_replaced or wanted.ended != "none"
    assert (await lin.get("/v1/me")).status_code == (401 if is_out else 200)
    is_caregiver_out = wanted.ended != "none" or wanted.withdrawn_consent == "caregiver-access"
    assert (await caregiver.get("/v1/me")).status_code == (401 if is_caregiver_out else 200)
    if wanted.open_alert != "none":
        assert await alert_state(ward, made["alertId"]) == STAND[wanted.open_alert]
    else:
        assert "alertId" not in made
    connection = await owner(ward.settings.database_url)
    counted = await _recorded(connection, made["participantId"])
    await connection.close()
    behind = max(wanted.week - 1, 0)
    assert counted["check-in", "done"] == behind - wanted.missed_check_ins
    assert counted["check-in", "missed"] == wanted.missed_check_ins
    assert counted["visit", "done"] + wanted.missed_visits == sum(
        week < wanted.week for week in (1, 2, 4, 8, 12, 24, 36, 52)
    )


async def _recorded(
    connection: "asyncpg.Connection[asyncpg.Record]", participant_id: str
) -> Counter[tuple[str, str]]:
    rows = await connection.fetch(
        "select kind, state from occasions where participant_id = $1::uuid", participant_id
    )
    return Counter((row["kind"], row["state"]) for row in rows)


async def test_the_names_are_told_in_both_languages_with_what_to_send(ward: Clinic) -> None:
    listed = (await ward.http.get("/sandbox/states")).json()["states"]
    assert [each["name"] for each in listed] == [each.name for each in NAMED]
    assert all(each["en"] and each["zh"] for each in listed)
    silent = next(each for each in listed if each["name"] == "week-12-silent")
    made = await seeded(ward, state=silent["state"])
    assert len(made["reportIds"]) == 9


async def test_a_past_rings_nobody_now_and_leaves_nothing_that_an_auditor_finds(clinic: Clinic) -> None:
    made = await seeded(clinic, state={"week": 12, "missedCheckIns": 3, "missedVisits": 1}, signIn=True)
    await clinic.settle()
    assert clinic.rung() == {}
    assert clinic.emulator.messages == ()
    assert (await clinic.http.get("/health/safety")).json()["status"] == "safe"
    await sign_after_five_minutes(clinic)
    connection = await owner(clinic.settings.database_url)
    found = await proved(connection)
    overdue = await connection.fetchval(
        "select count(*) from tasks where participant_id = $1::uuid and resolved_at is null and due_at < now()",
        made["participantId"],
    )
    silences = await connection.fetch(
        "select state, opened_at from alerts where participant_id = $1::uuid", made["participantId"]
    )
    await connection.close()
    assert (found.faults, overdue) == ((), 0)
    assert {each["state"] for each in silences} == {"resolved"}
    assert len(silences) >= 1
    now = clinic.trial.now()
    assert all((now - each["opened_at"]).days >= 4 for each in silences)


async def test_she_lives_on_from_there_and_her_next_silence_is_told(clinic: Clinic) -> None:
    made = await seeded(clinic, state={"week": 12}, signIn=True)
    await clinic.advance(days=4)
    lin = on(clinic, made["participantDevice"])
    assert (await stand(lin, "check-in"))[10:13] == ["done", "open", "upcoming"]
    alice = await clinic.staff("Alice")
    tasks = (await alice.get("/v1/tasks")).json()["tasks"]
    about_her = [each["kind"] for each in tasks if each.get("participantId") == made["participantId"]]
    assert about_her.count("missed-check-in") == 1


async def test_what_her_week_has_no_room_for_is_refused_by_its_place(ward: Clinic) -> None:
    async def asked(**wanted: object) -> list[str]:
        answer = await ward.http.post("/sandbox/participants", json=wanted)
        return pointers(refused(answer, 422, "body.invalid"))

    assert await asked(state={"week": 3, "missedCheckIns": 3}) == ["/state/missedCheckIns"]
    assert await asked(state={"week": 3, "missedVisits": 3}) == ["/state/missedVisits"]
    assert await asked(state={"week": 53}) == ["/state/week"]
    assert await asked(state={"week": 3}, daysSinceAdministration=7) == ["/daysSinceAdministration"]
    assert await asked(namedState="nobody") == ["/namedState"]
    assert await asked(namedState="week-12", state={}) == ["/namedState"]


async def test_a_whole_year_is_seeded_at_once_or_not_at_all(ward: Clinic) -> None:
    before = await ward.rows("participants")
    started = time.monotonic()
    answer = await ward.http.post(
        "/sandbox/participants", json={"state": {"week": 2, "missedCheckIns": 9}}, timeout=60
    )
    refused(answer, 422, "body.invalid")
    assert await ward.rows("participants") == before
    await seeded(ward, state={"week": 52})
    assert await ward.rows("participants") == before + 1
    print(f"a year: {time.monotonic() - started:.1f} s")  # noqa: T201 - to be read, not asserted

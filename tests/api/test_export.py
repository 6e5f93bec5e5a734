"""Everything that is held about somebody, for herself alone: whole, in clear, and nothing of anybody else's."""

from uuid import uuid4

import asyncpg

from tests.support.calendars import address
from tests.support.clinic import Clinic, Json, Person
from tests.support.desk import path_of, second_phone, trail
from tests.support.problems import refused
from tests.support.watch import EMERGENCY
from tests.support.year import CAREGIVERS_PHONE, LINS_PHONE, consent, receipts, reminders, today

PATH = "/v1/me/export"
WORDS, HER_WORDS = "kanarie of lin", "kanarie of the caregiver"

SHOWN = {
    "accounts": "language",
    "participants": "subjectNumber",
    "administrations": "schedule",
    "plans": "schedule",
    "occasions": "schedule",
    "complications": "complications",
    "consents": "consents",
    "contacts": "contacts",
    "reports": "reports",
    "alerts": "alerts",
    "reminders": "reminders",
    "reminder_receipts": "receipts",
    "messages": "texts",
    "sessions": "devices",
    "activation_codes": "codes",
    "calendar_feeds": "calendars",
    "audit_entries": "trail",
}
"""Where each table about a person is in the document."""

LEFT_OUT = {
    "attempts": "calls of a provider for a text; what became of the text is shown",
    "tasks": "what the site has to do",
    "alert_acts": "what staff said to each other; who did what is in the trail",
    "signatures": "an investigator's, under what was done about an alert: who did it is in the trail",
    "record_reads": "when a reading is noted next; that somebody has read is in the trail",
    "event_candidates": "an investigator's judgement: the site shows it (docs/privacy.md)",
}


async def export(person: Person) -> Json:
    answer = await person.get(PATH)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def lived(ward: Clinic, alice: Person) -> tuple[Person, Person]:
    """Lin and her caregiver have done a little of everything."""
    lin, caregiver = await ward.lin(days=8)
    await consent(alice, lin)
    await consent(alice, lin, "caregiver", CAREGIVERS_PHONE)
    await lin.report({"free-text": WORDS, "urine": "clearly-less"})
    await caregiver.report({**EMERGENCY, "free-text": HER_WORDS})
    await address(lin)
    listed = (await reminders(lin))["reminders"]
    await receipts(lin, "shown", listed[0]["reminderId"])
    body = {"complication": "sepsis", "occurredOn": today(ward).isoformat()}
    assert (await alice.post(f"{path_of(lin)}/complications", body)).status_code == 201
    return lin, caregiver


async def test_lin_gets_everything_that_is_held_about_her(ward: Clinic, alice: Person) -> None:
    lin, _ = await lived(ward, alice)
    await second_phone(alice, lin)
    held = await export(lin)
    assert held["role"] == "participant"
    assert held["contacts"] == [{"kind": "phone", "value": LINS_PHONE}]
    assert {each["kind"] for each in held["consents"]} == {"data", "caregiver-access", "sms"}
    (report,) = held["reports"]
    assert WORDS in str(report["answers"])
    assert [each["level"] for each in held["caregiverReports"]] == ["emergency"]
    assert [each["level"] for each in held["alerts"]] == ["emergency"]
    assert [each["complication"] for each in held["complications"]] == ["sepsis"]
    assert len(held["schedule"]["occasions"]) == 60
    assert {each["deviceId"] for each in held["devices"]} >= {lin.device_id}
    assert (len(held["devices"]), len(held["codes"]), len(held["calendars"])) == (2, 2, 1)
    assert [each["event"] for each in held["receipts"]] == ["shown"]


async def test_her_trail_says_who_has_done_what(ward: Clinic, alice: Person) -> None:
    lin, caregiver = await lived(ward, alice)
    shown = [(each["action"], each["by"]) for each in (await export(lin))["trail"]]
    assert shown == [(each["action"], each["actor"]["role"]) for each in await trail(ward, lin)]
    assert {
        ("report.submit", "participant"),
        ("report.submit", "caregiver"),
        ("complication.record", "staff"),
    } <= {*shown}
    hers = {each["by"] for each in (await export(caregiver))["trail"]}
    assert hers == {"caregiver"}


async def test_a_caregiver_gets_her_own_part_and_no_answer_of_lins(ward: Clinic, alice: Person) -> None:
    lin, caregiver = await lived(ward, alice)
    held = await export(caregiver)
    assert held["role"] == "caregiver"
    assert held["contacts"] == [{"kind": "phone", "value": CAREGIVERS_PHONE}]
    assert HER_WORDS in str(held["reports"])
    assert held["complications"] == held["alerts"] == held["caregiverReports"] == held["receipts"] == []
    assert [(each["kind"], each.get("role")) for each in held["consents"]] == [
        ("caregiver-access", None),
        ("sms", "caregiver"),
    ]
    for hidden in (WORDS, LINS_PHONE[3:], lin.device_id, "clearly-less", "sepsis"):
        assert hidden not in str(held)
    of_lin = str(await export(lin))
    for hidden in (HER_WORDS, CAREGIVERS_PHONE[3:], caregiver.device_id):
        assert hidden not in of_lin


async def test_nobody_elses_is_in_it(ward: Clinic, alice: Person) -> None:
    (lin, _), (other, _) = await lived(ward, alice), await ward.lin()
    mine, hers = str(await export(lin)), str(await export(other))
    assert (await other.get("/v1/me")).json()["subjectNumber"] not in mine
    assert WORDS not in hers
    assert other.device_id not in mine


async def test_it_has_a_strong_tag_and_is_kept_by_nobody_on_the_way(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    first = await lin.get(PATH)
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    assert "private" in first.headers["cache-control"]
    assert (await lin.get(PATH, **{"If-None-Match": tag})).status_code == 304
    await lin.report({"free-text": WORDS})
    assert (await lin.get(PATH, **{"If-None-Match": tag})).status_code == 200


async def test_whoever_is_not_signed_in_as_her_gets_nothing(ward: Clinic, alice: Person) -> None:
    lin, _ = await ward.lin()
    refused(await alice.get(PATH), 401, "token.refused")
    refused(await lin.get(f"{PATH}?participantId={uuid4()}"), 400, "query.invalid")
    submission = await lin.call("GET", PATH, token="submissionToken")
    refused(submission, 401, "token.refused")
    await lin.call("DELETE", "/v1/tokens/current")
    refused(await lin.get(PATH), 401, "token.refused")


async def test_no_hash_no_secret_and_no_sealed_byte_is_in_it(ward: Clinic, alice: Person) -> None:
    lin, _ = await lived(ward, alice)
    text = (await lin.get(PATH)).text
    for token in ("accessToken", "refreshToken", "submissionToken"):
        assert lin.tokens[token] not in text
    assert not {"secretHash", "codeHash", "sealed", "blindIndex", "original"} & set(text.split('"'))


async def test_every_table_about_a_person_is_in_it_or_is_left_out_for_a_reason(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await lived(ward, alice)
    connection = await asyncpg.connect(ward.settings.database_url)
    found = await connection.fetch(
        """
        select distinct table_name as name from information_schema.columns
        where table_schema = 'public' and column_name in ('participant_id', 'account_id')
        """
    )
    await connection.close()
    assert {row["name"] for row in found} | {"participants"} == {*SHOWN, *LEFT_OUT}
    assert set(SHOWN.values()) <= set(await export(lin))

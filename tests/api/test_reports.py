"""Reports: judged and stored once, whatever the network does, and answered in the reader's words."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from domain.records.rows import transaction
from tests.support.clinic import Clinic, Json, Person
from tests.support.problems import pointers, refused
from tests.support.sites import home, register
from tests.support.watch import tasks_about

EMERGENCY: dict[str, str | float] = {"black-stool": "yes"}

LEVELS: dict[str, tuple[dict[str, str | float], str, list[str]]] = {
    "all is as usual": ({"fainted": "no", "urine": "as-usual", "temperature": 36.6}, "none", []),
    "nothing was answered": ({}, "none", []),
    "two days without the antiviral": ({"antiviral-missed": "two-days-or-more"}, "routine", []),
    "a raised temperature": ({"temperature": 37.3}, "routine", ["infection"]),
    "a written word": ({"free-text": "头晕"}, "routine", []),
    "streaks on the paper": ({"stool-blood": "streaks"}, "urgent", ["bleeding"]),
    "fever": ({"temperature": 38.0}, "urgent", ["infection"]),
    "not knowing about a red flag": ({"black-stool": "dont-know"}, "urgent", ["bleeding"]),
    "newly yellow": ({"newly-yellow": "yes"}, "urgent", []),
    "black stool": (EMERGENCY, "emergency", ["bleeding"]),
    "no urine": ({"urine": "none-for-12-hours"}, "emergency", ["kidney"]),
    "feeling that it is one": ({"feels-like-emergency": "yes"}, "emergency", []),
    "the worst of many": (
        {"temperature": 37.3, "stool-blood": "streaks", "breathless-at-rest": "yes"},
        "emergency",
        ["bleeding", "infection"],
    ),
}


@pytest.fixture(scope="module")
async def lin(ward: Clinic) -> Person:
    lin, _ = await ward.lin()
    return lin


async def stored(clinic: Clinic, report_id: str, what: str = "count(*)") -> Json:
    async with transaction(clinic.trial.pool) as connection:
        return await connection.fetchval(f"select {what} from reports where id = $1", report_id)  # noqa: S608 - a test's own words


@pytest.mark.parametrize(("answers", "level", "signals"), LEVELS.values(), ids=LEVELS)
async def test_a_report_is_answered_with_its_level_and_rings_if_it_must(
    ward: Clinic, answers: dict[str, str | float], level: str, signals: list[str]
) -> None:
    lin, _ = await ward.lin()
    answer = await lin.report(answers)
    report = answer.json()
    assert (answer.status_code, report["level"], report["signals"]) == (201, level, signals)
    assert report["triaged"]
    assert report["page"]["status"] == ("sending" if level in {"urgent", "emergency"} else "not-needed")
    assert report["page"]["goNow"] is (level == "emergency")
    assert report["advice"]["emergencyNumber"] == "120"
    assert "120" in report["advice"]["text"]
    assert await tasks_about(ward, report["reportId"]) == (["routine-report"] if level == "routine" else [])


async def test_an_unanswered_form_reassures_nobody(ward: Clinic, lin: Person) -> None:
    report = (await lin.report({})).json()
    texts = ward.trial.protocol.texts["zh-CN"].texts
    assert report["advice"]["text"] == texts["advice.none.text"]
    assert "不代表一切正常" in report["advice"]["text"]


async def test_advice_is_in_the_language_of_the_account(ward: Clinic, alice: Person) -> None:
    made = (await register(alice, (await home(ward)).id, "ZN-EN-1")).json()["participantId"]
    code = await alice.post(
        f"/v1/participants/{made}/activation-codes", {"role": "participant", "language": "en"}
    )
    english = (await (await ward.activate(code.json()["code"])).report(EMERGENCY)).json()
    assert english["advice"]["headline"] == "This may be an emergency: call 120 now."
    assert "go now, call 120" in english["page"]["text"]
    chinese = (await (await ward.lin())[0].report(EMERGENCY)).json()
    assert (
        chinese["advice"]["headline"] == ward.trial.protocol.texts["zh-CN"].texts["advice.emergency.headline"]
    )


async def test_what_a_rule_advises_further_is_said(lin: Person) -> None:
    assert len((await lin.report({"temperature": 37.5})).json()["advice"]["further"]) == 1


async def test_an_equal_report_again_is_answered_with_the_same_bytes_and_stored_once(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    report_id, body = str(uuid4()), ward.submission("participant", {**EMERGENCY, "temperature": 38.4})
    first = await lin.put(f"/v1/me/reports/{report_id}", body)
    again = await lin.put(f"/v1/me/reports/{report_id}", dict(reversed(body.items())))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert await stored(ward, report_id) == 1


async def test_a_phone_that_sends_again_later_from_a_newer_app_is_answered_and_not_refused(
    ward: Clinic, lin: Person
) -> None:
    place, body = f"/v1/me/reports/{uuid4()}", ward.submission("participant", {"fainted": "no"})
    await lin.put(place, body)
    later = {**body, "deviceTime": (ward.trial.now() + timedelta(hours=3)).isoformat(), "appVersion": "1.1"}
    assert (await lin.put(place, later)).status_code == 200


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"answers": []}, ["/answers"]),
        ({"answers": [{"type": "choice", "itemId": "fainted", "choice": "yes"}]}, ["/answers/0"]),
        ({"onsetAt": "2026-11-23T01:00:00Z"}, ["/onsetAt"]),
        ({"formVersion": 77}, ["/formVersion"]),
        ({"formId": "caregiver"}, ["/formId"]),
        ({"reporter": "caregiver"}, ["/reporter"]),
    ],
)
async def test_other_content_under_one_id_is_kept_beside_it_and_answered_with_the_places_that_differ(
    ward: Clinic, lin: Person, change: dict[str, Json], places: list[str]
) -> None:
    place, body = f"/v1/me/reports/{uuid4()}", ward.submission("participant", {"fainted": "no"})
    first = await lin.put(place, body)
    problem = refused(await lin.put(place, {**body, **change}), 409, "report.conflict")
    assert pointers(problem) == places
    after = await ward.everything()
    refused(await lin.put(place, {**body, **change}), 409, "report.conflict")
    assert await ward.everything() == after
    assert (await lin.get(place)).json() == first.json()
    assert (await lin.put(place, body)).status_code == 200


async def test_fifty_at_once_are_one_report_one_alert_and_one_answer(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    before = await ward.everything()
    report_id, body = str(uuid4()), ward.submission("participant", EMERGENCY)
    answers = await asyncio.gather(*(lin.put(f"/v1/me/reports/{report_id}", body) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.content for answer in answers}) == 1
    after = await ward.everything()
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {"reports": 1, "alerts": 1, "messages": 1, "audit_entries": 1}


async def test_of_twenty_different_reports_under_one_id_one_is_stored(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    report_id = str(uuid4())
    answers = await asyncio.gather(
        *(lin.report({"temperature": 36.0 + n / 10}, report_id=report_id) for n in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert await stored(ward, report_id) == 20
    assert await stored(ward, report_id, "count(*) filter (where variant = 0)") == 1


async def test_a_red_flag_in_other_content_rings_before_it_is_answered_with_a_conflict(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    place, body = f"/v1/me/reports/{uuid4()}", ward.submission("participant", {"black-stool": "no"})
    await lin.put(place, body)
    worse = {**body, "answers": [{"type": "choice", "itemId": "black-stool", "choice": "yes"}]}
    told = refused(await lin.put(place, worse), 409, "report.conflict")["whatToDo"]
    assert (told["level"], told["page"]["status"], told["page"]["goNow"]) == ("emergency", "sending", True)
    assert (await lin.get(place)).json()["level"] == "none"


async def test_a_milder_content_under_the_id_of_an_emergency_takes_nothing_back(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    place, body = f"/v1/me/reports/{uuid4()}", ward.submission("participant", EMERGENCY)
    await lin.put(place, body)
    milder = {**body, "answers": [{"type": "choice", "itemId": "black-stool", "choice": "no"}]}
    for _ in range(2):
        told = refused(await lin.put(place, milder), 409, "report.conflict")["whatToDo"]
        assert (told["level"], told["page"]["goNow"]) == ("emergency", True)


async def test_two_accounts_may_use_one_id_and_read_only_their_own(ward: Clinic) -> None:
    lin, caregiver = await ward.lin()
    other, _ = await ward.lin()
    report_id = str(uuid4())
    for person in (lin, caregiver, other):
        assert (await person.report({"fainted": "no"}, report_id=report_id)).status_code == 201
    hers = (await lin.report({"urine": "as-usual"})).json()["reportId"]
    theirs = (await caregiver.report({"wrong-date": "no"})).json()["reportId"]
    refused(await caregiver.get(f"/v1/me/reports/{hers}"), 404, "not-found")
    refused(await lin.get(f"/v1/me/reports/{theirs}"), 404, "not-found")
    refused(await other.get(f"/v1/me/reports/{hers}"), 404, "not-found")
    assert len((await lin.get("/v1/me/reports")).json()["reports"]) == 2


@pytest.mark.parametrize(("form", "version"), [("caregiver", 1), ("on-demand", 77), ("no-such-form", 1)])
async def test_a_form_that_nobody_knows_or_that_is_not_hers_is_judged_all_the_same(
    ward: Clinic, form: str, version: int
) -> None:
    lin, _ = await ward.lin()
    body = {**ward.submission("participant", EMERGENCY), "formId": form, "formVersion": version}
    answer = await lin.put(f"/v1/me/reports/{uuid4()}", body)
    report = answer.json()
    assert (answer.status_code, report["level"], report["misfits"]) == (201, "emergency", ["form"])
    assert (report["formId"], report["formVersion"]) == (form, version)
    assert await tasks_about(ward, report["reportId"]) == ["quarantined-report"]


@pytest.mark.parametrize("form", ["check-in", "on-demand"])
async def test_an_emergency_rings_from_each_form_of_the_participant(ward: Clinic, form: str) -> None:
    lin, _ = await ward.lin()
    body = {**ward.submission("participant", EMERGENCY), "formId": form}
    answer = await lin.put(f"/v1/me/reports/{uuid4()}", body)
    assert answer.status_code == 201
    assert (answer.json()["level"], answer.json()["page"]["status"]) == ("emergency", "sending")


async def test_onset_and_device_time_keep_their_instant_whatever_their_offset(
    ward: Clinic, alice: Person
) -> None:
    lin, _ = await ward.lin()
    body = {
        **ward.submission("participant", EMERGENCY),
        "deviceTime": "2026-11-23T20:30:00.123456+08:00",
        "onsetAt": "2026-11-23T06:15:00-05:45",
    }
    report = (await lin.put(f"/v1/me/reports/{uuid4()}", body)).json()
    again = await lin.put(
        f"/v1/me/reports/{report['reportId']}",
        {**body, "deviceTime": "2026-11-23T12:30:00.123456Z", "onsetAt": "2026-11-23T12:00:00Z"},
    )
    assert again.status_code == 200
    alert = (await alice.get("/v1/alerts")).json()["alerts"][0]
    shown = (await alice.get(f"/v1/alerts/{alert['alertId']}")).json()["reports"][0]
    assert shown["reportId"] == report["reportId"]
    assert datetime.fromisoformat(shown["onsetAt"]) == datetime(2026, 11, 23, 12, tzinfo=UTC)


async def test_times_at_the_ends_of_the_calendar_are_stored_and_read(ward: Clinic, lin: Person) -> None:
    ends = {"deviceTime": "9999-12-31T23:59:59-23:59", "onsetAt": "0001-01-01T00:00:00+23:59"}
    place, body = f"/v1/me/reports/{uuid4()}", {**ward.submission("participant", {"fainted": "no"}), **ends}
    assert (await lin.put(place, body)).status_code == 201
    assert (await lin.put(place, body)).status_code == 200
    assert (await lin.get(place)).status_code == 200


async def test_the_body_is_kept_as_it_came(ward: Clinic, lin: Person) -> None:
    body = httpx.Request(
        "PUT", "http://x", json=ward.submission("participant", {"free-text": "胃不舒服"})
    ).content
    report_id = str(uuid4())
    headers = {"Authorization": f"Bearer {lin.tokens['accessToken']}", "Content-Type": "application/json"}
    spaced = b"\n " + body
    assert (
        await ward.http.put(f"/v1/me/reports/{report_id}", content=spaced, headers=headers)
    ).status_code == 201
    assert await stored(ward, report_id, "original") == spaced


@pytest.mark.parametrize(
    "text", ["\ufffd", "🩸", "\u202e", "\ud7ff\ue000", "a\r\nb\t", "'; drop table reports; --"]
)
async def test_any_other_words_are_kept_as_they_were_written(ward: Clinic, lin: Person, text: str) -> None:
    report = (await lin.report({"free-text": text})).json()
    assert (await stored(ward, report["reportId"], "submission"))["answers"][0]["text"] == text

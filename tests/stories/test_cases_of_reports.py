"""What was seen to go wrong with reports at peers (cases.md 8, 9 and 17 to 21), lived here."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from api import filing
from domain.answers import Answers
from domain.past import Past
from domain.protocol.forms import Form
from domain.protocol.rules import RuleSet
from domain.protocol.schema import Protocol
from domain.records.rows import transaction
from domain.triage import Triage, triage
from tests.support.clinic import Clinic, Json
from tests.support.desk import end
from tests.support.handing_in import (
    done_by,
    expire,
    hand_in,
    judged_by,
    later,
    replaced,
    seen_by_bob,
    tasks_of,
    trends,
)
from tests.support.nodes import at_another_node
from tests.support.phone import Phone
from tests.support.problems import pointers, refused
from tests.support.year import occasion, today

WELL: dict[str, str | float] = {"fainted": "no", "urine": "as-usual"}
BLEEDING: dict[str, str | float] = {"black-stool": "yes"}
KIDNEY: dict[str, str | float] = {"urine": "none-for-12-hours"}


def raises(error: type[Exception]) -> Callable[..., Triage]:
    def judge(*_: object) -> Triage:
        raise error

    return judge


def too_late(form: Form, rules: RuleSet, answers: Answers, past: Past) -> Triage:
    return triage(form, rules, answers, past, out_of_time=lambda: True)


@pytest.mark.parametrize(
    "judge",
    [raises(ZeroDivisionError), raises(TimeoutError), raises(RecursionError), raises(MemoryError), too_late],
)
async def test_when_nobody_can_judge_bob_is_rung_and_then_dana(
    clinic: Clinic, judge: Callable[..., Triage]
) -> None:
    """Case 8: triage down meant "stuck" or "routine"."""
    lin, _ = await clinic.lin()
    async with at_another_node(lin, judge=judge) as unlucky:
        report = await hand_in(unlucky, clinic.submission("participant", WELL))
    assert (report["level"], report["triaged"], report["page"]["status"]) == ("urgent", False, "sending")
    assert "untriaged-report" in await tasks_of(clinic, lin)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    assert (await seen_by_bob(clinic, report))["triaged"] is False
    await clinic.advance(hours=2)
    assert clinic.rung()["Dana"] >= 1


CLAIMS: list[dict[str, Json]] = [
    {"level": "none"},
    {"alert": False, "signals": []},
    {"triaged": True, "page": {"status": "not-needed"}, "advice": None},
    {"level": "none", "reportId": "x", "quarantined": False, "isEmergency": 0},
]


@pytest.mark.parametrize("claims", CLAIMS, ids=str)
async def test_what_an_old_app_says_of_its_own_report_decides_nothing(
    clinic: Clinic, claims: dict[str, Json]
) -> None:
    """Case 9: the client decided whether there is an alert."""
    lin, _ = await clinic.lin()
    body = clinic.submission("participant", BLEEDING)
    report = await hand_in(lin, {**body, **claims})
    assert (report["level"], report["signals"]) == ("emergency", ["bleeding"])
    assert report["misfits"] == ["body"]
    assert {each["pointer"] for each in report["faults"]} == {f"/{name}" for name in claims}
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


async def test_a_claim_of_an_emergency_rings_nobody_either(clinic: Clinic) -> None:
    """Case 9, the other way round: what was answered decides, not what is claimed."""
    lin, _ = await clinic.lin()
    body = {**clinic.submission("participant", {"fainted": "no"}), "level": "emergency", "alert": True}
    assert (await hand_in(lin, body))["level"] == "none"
    await clinic.settle()
    assert clinic.rung() == {}


async def fails(*_: object, **__: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("breaks", ["write", "_answer"])
async def test_an_error_500_an_old_token_and_a_sign_out_lose_no_report_and_no_page(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    """Case 17: an offline report was deleted when the server answered 500, or lost on token expiry or sign-out."""
    lin, _ = await clinic.lin()
    phone = Phone(clinic.demo.api_url, lin.device_id, lin.tokens)
    report_id = phone.finish(clinic.submission("participant", BLEEDING))
    with monkeypatch.context() as broken:
        broken.setattr(filing, breaks, fails)
        await phone.hand_in_one()
    assert list(phone.waiting) == [report_id]
    await expire(clinic, phone, knows=False)
    await phone.hand_in_one()
    assert (list(phone.shown), phone.tries) == ([report_id], 2)
    late = phone.finish(clinic.submission("participant", WELL))
    assert (await lin.call("DELETE", "/v1/tokens/current")).status_code == 204
    await phone.hand_in_one()
    phone.sign_out()
    again = phone.finish(clinic.submission("participant", WELL))
    await phone.hand_in_all()
    assert set(phone.shown) == {report_id, late, again}
    assert await clinic.rows("reports") == 3
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    assert (await seen_by_bob(clinic, phone.shown[report_id]))["verified"] is True


async def test_fifty_retries_at_once_are_one_report_one_page_and_a_changed_one_is_told(
    clinic: Clinic,
) -> None:
    """Case 18: a retry stored twice."""
    lin, _ = await clinic.lin()
    place, body = f"/v1/me/reports/{uuid4()}", clinic.submission("participant", BLEEDING)
    answers = await asyncio.gather(*(lin.put(place, body) for _ in range(50)))
    assert sorted(each.status_code for each in answers) == [200] * 49 + [201]
    assert len({each.content for each in answers}) == 1
    changed = {**body, "answers": []}
    told = await asyncio.gather(*(lin.put(place, changed) for _ in range(10)))
    assert {tuple(pointers(refused(each, 409, "report.conflict"))) for each in told} == {("/answers",)}
    assert (await clinic.rows("reports"), await clinic.rows("alerts")) == (2, 1)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


def with_a_narrower_version(protocol: Protocol, version: int) -> Protocol:
    """Add a version of the form on demand that takes no fever and does not ask for the colour of the stool."""
    newest = next(form for form in protocol.current_forms if form.id == "on-demand")
    items = (replace(each, maximum=37.0) if each.id == "temperature" else each for each in newest.items)
    kept = tuple(item for item in items if item.id != "black-stool")
    return replace(protocol, forms=(*protocol.forms, replace(newest, version=version, items=kept)))


async def test_answers_are_read_by_the_version_they_were_given_on(clinic: Clinic) -> None:
    """Case 19: answers were read by the wrong form version."""
    lin, _ = await clinic.lin()
    protocol = with_a_narrower_version(clinic.trial.protocol, 9)
    fever, bleeding = (
        {**clinic.submission("participant", each)} for each in ({"temperature": 38.5}, BLEEDING)
    )
    async with at_another_node(lin, protocol=protocol) as newer:
        for version in (1, 2):
            report = await hand_in(newer, {**fever, "formVersion": version})
            assert (report["level"], report["quarantined"]) == ("urgent", False)
            assert await judged_by(clinic, report) == ("on-demand", version)
        for version, misfit in ((9, "answers"), (77, "form")):
            report = await hand_in(newer, {**bleeding, "formVersion": version})
            assert (report["level"], report["misfits"]) == ("emergency", [misfit])
    assert (await tasks_of(clinic, lin)).count("quarantined-report") == 2
    await clinic.settle()
    assert clinic.rung()["Bob"] >= 1


@pytest.mark.parametrize("version", [3, 99, 32767])
async def test_a_version_that_nobody_knows_is_taken_judged_and_rung(clinic: Clinic, version: int) -> None:
    """Case 20: an unknown form version was refused with 404."""
    lin, _ = await clinic.lin()
    report = await hand_in(lin, {**clinic.submission("participant", BLEEDING), "formVersion": version})
    assert (report["level"], report["misfits"]) == ("emergency", ["form"])
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}


INT = timedelta(milliseconds=2**31)
"""24.86 days: the most that milliseconds in an int can say."""


@pytest.mark.parametrize("age", [INT - timedelta(seconds=1), INT + timedelta(seconds=1), timedelta(days=28)])
@pytest.mark.parametrize("says_its_age", [True, False])
async def test_a_report_that_waited_for_four_weeks_rings_and_says_how_old_it_is(
    clinic: Clinic, age: timedelta, says_its_age: bool
) -> None:
    """Case 20: a window overflowed at 24.8 days because milliseconds met an int."""
    lin, _ = await clinic.lin(days=30)
    made = clinic.trial.now() - age + timedelta(seconds=0 if says_its_age else 5)
    body = {**clinic.submission("participant", BLEEDING), "deviceTime": made.isoformat()}
    report = await hand_in(lin, {**body, "ageSeconds": age.total_seconds()} if says_its_age else body)
    assert (report["level"], report["clockDoubtful"], report["quarantined"]) == ("emergency", False, False)
    assert abs(datetime.fromisoformat(report["madeAt"]) - made) < timedelta(seconds=5)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    seen = await seen_by_bob(clinic, report)
    assert abs(seen["ageSeconds"] - age.total_seconds()) < 10
    assert seen["madeAt"] == report["madeAt"]


async def test_each_of_the_52_weeks_is_done_by_its_own_check_in_however_late_it_comes(clinic: Clinic) -> None:
    """Case 20: all 52 weeks work, sent at once on the last day by a phone that was offline for the year."""
    lin, _ = await clinic.lin(days=365)
    made: dict[int, str] = {}
    for week in range(1, 53):
        age = timedelta(days=365 - 7 * week)
        body = {**clinic.submission("participant", {"fainted": "no"}), "formId": "check-in"}
        report = await hand_in(lin, {**body, "ageSeconds": age.total_seconds()})
        made[week] = report["reportId"]
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            """
            select week, state, report_id::text from occasions
            where participant_id = $1 and kind = 'check-in' order by week
            """,
            UUID(lin.participant_id),
        )
    assert [(row["week"], row["state"], row["report_id"]) for row in found] == [
        (week, "done", made[week]) for week in range(1, 53)
    ]
    await clinic.settle()
    assert (clinic.rung(), clinic.texts("Bob")) == ({}, [])


async def test_after_withdrawal_a_report_is_kept_and_rings_and_is_mixed_with_nothing(clinic: Clinic) -> None:
    """Case 21: uploads after withdrawal."""
    lin, _ = await clinic.lin(days=7)
    await hand_in(lin, clinic.submission("participant", WELL))
    alice = await clinic.staff("Alice")
    assert (await end(alice, lin, today(clinic))).status_code == 200
    before = await trends(clinic, lin)
    body = {**clinic.submission("participant", BLEEDING), "formId": "check-in"}
    report = await hand_in(lin, body, token="submissionToken")
    assert (report["level"], report["misfits"]) == ("emergency", ["ended"])
    assert before == await trends(clinic, lin) == 1
    assert (await done_by(clinic, report)) == 0
    assert "quarantined-report" in await tasks_of(clinic, lin)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    seen = await seen_by_bob(clinic, report)
    assert (seen["proof"], seen["verified"], seen["misfits"]) == ("device", True, ["ended"])


@pytest.mark.parametrize("token", ["accessToken", "submissionToken"])
async def test_a_lost_phone_is_heard_marked_and_mixed_with_nothing_and_rings_once_in_six_hours(
    clinic: Clinic, token: str
) -> None:
    """Case 21: uploads from a replaced phone."""
    lin, _ = await clinic.lin(days=7)
    phone = await replaced(clinic, lin)
    body = {**clinic.submission("participant", BLEEDING), "formId": "check-in"}
    report = await hand_in(lin, body, token=token)
    assert (report["level"], report["misfits"]) == ("emergency", ["replaced-phone"])
    assert (await trends(clinic, lin), await done_by(clinic, report)) == (0, 0)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    assert (await seen_by_bob(clinic, report))["verified"] is False
    other = await hand_in(lin, clinic.submission("participant", KIDNEY), token=token)
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    assert (await tasks_of(clinic, lin)).count("quarantined-report") == 2
    await later(clinic, hours=6)
    await hand_in(lin, clinic.submission("participant", {**KIDNEY, "fainted": "yes"}), token=token)
    hers = await hand_in(phone, {**clinic.submission("participant", WELL), "formId": "check-in"})
    assert (hers["misfits"], await done_by(clinic, hers)) == ([], 1)
    await clinic.settle()
    assert clinic.rung()["Bob"] == 2
    assert (await occasion(phone, "check-in", 1))["state"] == "done"
    assert other["reportId"] in {
        each["reportId"] for each in (await phone.get("/v1/me/reports")).json()["reports"]
    }

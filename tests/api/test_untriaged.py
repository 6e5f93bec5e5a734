"""Reports that the rules could not judge: urgent, rung, and visible (trial.md §2; cases.md 8)."""

import json
from io import StringIO
from uuid import uuid4

import pytest
from msgspec.structs import replace

from api import words
from domain.answers import Answers
from domain.past import NOTHING_PAST
from domain.protocol.schema import Level
from domain.triage import triage
from tests.support.clinic import Clinic
from tests.support.nodes import at_a_broken_judge
from tests.support.protocol import shipped
from tests.support.watch import alert_of, take, tasks_about


async def test_a_report_that_cannot_be_judged_counts_as_urgent_and_rings(
    clinic: Clinic, log: StringIO
) -> None:
    lin, _ = await clinic.lin()
    async with at_a_broken_judge(lin) as unlucky:
        report = (await unlucky.report({"fainted": "no", "urine": "as-usual"})).json()
    assert (report["triaged"], report["level"]) == (False, "urgent")
    logged = [line for line in map(json.loads, log.getvalue().splitlines()) if line["level"] == "error"]
    assert [
        (line["event"], line["report_id"], "i2-raised-temperature" in line["broken"]) for line in logged
    ] == [("report.untriaged", report["reportId"], True)]
    assert (
        report["advice"]["headline"]
        == clinic.trial.protocol.texts["zh-CN"].texts["advice.untriaged.headline"]
    )
    assert await tasks_about(clinic, report["reportId"]) == ["untriaged-report"]
    await clinic.settle()
    assert clinic.rung() == {"Bob": 1}
    bob = await clinic.staff("Bob")
    alert = (await bob.get("/v1/alerts")).json()["alerts"][0]
    seen = (await bob.get(f"/v1/alerts/{alert['alertId']}")).json()["reports"]
    assert [(each["reportId"], each["triaged"]) for each in seen] == [(report["reportId"], False)]


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_rule_that_broke_takes_no_emergency_its_words(is_stored: bool) -> None:
    level, protocol = Level.EMERGENCY, shipped()
    broken = triage(protocol.current_forms[0], protocol.rules, Answers(()), NOTHING_PAST)
    told = replace(broken, level=level, triaged=False)
    advice = words.advice_of(protocol, "en", told, (), is_stored=is_stored)
    assert "120" in advice.headline


async def test_what_one_node_could_not_judge_is_answered_again_as_it_was_by_another(ward: Clinic) -> None:
    lin, _ = await ward.lin()
    report_id, body = str(uuid4()), ward.submission("participant", {"fainted": "no"})
    async with at_a_broken_judge(lin) as unlucky:
        await unlucky.put(f"/v1/me/reports/{report_id}", body)
    again = await lin.put(f"/v1/me/reports/{report_id}", body)
    assert (again.status_code, again.json()["triaged"], again.json()["level"]) == (200, False, "urgent")


async def test_what_nobody_could_judge_rings_again_though_somebody_has_the_alert(clinic: Clinic) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"stool-blood": "streaks"})
    await clinic.settle()
    bob = await clinic.staff("Bob")
    await take(bob)
    async with at_a_broken_judge(lin) as unlucky:
        await unlucky.report({"fainted": "no"})
    await clinic.settle()
    assert (await alert_of(bob))["round"] == 2

"""`nightbell replay`: what the rules of then said must come out again, and what those of now would say is shown."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from api import replay_command
from domain.refusals import SettingsRefused
from tests.support.clinic import Clinic, owner
from tests.support.nodes import at_a_broken_judge
from tests.support.protocol import shipped_files

SINCE = "2020-01-01"


async def replayed(
    clinic: Clinic, capsys: pytest.CaptureFixture[str], rules: Path | None = None, since: str = SINCE
) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    """Return the exit code, a line for each report, and the summary."""
    chosen = argparse.Namespace(since=since, rules=None if rules is None else str(rules), format="json")
    capsys.readouterr()
    code = await replay_command.run({"DATABASE_URL": clinic.settings.database_url}, chosen)
    *lines, summary = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    return code, lines, summary


async def a_week(clinic: Clinic) -> None:
    """Reports that look back, disagree, do not fit, are corrected and cannot be read."""
    lin, caregiver = await clinic.lin(days=1)
    await lin.report({"temperature": 37.5, "urine": "as-usual"})
    await caregiver.report({"more-confused": "yes"})
    await lin.report({"temperature": 37.4, "more-confused": "no"})
    first = (await lin.report({"urine": "none-for-12-hours"})).json()["reportId"]
    await lin.report({"black-stool": "jet-black"})
    correction = {**clinic.submission("participant", {"urine": "as-usual"}), "reason": "wrong line"}
    await lin.post(f"/v1/me/reports/{first}/corrections", correction)
    headers = {"Authorization": f"Bearer {lin.tokens['accessToken']}"}
    await clinic.http.put(
        f"/v1/me/reports/{first}", content=b'{"itemId":"fainted","choice":"yes"', headers=headers
    )


async def test_every_judgement_comes_out_again(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    await a_week(clinic)
    code, lines, summary = await replayed(clinic, capsys)
    assert (code, summary["reports"], summary["unchanged"], summary["not reproduced"]) == (0, 7, 7, 0)
    assert all(line["reproduced"] and not line["onlyThen"] and not line["onlyNow"] for line in lines)
    again = """reports where triage->'fired' @> '[{"rule": "i2-raised-again"}]'"""
    fired = await clinic.rows(again)
    assert fired == 1


async def test_other_rules_are_compared_report_by_report(
    clinic: Clinic, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    await a_week(clinic)
    text = shipped_files()["rules.toml"].decode().replace("version = 3\n", "version = 4\n")
    start = text.index('[[rules]]\nid = "d1-disagreement"')
    end = text.index("[[rules]]", start + 1)
    rules = tmp_path / "rules.toml"
    rules.write_text(text[:start] + text[end:], encoding="utf-8")
    code, lines, summary = await replayed(clinic, capsys, rules)
    assert (code, summary["ruleSetVersion"], summary["not reproduced"]) == (0, 4, 0)
    changed = [line for line in lines if line["onlyThen"]]
    assert {rule for line in changed for rule in line["onlyThen"]} == {"d1-disagreement"}
    assert summary["lowered"] + summary["unchanged"] == 7


async def test_a_judgement_that_was_tampered_with_cannot_be_reproduced(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"fainted": "no"})
    connection = await owner(clinic.settings.database_url)
    await connection.execute("""update reports set triage = jsonb_set(triage, '{signals}', '["kidney"]')""")
    await connection.close()
    code, lines, summary = await replayed(clinic, capsys)
    assert (code, summary["not reproduced"], lines[0]["reproduced"]) == (1, 1, False)


async def test_a_report_that_could_not_be_judged_then_is_judged_now_and_is_no_fault(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    lin, _ = await clinic.lin()
    async with at_a_broken_judge(lin) as unlucky:
        await unlucky.report({"fainted": "no"})
    code, (line,), summary = await replayed(clinic, capsys)
    assert (code, summary["lowered"]) == (0, 1)
    assert (line["levelThen"], line["levelNow"]) == ("urgent", "none")


async def test_only_reports_since_the_day_are_read_and_nothing_is_written(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_week(clinic)
    before = await clinic.everything()
    _, lines, summary = await replayed(clinic, capsys, since="2099-01-01")
    assert (lines, summary["reports"]) == ([], 0)
    assert await clinic.everything() == before


async def test_the_table_names_no_participant(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    await a_week(clinic)
    alice = await clinic.staff("Alice")
    (lin,) = (await alice.get("/v1/participants")).json()["participants"]
    capsys.readouterr()
    chosen = argparse.Namespace(since=SINCE, rules=None, format="table")
    assert await replay_command.run({"DATABASE_URL": clinic.settings.database_url}, chosen) == 0
    said = capsys.readouterr().out
    assert "7 reports, 0 raised, 0 lowered, 7 unchanged" in said
    assert lin["subjectNumber"] not in said
    assert lin["participantId"] not in said


async def test_a_day_that_is_none_is_refused(clinic: Clinic) -> None:
    chosen = argparse.Namespace(since="yesterday", rules=None, format="table")
    with pytest.raises(SettingsRefused, match="cannot be read"):
        await replay_command.run({"DATABASE_URL": clinic.settings.database_url}, chosen)

"""`nightbell triage`: an investigator checks the rules on a report of her own, without reading code."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from tests.support.protocol import shipped, shipped_files

REPORT: dict[str, Any] = {
    "formId": "on-demand",
    "formVersion": 2,
    "language": "en",
    "deviceTime": "2026-03-02T14:01:12+08:00",
    "answers": [
        {"type": "choice", "itemId": "stool-blood", "choice": "streaks"},
        {"type": "choice", "itemId": "dizzy-on-standing", "choice": "yes"},
        {"type": "number", "itemId": "weight", "number": 62.5},
    ],
    "past": {
        "days": [40],
        "earlier": [
            {
                "hoursAgo": 70,
                "formId": "on-demand",
                "answers": [{"type": "number", "itemId": "weight", "number": 60}],
            }
        ],
    },
}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return written(tmp_path, REPORT)


def written(folder: Path, report: Any) -> Path:
    path = folder / "report.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    return path


def test_it_says_level_signals_rules_and_the_answers_that_fired_them(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["triage", str(report)]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[:4] == [
        "level    EMERGENCY",
        "signals  bleeding",
        "form     on-demand, version 2",
        f"rules    version {shipped().rules.version}, draft, approved by nobody",
    ]
    assert (
        "b3-streaks-with-dizziness (B3)  <-  stool-blood: Only streaks on the paper, dizzy-on-standing: Yes"
        in said
    )
    assert "a1-weight-in-a-week (A1)  <-  weight: 62.5 kg" in said


def test_it_explains_every_rule_of_the_form_and_no_other(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["triage", str(report), "--explain"]) == 0
    said = capsys.readouterr().out
    form = shipped().form("on-demand", 2)
    assert form is not None
    for rule in shipped().rules.rules:
        assert (f" {rule.id}: " in said) is rule.covers(form)
    assert "b5-dizzy-with-bleeding: FIRED" in said
    assert "b1-vomited-blood: could not be decided" in said
    assert "b3-more-than-streaks: did not fire" in said
    assert "when weight has risen by 2 or more within 7 days" in said
    assert "under the investigator's cut-off, which is not given" in said


def test_it_speaks_chinese_to_who_asks_for_it(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["triage", str(report), "--language", "zh-CN"]) == 0
    assert "dizzy-on-standing: 是" in capsys.readouterr().out


def test_what_does_not_fit_is_named_and_the_rest_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = {
        **REPORT,
        "formVersion": 9,
        "colour": "red",
        "answers": [*REPORT["answers"], {"type": "choice", "itemId": "urine", "choice": "lots"}],
    }
    assert main(["triage", str(written(tmp_path, odd))]) == 0
    said = capsys.readouterr().out
    assert "level    EMERGENCY" in said
    assert "form     on-demand, version 2  (sent as on-demand, version 9)" in said
    assert "misfit   /colour is no field of a report" in said
    assert "misfit   /answers/3/choice The item has no such choice." in said
    assert "dont-know.urine" in said


def test_an_answer_that_was_not_asked_for_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = {**REPORT, "answers": [{"type": "choice", "itemId": "dizzy-on-standing", "choice": "dont-know"}]}
    assert main(["triage", str(written(tmp_path, report))]) == 0
    said = capsys.readouterr().out
    assert "dizzy-on-standing is not asked after these answers." in said
    assert "level    NONE" in said


def test_another_rules_file_is_checked_and_used(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.toml"
    text = shipped_files()["rules.toml"].decode()
    rules.write_text(
        text.replace("version = 3", "version = 4").replace("by = 2.0", "by = 3.0"), encoding="utf-8"
    )
    assert main(["triage", str(report), "--rules", str(rules)]) == 1
    assert "rules.toml: rules" in capsys.readouterr().err
    rules.write_text(text.replace("version = 3", "version = 4"), encoding="utf-8")
    assert main(["triage", str(report), "--rules", str(rules)]) == 0
    assert "rules    version 4, draft" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "named"),
    [("{", "is not JSON"), ("[]", "is not the JSON object"), ('{"past": {"day": 1}}', "/past")],
)
def test_what_is_no_report_is_refused(
    tmp_path: Path, text: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    assert main(["triage", str(path)]) == 1
    assert named in capsys.readouterr().err

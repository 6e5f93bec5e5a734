"""`nightbell schedule`: what a coordinator or an investigator can check without a database."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from api.cli import main
from api.schedule_command import plan
from domain.errors import UnknownTimeZone
from domain.refusals import SettingsRefused

CALL = ["schedule", "--phase", "1", "--anchor", "2026-03-02", "--zone", "Asia/Shanghai"]


def test_the_plan_has_8_visits_with_58_cells_and_52_check_ins(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CALL, "--format", "json"]) == 0
    occasions = msgspec.json.decode(capsys.readouterr().out)
    visits = [each for each in occasions if each["kind"] == "visit"]
    assert [each["week"] for each in visits] == [1, 2, 4, 8, 12, 24, 36, 52]
    assert sum(len(each["assessments"]) for each in visits) == 58
    assert [each["week"] for each in occasions if each["kind"] == "check-in"] == list(range(1, 53))
    assert visits[-1]["targetDate"] == "2027-03-01"


def test_a_window_ends_when_its_last_day_has_ended_at_the_site() -> None:
    first = plan("phase-1", "2026-03-02", "Asia/Shanghai")[0]
    assert (first.window.opens_on, first.window.closes_on) == (date(2026, 3, 6), date(2026, 3, 12))
    assert first.window.opens_at == datetime(2026, 3, 5, 16, tzinfo=UTC)
    assert first.window.closes_at == datetime(2026, 3, 12, 16, tzinfo=UTC)


def test_the_table_has_a_line_for_every_occasion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(CALL) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 8 + 52
    assert "2026-03-09" in lines[1]


def test_a_day_without_a_midnight_begins_at_its_first_instant() -> None:
    """Santiago's clock jumps from 24:00 to 01:00 on 6 September 2026 (the rule of domain/local_time.py)."""
    planned = plan("1", "2026-08-30", "America/Santiago")
    check_in = next(each for each in planned if (each.kind, each.week) == ("check-in", 1))
    assert check_in.target_date == date(2026, 9, 6)
    assert check_in.window.opens_at == datetime(2026, 9, 6, 4, tzinfo=UTC)


@pytest.mark.parametrize(("phase", "anchor"), [("9", "2026-03-02"), ("1", "2026-02-30"), ("1", "soon")])
def test_what_is_no_plan_is_refused_by_name(phase: str, anchor: str) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        plan(phase, anchor, "Asia/Shanghai")
    assert refusal.value.faults[0].pointer in {"--phase", "--anchor"}


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UnknownTimeZone):
        plan("1", "2026-03-02", "Asia/Wuhan")

"""What an alert leaves to judge: the day, the window, everything that was reported (trial.md §1)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain.candidate import EventCandidate, candidate
from domain.escalation import AlertState
from domain.protocol.schema import Level, Signal
from domain.triage import Triage
from tests.support.alerts import LIN, NOON, SITE, an_alert, staff_id
from tests.support.protocol import shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")
WINDOWS = shipped().calendar.safety_windows
TODAY = date(2026, 11, 23)


def judged(level: Level, *signals: Signal) -> Triage:
    return Triage(
        level=level,
        signals=signals,
        fired=(),
        undetermined=(),
        rule_set_version=1,
        form_id="on-demand",
        form_version=1,
        advice=(),
    )


def left(
    *given_on: date, reports: tuple[Triage, ...] = (), at: datetime = NOON, zone: ZoneInfo = SHANGHAI
) -> EventCandidate:
    alert = an_alert(state=AlertState.CONTACTED, at=at)
    found = candidate(alert, reports, given_on, WINDOWS, zone, staff_id("Bob"), NOON)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("given_on", "day", "window"),
    [
        ((), None, None),
        ((date(2026, 11, 24),), None, None),
        ((TODAY,), 0, WINDOWS[0].id),
        ((date(2026, 10, 26),), 28, WINDOWS[0].id),
        ((date(2026, 10, 25),), 29, WINDOWS[1].id),
        ((date(2025, 11, 24),), 364, WINDOWS[1].id),
        ((date(2025, 11, 23),), 365, None),
        ((date(2026, 9, 1), date(2026, 11, 20)), 3, WINDOWS[0].id),
        ((date(2026, 11, 20), date(2026, 11, 27)), 3, WINDOWS[0].id),
    ],
)
def test_the_day_counts_from_the_last_administration_before_the_alert(
    given_on: tuple[date, ...], day: int | None, window: str | None
) -> None:
    found = left(*given_on)
    assert (found.day, found.safety_window) == (day, window)


def test_the_day_is_that_of_the_site_and_not_of_greenwich() -> None:
    late = datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert left(date(2026, 11, 23), at=late).day == 0
    assert left(date(2026, 11, 23), at=late, zone=ZoneInfo("UTC")).day is None


def test_what_an_earlier_round_reported_is_not_lost() -> None:
    reports = (judged(Level.EMERGENCY, Signal.BLEEDING), judged(Level.URGENT, Signal.KIDNEY))
    alert = replace(an_alert(Level.URGENT, AlertState.CONTACTED), signals=(Signal.CONFUSION,))
    found = candidate(alert, reports, (), WINDOWS, SHANGHAI, staff_id("Bob"), NOON)
    assert found is not None
    assert set(found.signals) == {Signal.BLEEDING, Signal.CONFUSION, Signal.KIDNEY}
    assert list(found.signals) == [each for each in Signal if each in found.signals]
    assert found.level is Level.EMERGENCY


def test_a_silence_has_no_report_and_leaves_a_candidate_all_the_same() -> None:
    found = left()
    assert (found.level, found.signals) == (Level.EMERGENCY, (Signal.CONFUSION,))
    assert (found.site_id, found.participant_id, found.made_by) == (SITE, LIN, staff_id("Bob"))


def test_one_alert_leaves_one_candidate_whoever_makes_it() -> None:
    assert left().id == left(TODAY).id


def test_a_drill_leaves_nothing_to_judge() -> None:
    drill = replace(an_alert(), participant_id=None, is_drill=True)
    assert candidate(drill, (), (), WINDOWS, SHANGHAI, staff_id("Bob"), NOON) is None

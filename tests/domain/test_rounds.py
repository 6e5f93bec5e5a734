"""When a new report rings, and that it never makes fewer phones ring (design.md, rule 6)."""

from datetime import timedelta

import pytest

from domain import escalation, rounds
from domain.climb import climb_for
from domain.escalation import AlertState
from domain.protocol.schema import Level, Signal
from domain.triage import Triage
from tests.support.alerts import NAMES, NOON, SHANGHAI, an_alert, climbed, roster
from tests.support.protocol import shipped

CLOCKS = shipped().escalation
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)


def triaged(level: Level, *signals: Signal) -> Triage:
    return Triage(
        level=level,
        signals=signals,
        fired=(),
        undetermined=(),
        rule_set_version=1,
        form_id="caregiver",
        form_version=1,
        advice=(),
    )


ALL_STATES = [state for state in AlertState if state is not AlertState.RESOLVED]


@pytest.mark.parametrize("state", ALL_STATES)
def test_a_new_signal_or_a_higher_level_always_rings(state: AlertState) -> None:
    urgent = an_alert(Level.URGENT, state)
    assert escalation.rings_again(urgent, triaged(Level.URGENT, Signal.KIDNEY), NOON)
    assert escalation.rings_again(urgent, triaged(Level.EMERGENCY, Signal.CONFUSION), NOON)


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.EXHAUSTED])
def test_a_repeat_joins_an_unanswered_round_for_fifteen_minutes_at_most(state: AlertState) -> None:
    alert, repeat = an_alert(state=state), triaged(Level.EMERGENCY, Signal.CONFUSION)
    assert not escalation.rings_again(alert, repeat, NOON + QUARTER - timedelta(microseconds=1))
    assert escalation.rings_again(alert, repeat, NOON + QUARTER)


def test_after_an_acknowledgement_every_emergency_rings_and_a_lesser_repeat_joins() -> None:
    held = an_alert(state=AlertState.ACKNOWLEDGED)
    assert escalation.rings_again(held, triaged(Level.EMERGENCY, Signal.CONFUSION), NOON)
    assert not escalation.rings_again(held, triaged(Level.URGENT, Signal.CONFUSION), NOON)


@pytest.mark.parametrize("level", [Level.URGENT, Level.EMERGENCY])
def test_after_a_contact_every_paging_report_rings(level: Level) -> None:
    reached = an_alert(state=AlertState.CONTACTED)
    assert escalation.rings_again(reached, triaged(level, Signal.CONFUSION), NOON)


CALM = climb_for(CLOCKS, Level.URGENT, SHANGHAI)
SWIFT = climb_for(CLOCKS, Level.EMERGENCY, SHANGHAI)


def test_a_higher_level_brings_its_own_course_and_a_lower_one_leaves_it() -> None:
    risen = escalation.ring(an_alert(Level.URGENT), triaged(Level.EMERGENCY), SWIFT, NOON)
    assert (risen.level, risen.climb, risen.round) == (Level.EMERGENCY, SWIFT, 2)
    kept = escalation.ring(an_alert(), triaged(Level.URGENT, Signal.KIDNEY), CALM, NOON)
    assert (kept.level, kept.climb) == (Level.EMERGENCY, SWIFT)
    assert set(kept.signals) == {Signal.CONFUSION, Signal.KIDNEY}


def test_after_a_contact_level_signals_and_course_are_the_new_reports_own() -> None:
    fresh = escalation.ring(
        an_alert(state=AlertState.CONTACTED), triaged(Level.URGENT, Signal.KIDNEY), CALM, NOON
    )
    assert (fresh.level, fresh.signals, fresh.climb, fresh.step) == (Level.URGENT, (Signal.KIDNEY,), CALM, 0)
    assert (fresh.contacted_at, fresh.acknowledged_by) == (None, None)


@pytest.mark.parametrize("rung_so_far", range(8))
def test_a_new_report_never_takes_an_unanswered_climb_back(rung_so_far: int) -> None:
    alert = an_alert()
    for _ in range(rung_so_far):
        assert alert.due_at is not None
        before = climbed(alert, roster(), alert.due_at)
        assert before is not None
        alert = before.alert
    now = NOON + rung_so_far * 10 * MINUTE - MINUTE if rung_so_far else NOON
    louder = escalation.ring(alert, triaged(Level.EMERGENCY, Signal.KIDNEY), SWIFT, now)
    rung = climbed(louder, roster(), now)
    assert rung is not None
    assert rung.names == [{"Bob"}, {"Bob"}, {"Dana"}, {"Erin"}, {"Frank"}, *[set(NAMES)] * 3][rung_so_far]
    paced = rounds.keep_pace(rung.alert, alert)
    assert paced.due_at is not None
    assert alert.due_at is not None
    if alert.state is AlertState.OPEN and rung_so_far:
        assert paced.due_at == alert.due_at

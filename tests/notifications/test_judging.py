"""How long the rules may take for one report, by the time that they work and not by that of the wall."""

import time
from collections.abc import Callable

import pytest

from domain import triage, truth
from domain.past import NOTHING_PAST
from domain.protocol.conditions import Condition
from domain.truth import Facts, Truth
from notifications import trial
from tests.support.protocol import shipped


def work(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@pytest.mark.parametrize(("delay", "triaged"), [(time.sleep, True), (work, False)])
def test_rules_that_compute_too_long_are_broken_and_a_machine_that_stood_still_breaks_none(
    monkeypatch: pytest.MonkeyPatch, delay: Callable[[float], None], triaged: bool
) -> None:
    """A pause of the machine in the middle of a report said "urgent", and woke a doctor for somebody who was well."""
    protocol, first, holds = shipped(), iter((True,)), truth.holds

    def delayed(condition: Condition, facts: Facts) -> Truth:
        if next(first, False):
            delay(2 * trial.JUDGING_SECONDS)
        return holds(condition, facts)

    monkeypatch.setattr(trial, "JUDGING_SECONDS", 0.1)
    monkeypatch.setattr(triage, "holds", delayed)
    found = trial.judge_in_time(protocol.forms[0], protocol.rules, (), NOTHING_PAST)
    assert found.triaged is triaged

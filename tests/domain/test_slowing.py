"""Failures cost time, a little more each, and never more than a minute."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain import slowing
from domain.decision import Decision
from domain.slowing import ALARM_AT, OF_LINK, OF_PAIR, OF_SOURCE, WINDOW, Pace, Tries
from domain.task import Task, TaskKind
from tests.support.alerts import NOON, SITE, context, staff

FRESH = Tries(failures=0, since=NOON)


def waits(pace: Pace, times: int) -> list[float]:
    """What each of so many failures costs, all of them at one instant."""
    tries, found = FRESH, []
    for _ in range(times):
        tries = slowing.failed(tries, NOON, pace)
        found.append(slowing.wait(tries, NOON).total_seconds())
    return found


def test_three_failures_are_free_then_a_source_waits_longer_and_longer_at_what_it_tries() -> None:
    assert waits(OF_PAIR, 12) == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_whole_hospital_behind_one_address_has_thirty_failures_free() -> None:
    assert waits(OF_SOURCE, 38) == [0] * 30 + [1, 2, 4, 8, 16, 32, 60, 60]


def test_no_flood_makes_anybody_wait_for_more_than_a_minute() -> None:
    assert waits(OF_PAIR, 5000)[-1] == waits(OF_SOURCE, 5000)[-1] == 60
    assert max(waits(OF_LINK, 5000)) == 30


@pytest.mark.parametrize("start", range(0, 1800, 89))
def test_a_link_is_tried_ten_times_a_window_and_else_twice_a_minute_from_wherever(start: int) -> None:
    tries, made = slowing.failed(FRESH, NOON, OF_LINK), [NOON]
    for second in range(start, start + 3600):
        now = NOON + timedelta(seconds=second)
        while not slowing.wait(tries, now):
            tries = slowing.failed(tries, now, OF_LINK)
            made.append(now)
    assert max(sum(each <= other < each + timedelta(minutes=1) for other in made) for each in made) <= 20
    assert len(made) <= 170


def test_a_success_clears_and_a_window_forgets() -> None:
    many = Tries(failures=40, since=NOON, wait_until=NOON + timedelta(seconds=60))
    assert slowing.wait(slowing.cleared(many), NOON) == timedelta()
    later = NOON + WINDOW
    assert slowing.failed(many, later, OF_PAIR) == Tries(failures=1, since=later)


def test_what_only_counts_slows_nobody() -> None:
    tries = FRESH
    for _ in range(100):
        tries = slowing.failed(tries, NOON)
    assert (tries.failures, slowing.wait(tries, NOON)) == (100, timedelta())


def alarmed(failures: int, *told: UUID) -> tuple[Decision, ...]:
    tries = Tries(failures=failures, since=NOON)
    return slowing.alarms(tries, staff("Bob"), frozenset(told), context(NOON))


def test_many_failures_on_one_account_are_a_task_for_its_site_once() -> None:
    assert alarmed(ALARM_AT - 1) == alarmed(ALARM_AT, SITE) == ()
    (decision,) = alarmed(ALARM_AT)
    (task,) = [change.after for change in decision.changes if isinstance(change.after, Task)]
    assert (decision.action, decision.site_id) == ("sign-in.warn", SITE)
    assert (task.kind, task.about_id) == (TaskKind.SIGN_IN_FAILURES, staff("Bob").id)

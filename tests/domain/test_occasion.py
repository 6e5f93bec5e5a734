"""What may become of a visit or a check-in, and when it counts as late or missed (cases.md 22 and 25)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import occasion as occasions
from domain import recording
from domain.errors import IllegalEvent
from domain.occasion import AHEAD, OccasionEvent, OccasionRecord, OccasionState, Standing, ends_at, standing
from domain.schedule import OccasionKind
from tests.support.years import CHECK_IN, SHANGHAI, VISIT, a_plan, at, day, occasion

TABLE = """
          open complete miss   reschedule reopen   cancel
upcoming  open done     -      upcoming   -        cancelled
open      -    done     missed upcoming   -        cancelled
done      -    -        -      -          upcoming -
missed    -    done     missed upcoming   -        -
cancelled -    done     -      -          -        -
"""
"""The machine once more, as a person reads it: state, event, where it leads."""

EVENTS, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
PAIRS = [(row[0], event, target) for row in ROWS for event, target in zip(EVENTS, row[1:], strict=True)]
LEGAL = [pair for pair in PAIRS if pair[2] != "-"]
ILLEGAL = [pair[:2] for pair in PAIRS if pair[2] == "-"]

PLAN = a_plan()
NOON = at(7, "12:00")
ORDER = [OccasionState.UPCOMING, OccasionState.OPEN, OccasionState.MISSED]


def stands(
    number: int, kind: OccasionKind = VISIT, week: int = 1, record: OccasionRecord | None = None
) -> Standing:
    """How an occasion stands on a day of the trial."""
    return standing(occasion(kind, week), record, day(number), closed=False)


def passed(number: int, clock: str = "00:00", record: OccasionRecord | None = None) -> OccasionRecord | None:
    """What is recorded of the first visit if somebody looks then."""
    return recording.let_pass(stands(number, record=record), PLAN, SHANGHAI, at(number, clock))


def missed() -> OccasionRecord:
    """The first visit, let pass on the morning after its window."""
    record = passed(11, "08:00")
    assert record is not None
    return record


def test_the_table_has_every_state_and_event() -> None:
    assert list(OccasionEvent) == EVENTS
    assert [row[0] for row in ROWS] == list(OccasionState)


@pytest.mark.parametrize(("state", "event", "target"), LEGAL)
def test_a_legal_event_leads_where_the_table_says(state: str, event: str, target: str) -> None:
    assert occasions.move(OccasionState(state), OccasionEvent(event)) is OccasionState(target)


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_an_illegal_event_is_refused(state: str, event: str) -> None:
    with pytest.raises(IllegalEvent):
        occasions.move(OccasionState(state), OccasionEvent(event))


ACTS: dict[str, Callable[[Standing], OccasionRecord]] = {
    "complete": lambda now: recording.complete(now, PLAN, day(7), NOON),
    "miss": lambda now: recording.call_off(now, PLAN, NOON),
    "reschedule": lambda now: recording.reschedule(now, PLAN, day(9), NOON),
    "reopen": lambda now: recording.reopen(now, PLAN, NOON),
}
"""What can be done to an occasion; the others are the calendar's and the plan's."""


@pytest.mark.parametrize(("state", "event", "target"), [each for each in LEGAL if each[1] in ACTS])
def test_what_is_recorded_is_what_the_table_says(state: str, event: str, target: str) -> None:
    now = replace(stands(7), state=OccasionState(state))
    assert ACTS[event](now).state is OccasionState(target)


@pytest.mark.parametrize(("state", "event"), [each for each in ILLEGAL if each[1] in ACTS])
def test_what_the_table_forbids_is_not_recorded(state: str, event: str) -> None:
    with pytest.raises(IllegalEvent):
        ACTS[event](replace(stands(7), state=OccasionState(state)))


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (3, OccasionState.UPCOMING),
        (4, OccasionState.OPEN),
        (7, OccasionState.OPEN),
        (10, OccasionState.OPEN),
    ],
)
def test_a_visit_is_open_on_the_first_and_the_last_day_of_its_window(
    number: int, state: OccasionState
) -> None:
    assert stands(number).state is state
    assert passed(number, "23:59") is None


@pytest.mark.parametrize("number", [7, 13])
def test_a_check_in_is_open_from_its_day_to_the_day_before_the_next(number: int) -> None:
    assert stands(number, CHECK_IN).state is OccasionState.OPEN
    assert stands(6, CHECK_IN).state is OccasionState.UPCOMING
    assert stands(number, CHECK_IN, week=2).state is OccasionState.UPCOMING
    assert stands(14, CHECK_IN, week=2).state is OccasionState.OPEN


def test_a_visit_is_missed_when_the_last_day_of_its_window_has_ended_at_the_site() -> None:
    assert passed(10, "23:59") is None
    midnight = passed(11)
    assert midnight is not None
    assert (midnight.state, midnight.missed_at) == (OccasionState.MISSED, at(11))


def test_that_a_visit_was_missed_is_a_fact_with_its_time_however_late_somebody_looks() -> None:
    found = passed(40, "15:00")
    assert found is not None
    assert (found.missed_at, found.changed_at) == (at(11), at(40, "15:00"))
    assert ends_at(occasion(VISIT, 1), SHANGHAI) == at(11)


def test_nobody_calls_a_visit_missed_before_that_is_recorded() -> None:
    assert stands(40).state is OccasionState.OPEN
    assert stands(40, record=missed()).state is OccasionState.MISSED


def test_what_is_missed_is_not_missed_a_second_time() -> None:
    assert passed(12, record=missed()) is None


@pytest.mark.parametrize(("done_on", "late"), [(4, False), (7, False), (10, False), (11, True), (20, True)])
def test_a_visit_after_its_window_is_done_late(done_on: int, *, late: bool) -> None:
    done = recording.complete(stands(done_on), PLAN, day(done_on), at(done_on, "12:00"))
    assert (done.state, done.done_on, done.is_late) == (OccasionState.DONE, day(done_on), late)


def test_a_visit_that_was_missed_can_still_be_done_and_it_stays_known_that_it_was_missed() -> None:
    late = recording.complete(stands(12, record=missed()), PLAN, day(12), at(12, "12:00"))
    assert (late.state, late.is_late, late.missed_at) == (OccasionState.DONE, True, at(11))
    assert late.revision == missed().revision + 1


@pytest.mark.parametrize("number", [0, 7, 300])
def test_what_is_done_stays_done_on_every_day(number: int) -> None:
    done = recording.complete(stands(7), PLAN, day(7), NOON)
    assert stands(number, record=done).state is OccasionState.DONE
    assert passed(number, record=done) is None
    assert standing(occasion(VISIT, 1), done, day(number), closed=True).state is OccasionState.DONE


@pytest.mark.parametrize("number", [0, 7, 40])
def test_what_lies_ahead_is_cancelled_when_the_plan_is_closed(number: int) -> None:
    assert standing(occasion(VISIT, 1), None, day(number), closed=True).state is OccasionState.CANCELLED


def test_what_was_missed_before_the_plan_was_closed_stays_missed() -> None:
    assert standing(occasion(VISIT, 1), missed(), day(40), closed=True).state is OccasionState.MISSED


def after_a_look(number: int, week: int, record: OccasionRecord | None) -> OccasionRecord | None:
    now = stands(number, CHECK_IN, week, record)
    return recording.let_pass(now, PLAN, SHANGHAI, at(number, "09:00")) or record


@given(number=st.integers(-400, 800), week=st.integers(1, 52), looked=st.booleans())
@settings(deadline=None)
def test_an_occasion_never_goes_back_to_an_earlier_state(number: int, week: int, *, looked: bool) -> None:
    record = after_a_look(number, week, None) if looked else None
    before = stands(number, CHECK_IN, week, record).state
    tomorrow = after_a_look(number + 1, week, record) if looked else None
    after = stands(number + 1, CHECK_IN, week, tomorrow).state
    assert ORDER.index(before) <= ORDER.index(after)


@given(st.integers(-60, 60), st.integers(-60, 60), st.integers(-60, 60))
@settings(deadline=None)
def test_a_visit_of_another_day_counts_on_that_day_and_on_every_day_of_the_plan(
    first: int, second: int, today: int
) -> None:
    moved = recording.reschedule(stands(0), PLAN, day(first), NOON)
    again = recording.reschedule(stands(0, record=moved), PLAN, day(second), NOON)
    opens, closes = min(4, second), max(10, second)
    assert (again.target, again.opens, again.closes) == (day(second), day(opens), day(closes))
    state = stands(today, record=again).state
    assert state is (OccasionState.OPEN if today >= opens else OccasionState.UPCOMING)
    assert state in AHEAD


def test_a_missed_visit_with_another_day_lies_ahead_and_can_be_missed_again() -> None:
    moved = recording.reschedule(stands(12, record=missed()), PLAN, day(20), at(12, "12:00"))
    assert stands(12, record=moved).state is OccasionState.OPEN
    assert passed(20, "23:59", record=moved) is None
    again = passed(21, record=moved)
    assert again is not None
    assert (again.state, again.missed_at) == (OccasionState.MISSED, at(21))


def test_a_visit_marked_done_by_mistake_is_asked_for_again_and_forgets_the_mistake() -> None:
    done = recording.complete(stands(7), PLAN, day(7), NOON)
    again = recording.reopen(stands(8, record=done), PLAN, at(8, "12:00"))
    now = stands(8, record=again)
    assert (now.state, again.done_on, again.is_late, again.missed_at) == (
        OccasionState.OPEN,
        None,
        False,
        None,
    )
    assert passed(11, record=again) is not None


def test_a_silence_that_was_told_leaves_the_check_in_open() -> None:
    silent = recording.fall_silent(stands(9, CHECK_IN), PLAN, None, at(9, "09:00"))
    assert silent.silent_at == at(9, "09:00")
    assert stands(9, CHECK_IN, record=silent).state is OccasionState.OPEN
    done = recording.complete(stands(13, CHECK_IN, record=silent), PLAN, day(13), at(13, "12:00"))
    assert (done.is_late, done.silent_at) == (False, at(9, "09:00"))


def test_every_change_of_an_occasion_is_counted_on_one_record() -> None:
    first = recording.reschedule(stands(7), PLAN, day(9), NOON)
    second = recording.complete(stands(9, record=first), PLAN, day(9), NOON + timedelta(days=2))
    third = recording.reopen(stands(9, record=second), PLAN, NOON + timedelta(days=2))
    assert [each.revision for each in (first, second, third)] == [1, 2, 3]
    assert first.id == second.id == third.id
    assert first.id != recording.record_id(a_plan(version=2), stands(7))

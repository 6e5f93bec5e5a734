"""From an administration to a plan, and to another one when it is corrected or a further one follows (cases.md 22)."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import administering
from domain.administering import Correction
from domain.decision import Change, Decision
from domain.delivery import MessageState, ReminderText
from domain.errors import AdministrationExists, BodyInvalid, NotFound, ParticipationEnded
from domain.occasion import OccasionRecord, OccasionState
from domain.people import Administration, ParticipantState
from domain.plan import PlanCause, PlanVersion
from domain.protocol.schema import Level
from domain.task import Task, TaskKind
from tests.support.protocol import shipped
from tests.support.years import (
    ALICE,
    CHECK_IN,
    VISIT,
    Kept,
    a_plan,
    administrations,
    at,
    context,
    day,
    followed,
    planned,
)


def administered(
    year: Kept | None, given_before: tuple[int, ...], on: int, phase: str = "phase-1"
) -> Decision:
    """Alice records an administration on its day."""
    now = context(at(on, "10:00"))
    return administering.administer(
        planned(year, phase), administrations(*given_before), day(on), ALICE, shipped(), now
    )


def corrected(year: Kept, given_before: tuple[int, ...], number: int, to: int, on: int) -> tuple[Change, ...]:
    """Alice corrects the day of an administration, on a later day."""
    correction = Correction(number=number, given_on=day(to), staff_id=ALICE, reason="typing mistake")
    decision = administering.correct(
        planned(year), administrations(*given_before), correction, shipped(), context(at(on, "10:00"))
    )
    assert decision is not None
    assert (decision.action, decision.reason) == ("administration.correct", "typing mistake")
    return decision.changes


def moved(year: Kept, to: int, on: int) -> Kept:
    """Her year after the day of her only administration was corrected."""
    return followed(year, corrected(year, (0,), 1, to, on), (day(to),))


def plans(changes: Iterable[Change]) -> list[PlanVersion]:
    return [each.after for each in changes if isinstance(each.after, PlanVersion)]


def records(changes: Iterable[Change]) -> dict[tuple[str, int], OccasionRecord]:
    rows = (each.after for each in changes)
    return {(each.kind, each.week): each for each in rows if isinstance(each, OccasionRecord)}


def tasks(changes: Iterable[Change]) -> list[TaskKind]:
    return [each.after.kind for each in changes if isinstance(each.after, Task)]


def test_the_first_administration_makes_the_first_plan() -> None:
    decision = administered(None, (), 0)
    administration, made = (each.after for each in decision.changes)
    assert isinstance(administration, Administration)
    assert isinstance(made, PlanVersion)
    assert (decision.action, administration.given_on, administration.number) == (
        "administration.record",
        day(0),
        1,
    )
    assert (made.version, made.anchor, made.cause, made.closed_at) == (
        1,
        day(0),
        PlanCause.ADMINISTRATION,
        None,
    )
    assert made.occasions == a_plan().occasions


def test_a_plan_made_late_asks_for_nothing_that_lies_behind() -> None:
    decision = administering.administer(planned(), (), day(0), ALICE, shipped(), context(at(30, "10:00")))
    missed = records(decision.changes)
    assert set(missed) == {(VISIT, 1), (VISIT, 2), (CHECK_IN, 1), (CHECK_IN, 2), (CHECK_IN, 3)}
    assert {each.state for each in missed.values()} == {OccasionState.MISSED}
    assert missed[VISIT, 1].missed_at == at(11)
    # Whether they took place only a human knows, and whether the day was typed right.
    assert tasks(decision.changes) == [TaskKind.PLAN_REVIEW]


def test_a_further_administration_closes_one_version_and_makes_the_next() -> None:
    year = Kept()
    closed, made = plans(administered(year, (0,), 20, phase="phase-2").changes)
    assert closed == replace(year.plan, closed_at=at(20, "10:00"))
    assert (made.version, made.anchor, made.cause) == (2, day(20), PlanCause.ADMINISTRATION)
    assert made.id != closed.id


def test_in_a_phase_that_counts_from_the_first_a_further_one_moves_nothing() -> None:
    _, made = plans(administered(Kept(), (0,), 20).changes)
    assert (made.version, made.occasions) == (2, a_plan().occasions)


@pytest.mark.parametrize(("to", "anchor"), [(-3, -3), (3, 3)])
def test_a_correction_moves_every_day_of_the_plan(to: int, anchor: int) -> None:
    changes = corrected(Kept(), (0,), 1, to, 5)
    _, made = plans(changes)
    assert (made.cause, made.anchor) == (PlanCause.CORRECTION, day(anchor))
    assert made.occasions == a_plan(day(anchor)).occasions
    assert changes[0].before == administrations(0)[0]


def test_what_was_done_stays_done_on_the_day_it_was_done() -> None:
    year = Kept()
    year.done(VISIT, 1, at(7, "12:00"))
    year.done(CHECK_IN, 1, at(8, "12:00"))
    carried = records(corrected(year, (0,), 1, 1, 9))
    assert {key: (each.state, each.done_on) for key, each in carried.items()} == {
        (VISIT, 1): (OccasionState.DONE, day(7)),
        (CHECK_IN, 1): (OccasionState.DONE, day(8)),
    }
    assert {each.plan_version for each in carried.values()} == {2}
    assert carried[VISIT, 1].target == day(8)
    assert carried[VISIT, 1].id != year.records[VISIT, 1].id


@given(st.sampled_from([-6, -1, 1, 6]), st.integers(10, 40), st.sets(st.integers(1, 5), min_size=1))
@settings(deadline=None, max_examples=10)
def test_whatever_is_corrected_nobody_is_asked_again_for_what_is_done(
    to: int, on: int, weeks: set[int]
) -> None:
    year = Kept()
    done = {(CHECK_IN, week) for week in weeks if 7 * week < on} | {(VISIT, 1)}
    for kind, week in done:
        year.done(kind, week, at(7 * week, "12:00"))
    year = moved(year, to, on)
    year.run(at(on, "10:00"), at(on + 15))
    assert {(each.kind, each.week) for each in year.made}.isdisjoint(done)
    assert {week for week, _, _ in year.silences}.isdisjoint(week for kind, week in done if kind is CHECK_IN)
    assert len(year.made) > 0


def test_what_is_done_is_not_asked_for_when_a_further_administration_brings_its_week_again() -> None:
    year = Kept()
    for week in (1, 2, 3):
        year.done(CHECK_IN, week, at(7 * week, "12:00"))
    decision = administered(year, (0,), 25, phase="phase-2")
    year = followed(year, decision.changes, (day(0), day(25)))
    year.run(at(25, "10:00"), at(60))
    asked = [(each.week, each.target) for each in year.made if each.kind is CHECK_IN]
    assert asked[0] == (4, day(53))


def test_weeks_that_were_done_and_lie_ahead_again_are_looked_at_by_a_human() -> None:
    year = Kept()
    year.done(CHECK_IN, 1, at(7, "12:00"))
    assert tasks(administered(year, (0,), 20, phase="phase-2").changes) == [TaskKind.PLAN_REVIEW]
    assert tasks(corrected(year, (0,), 1, 1, 8)) == []
    assert tasks(administered(Kept(), (0,), 20, phase="phase-2").changes) == []


def test_a_visit_that_was_done_and_whose_window_is_open_again_needs_no_human() -> None:
    year = Kept()
    year.done(VISIT, 1, at(5, "09:00"))
    assert tasks(corrected(year, (0,), 1, 1, 5)) == []
    assert tasks(corrected(year, (0,), 1, 2, 5)) == [TaskKind.PLAN_REVIEW]


def test_the_review_is_about_the_new_plan_and_due_within_a_day() -> None:
    year = Kept()
    year.done(CHECK_IN, 1, at(7, "12:00"))
    changes = administered(year, (0,), 20, phase="phase-2").changes
    (task,) = (each.after for each in changes if isinstance(each.after, Task))
    assert (task.about_id, task.due_at) == (plans(changes)[1].id, at(21, "10:00"))


def test_texts_of_the_old_plan_that_are_not_sent_become_stale() -> None:
    year = Kept()
    year.run(at(0, "10:00"), at(7, "09:00"))
    year.look(at(7, "09:00"))
    waiting = year.texts[-1]
    year.texts = [replace(each, state=MessageState.DELIVERED) for each in year.texts[:-1]] + [waiting]
    stale = [each.after for each in corrected(year, (0,), 1, 1, 7) if isinstance(each.after, ReminderText)]
    assert stale == [replace(waiting, state=MessageState.STALE, due_at=None)]


def test_a_silence_that_was_told_is_not_told_again_while_its_check_in_is_open() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 20)}))
    year.run(at(140), at(143))
    year = moved(year, 1, 143)
    year.run(at(143, "10:00"), at(146))
    assert [week for week, _, _ in year.silences if week == 20] == [20]


def test_a_correction_that_moves_nothing_is_none_and_writes_nothing() -> None:
    correction = Correction(number=1, given_on=day(0), staff_id=ALICE, reason="")
    now = context(at(5))
    assert administering.correct(planned(Kept()), administrations(0), correction, shipped(), now) is None


def test_an_administration_that_was_never_given_cannot_be_corrected() -> None:
    correction = Correction(number=2, given_on=day(1), staff_id=ALICE, reason="")
    with pytest.raises(NotFound):
        administering.correct(planned(Kept()), administrations(0), correction, shipped(), context(at(5)))


def test_what_was_given_on_one_day_is_one_administration() -> None:
    with pytest.raises(AdministrationExists):
        administered(Kept(), (20,), 20)
    with pytest.raises(AdministrationExists):
        corrected(Kept(), (0, 20), 2, 0, 30)


def test_an_administration_is_recorded_on_its_day_anywhere_on_earth_and_not_before() -> None:
    # 10:00 UTC on the day before is midnight in Kiritimati, the first place where it is that day.
    midnight = at(0, "18:00")
    now = context(midnight)
    assert administering.administer(planned(), (), day(1), ALICE, shipped(), now).at == midnight
    early = context(midnight - timedelta(seconds=1))
    with pytest.raises(BodyInvalid) as refused:
        administering.administer(planned(), (), day(1), ALICE, shipped(), early)
    assert [each.pointer for each in refused.value.faults] == ["/givenOn"]


def test_after_the_end_nothing_is_administered_or_corrected() -> None:
    ended = Kept(state=ParticipantState.ENDED)
    with pytest.raises(ParticipationEnded):
        administered(ended, (0,), 20)
    with pytest.raises(ParticipationEnded):
        corrected(ended, (0,), 1, 1, 20)


@pytest.mark.parametrize("to", [-1, 1])
def test_a_silence_that_was_told_is_remembered_when_the_next_week_is_silent_in_another_plan(to: int) -> None:
    """Two in a row stay two in a row (trial.md §2, N2) when somebody corrects a day between them."""
    year = Kept(plan=a_plan(only={(CHECK_IN, 20), (CHECK_IN, 21)}))
    year.run(at(140), at(148, "08:00"))
    year = moved(year, to, 148)
    year.run(at(148, "10:00"), at(153))
    assert [(week, level) for week, _, level in year.silences] == [(20, Level.ROUTINE), (21, Level.URGENT)]
    assert year.records[CHECK_IN, 20].state is OccasionState.MISSED


def test_a_silent_week_that_lies_ahead_again_is_planned_anew() -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 20)}))
    year.run(at(140), at(148, "08:00"))
    assert year.records[CHECK_IN, 20].silent_at is not None
    decision = administered(year, (0,), 148, phase="phase-2")
    assert (CHECK_IN, 20) not in records(decision.changes)


def test_a_text_that_says_what_the_new_plan_says_too_goes_out_all_the_same() -> None:
    """A further administration in a phase that counts from the first moves no day."""
    year = Kept(plan=a_plan(only={(CHECK_IN, 1), (CHECK_IN, 2)}))
    year.look(at(14, "09:00"))
    assert len(year.texts) == 1
    kept, moved_on = (administered(year, (0,), 14, phase=phase).changes for phase in ("phase-1", "phase-2"))
    assert [each.after for each in kept if isinstance(each.after, ReminderText)] == []
    assert [each.after.state for each in moved_on if isinstance(each.after, ReminderText)] == [
        MessageState.STALE
    ]

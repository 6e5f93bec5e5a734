"""What site staff say of a visit, of a complication, and of the end of a participation (contract.md)."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from domain import complications, ending, planning
from domain.decision import Decision
from domain.delivery import MessageState
from domain.ending import Ending
from domain.errors import BodyInvalid, IllegalEvent
from domain.occasion import OccasionRecord, OccasionState
from domain.people import (
    ActivationCode,
    ComplicationRecord,
    EndReason,
    Participant,
    ParticipantState,
    Revocation,
    Session,
)
from domain.planning import Recorded
from domain.protocol.reminders import Complication
from tests.support.alerts import LIN, SITE
from tests.support.years import ALICE, LINS, VISIT, Kept, a_participant, at, context, day

BY = Recorded(staff_id=ALICE, reason="lin is travelling")
NOW = at(7, "12:00")


def said(decision: Decision | None) -> OccasionRecord:
    """The record of a visit after staff said something of it."""
    assert decision is not None
    assert (decision.action, decision.reason) == ("visit.record", BY.reason)
    (change,) = decision.changes
    assert isinstance(change.after, OccasionRecord)
    assert (change.after.recorded_by, change.after.reason) == (ALICE, BY.reason)
    return change.after


def completed(year: Kept, on: int, today: int = 7, week: int = 1) -> Decision | None:
    now = at(today, "12:00")
    return planning.complete_visit(
        year.standing(VISIT, week, now), year.plan, day(on), day(today), BY, context(now)
    )


def rescheduled(year: Kept, to: int, today: int = 7, week: int = 1) -> Decision | None:
    now = at(today, "12:00")
    return planning.reschedule_visit(
        year.standing(VISIT, week, now), year.plan, day(to), day(today), BY, context(now)
    )


def called_off(year: Kept, today: int = 7) -> Decision | None:
    now = at(today, "12:00")
    return planning.miss_visit(year.standing(VISIT, 1, now), year.plan, BY, context(now))


def reopened(year: Kept, today: int = 7) -> Decision | None:
    now = at(today, "12:00")
    return planning.reopen_visit(year.standing(VISIT, 1, now), year.plan, BY, context(now))


def with_first_visit(record: OccasionRecord) -> Kept:
    return Kept(records={(VISIT, 1): record})


def test_a_visit_is_recorded_as_done_by_whoever_says_so() -> None:
    done = said(completed(Kept(), 6))
    assert (done.state, done.done_on, done.is_late) == (OccasionState.DONE, day(6), False)
    assert completed(with_first_visit(done), 6) is None


def test_a_visit_that_is_done_is_not_done_on_another_day_before_it_is_opened_again() -> None:
    done = with_first_visit(said(completed(Kept(), 6)))
    with pytest.raises(IllegalEvent):
        completed(done, 7)
    again = said(reopened(done))
    assert again.state is OccasionState.UPCOMING
    assert said(completed(with_first_visit(again), 7)).done_on == day(7)


def test_a_visit_may_be_done_before_its_window_opens() -> None:
    assert said(completed(Kept(), 6, week=4)).state is OccasionState.DONE


def test_what_has_not_happened_is_not_recorded() -> None:
    with pytest.raises(BodyInvalid) as refused:
        completed(Kept(), 8)
    assert [each.pointer for each in refused.value.faults] == ["/completedOn"]
    with pytest.raises(BodyInvalid) as refused:
        rescheduled(Kept(), 6)
    assert [each.pointer for each in refused.value.faults] == ["/targetDate"]


@pytest.mark.parametrize(
    ("to", "opens", "closes"), [(7, 25, 31), (24, 24, 31), (26, 25, 31), (31, 25, 31), (40, 25, 40)]
)
def test_another_day_stretches_the_window_and_never_shrinks_it(to: int, opens: int, closes: int) -> None:
    moved = said(rescheduled(Kept(), to, week=4))
    opens = min(opens, to)
    assert (moved.target, moved.opens, moved.closes) == (day(to), day(opens), day(closes))
    assert moved.state is OccasionState.UPCOMING


def test_a_visit_that_has_its_day_already_is_not_given_it_again() -> None:
    assert rescheduled(Kept(), 28, week=4) is None


def test_a_visit_that_was_missed_can_be_given_the_same_day_again() -> None:
    off = with_first_visit(said(called_off(Kept())))
    again = said(rescheduled(off, 7))
    assert (again.target, again.is_called_off) == (day(7), False)
    assert with_first_visit(again).standing(VISIT, 1, NOW).state is OccasionState.OPEN


def test_a_visit_that_will_not_take_place_is_missed_from_then_on_and_once() -> None:
    off = said(called_off(Kept()))
    assert (off.state, off.missed_at, off.is_called_off) == (OccasionState.MISSED, NOW, True)
    assert called_off(with_first_visit(off)) is None


def test_a_visit_that_lies_far_ahead_cannot_be_missed_yet() -> None:
    with pytest.raises(IllegalEvent):
        called_off(Kept(), today=3)


def test_what_lies_ahead_is_open_already_and_what_was_missed_is_not_opened_but_given_another_day() -> None:
    assert reopened(Kept()) is None
    with pytest.raises(IllegalEvent):
        reopened(with_first_visit(said(called_off(Kept()))))


def a_session() -> Session:
    return Session(
        id=UUID(int=71),
        device_id=UUID(int=72),
        created_at=at(0),
        generation=1,
        rotated_at=at(0),
        account_id=LINS,
    )


def a_code() -> ActivationCode:
    return ActivationCode(
        id=UUID(int=73),
        site_id=SITE,
        participant_id=LIN,
        account_id=LINS,
        code_hash=b"hash",
        issued_at=at(0),
        expires_at=at(3),
    )


def whole(year: Kept | None = None) -> Ending:
    """What ends with Lin's participation on day 7, a text waiting for her phone."""
    kept = year or Kept()
    kept.look(NOW)
    return Ending(
        participant=a_participant(state=kept.state),
        plan=kept.plan,
        texts=tuple(kept.texts),
        sessions=(a_session(),),
        codes=(a_code(),),
    )


def ended(before: Ending, reason: EndReason = EndReason.WITHDRAWN, on: int = 7) -> Decision | None:
    return ending.end(before, reason, day(on), day(7), context(NOW))


@pytest.mark.parametrize("reason", EndReason)
def test_with_the_participation_everything_ends_that_reaches_lin(reason: EndReason) -> None:
    before = whole()
    decision = ended(before, reason)
    assert decision is not None
    participant, plan, *rest = (each.after for each in decision.changes)
    assert participant == replace(
        before.participant, state=ParticipantState.ENDED, end_reason=reason, ended_on=day(7), ended_at=NOW
    )
    assert before.plan is not None
    assert plan == replace(before.plan, closed_at=NOW)
    assert len(before.texts) == 2
    assert rest == [
        *(replace(each, state=MessageState.STALE, due_at=None) for each in before.texts),
        replace(a_session(), revoked_at=NOW, revoked_because=Revocation.ENDED),
        replace(a_code(), revoked_at=NOW),
    ]


def test_what_lay_ahead_is_cancelled_with_the_end_and_what_took_place_may_still_be_recorded() -> None:
    year = Kept()
    year.plan = replace(year.plan, closed_at=NOW)
    assert {each.state for each in year.course(NOW).standings} == {OccasionState.CANCELLED}
    assert said(completed(year, 6)).state is OccasionState.DONE


def test_the_end_before_the_first_administration_has_no_plan_to_close() -> None:
    before = replace(whole(), plan=None, texts=())
    decision = ended(before)
    assert decision is not None
    assert [type(each.after) for each in decision.changes] == [Participant, Session, ActivationCode]


def test_an_end_is_recorded_once_and_never_in_two_ways() -> None:
    over = replace(
        a_participant(state=ParticipantState.ENDED),
        end_reason=EndReason.WITHDRAWN,
        ended_on=day(7),
        ended_at=NOW,
    )
    before = replace(whole(), participant=over)
    assert ended(before) is None
    for reason, on in ((EndReason.DIED, 7), (EndReason.WITHDRAWN, 6)):
        with pytest.raises(IllegalEvent):
            ended(before, reason, on)


def test_an_end_that_lies_ahead_is_refused() -> None:
    with pytest.raises(BodyInvalid) as refused:
        ended(whole(), on=8)
    assert [each.pointer for each in refused.value.faults] == ["/endedOn"]


def test_a_complication_is_recorded_on_a_day_that_has_come() -> None:
    kind = Complication.SEPSIS
    decision = complications.record(a_participant(), kind, day(7), day(7), ALICE, context(NOW))
    (change,) = decision.changes
    assert isinstance(change.after, ComplicationRecord)
    assert (change.after.kind, change.after.occurred_on, change.after.recorded_by) == (kind, day(7), ALICE)
    with pytest.raises(BodyInvalid) as refused:
        complications.record(a_participant(), kind, day(8), day(7), ALICE, context(NOW))
    assert [each.pointer for each in refused.value.faults] == ["/occurredOn"]

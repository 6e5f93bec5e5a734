"""A text that reminds somebody, looked at again just before it goes out, and never sent a second time (trial.md §4)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from domain import delivery, outcomes, recording, reminding
from domain.attempt import Attempt
from domain.decision import Change
from domain.delivery import MessageEvent, MessageState, ReminderText
from domain.people import Contact, ContactKind, ParticipantState
from domain.task import Task, TaskKind
from tests.support.alerts import a_way
from tests.support.years import (
    CHECK_IN,
    HONOLULU,
    KIRITIMATI,
    LINS,
    REMINDERS,
    VISIT,
    Kept,
    a_plan,
    at,
    context,
    day,
    lin,
)

NINE, TEN = at(7, "09:00"), at(7, "10:00")


def asked() -> tuple[Kept, ReminderText]:
    """Lin was just asked to check in, on the day of the first week."""
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(),))
    year.look(NINE)
    return year, year.texts[0]


def attempted(year: Kept, text: ReminderText, now: datetime) -> tuple[ReminderText, Attempt | None]:
    """The worker is about to send a text."""
    decision, row = reminding.attempt(text, year.year(now), REMINDERS, a_way(), context(now))
    after = decision.changes[0].after
    assert isinstance(after, ReminderText)
    return after, row


def test_a_text_that_tells_her_something_is_sent_and_its_attempt_is_written_first() -> None:
    year, text = asked()
    sending, row = attempted(year, text, NINE)
    assert (sending.state, sending.attempts, sending.due_at) == (MessageState.SENDING, 1, NINE)
    assert row is not None
    assert (row.message_id, row.number, row.started_at, row.outcome) == (text.id, 1, NINE, "")


def check_in(year: Kept) -> None:
    year.done(CHECK_IN, 1, TEN)


def end(year: Kept) -> None:
    year.state = ParticipantState.ENDED


def close_the_plan(year: Kept) -> None:
    year.plan = replace(year.plan, closed_at=TEN)


def take_back_consent(year: Kept) -> None:
    year.people = (lin(sms=False),)


def see_it_on_the_phone(year: Kept) -> None:
    year.people = (lin(confirmed={year.texts[0].reminder_id}),)


def be_nobody(year: Kept) -> None:
    year.people = ()


def follow_another_plan(year: Kept) -> None:
    year.plan = a_plan(day(1), {(CHECK_IN, 1)}, version=2)


@pytest.mark.parametrize(
    "happens",
    [
        check_in,
        end,
        close_the_plan,
        take_back_consent,
        see_it_on_the_phone,
        be_nobody,
        follow_another_plan,
    ],
    ids=lambda each: each.__name__,
)
def test_a_text_that_was_overtaken_becomes_stale_and_is_not_sent(happens: Callable[[Kept], None]) -> None:
    year, text = asked()
    happens(year)
    stale, row = attempted(year, text, TEN)
    assert (stale.state, stale.due_at, row) == (MessageState.STALE, None, None)


def test_a_text_is_good_until_the_day_of_the_next_call() -> None:
    year, text = asked()
    assert text.valid_until == at(8, "08:00")
    assert attempted(year, text, at(7, "19:59"))[1] is not None
    stale, row = attempted(year, text, at(8, "08:00"))
    assert (stale.state, row) == (MessageState.STALE, None)


def test_a_text_is_wanted_while_one_of_the_things_it_speaks_of_is_not_done() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 1), (CHECK_IN, 1)}), people=(lin(),))
    year.look(at(8, "09:00"))
    (text,) = year.texts
    year.done(CHECK_IN, 1, at(8, "10:00"))
    assert attempted(year, text, at(8, "10:00"))[1] is not None
    year.done(VISIT, 1, at(8, "11:00"))
    assert attempted(year, text, at(8, "11:00"))[1] is None


def test_a_visit_with_another_day_meanwhile_is_not_spoken_of_as_it_was() -> None:
    year = Kept(plan=a_plan(only={(VISIT, 1)}), people=(lin(),))
    year.look(at(5, "09:00"))
    (text,) = year.texts
    visit = year.standing(VISIT, 1, at(5, "09:30"))
    year.records[VISIT, 1] = recording.reschedule(visit, year.plan, day(9), at(5, "09:30"))
    assert attempted(year, text, at(5, "09:30"))[0].state is MessageState.STALE


@pytest.mark.parametrize("clock", ["20:00", "23:30", "03:00", "07:59"])
def test_a_text_that_became_due_at_night_waits_for_the_morning(clock: str) -> None:
    year = Kept(plan=a_plan(only={(CHECK_IN, 1)}), people=(lin(),))
    year.look(at(8, "19:00"))
    now = at(8 if clock > "12" else 9, clock)
    waiting, row = attempted(year, year.texts[0], now)
    assert (waiting.state, waiting.due_at, waiting.attempts, row) == (
        MessageState.PENDING,
        at(9, "08:00"),
        0,
        None,
    )
    assert attempted(year, waiting, at(9, "08:00"))[1] is not None


def test_night_is_where_she_is_when_it_goes_out() -> None:
    year, text = asked()
    year.people = (lin(HONOLULU),)
    waiting, row = attempted(year, text, at(7, "14:59"))
    assert (waiting.due_at, row) == (at(7, "08:00", HONOLULU), None)
    assert attempted(year, text, at(7, "08:00", HONOLULU))[1] is not None


@pytest.mark.parametrize(
    ("found", "minutes", "event"),
    [
        (True, 1, MessageEvent.ACCEPT),
        (False, 1, MessageEvent.GIVE_UP),
        (None, 9, MessageEvent.LOSE),
        (None, 10, MessageEvent.GIVE_UP),
    ],
)
def test_a_text_of_which_nobody_knows_if_it_arrived_is_looked_up_and_never_repeated(
    minutes: int, event: MessageEvent, *, found: bool | None
) -> None:
    year, text = asked()
    sending, row = attempted(year, text, NINE)
    assert row is not None
    lost = delivery.settle(sending, MessageEvent.LOSE, NINE)
    now = NINE + timedelta(minutes=minutes)
    room = outcomes.Room(may_repeat=True, elsewhere=True)
    assert outcomes.after_search(lost, row, room, found=found, now=now) is event


def test_a_refusal_that_may_pass_is_tried_again() -> None:
    year, text = asked()
    sending, _ = attempted(year, text, NINE)
    for failure in ("transient", "configuration", "unlisted"):
        assert outcomes.after_reminders_refusal(failure) is MessageEvent.RETRY
    for failure in ("number", "consent", "content"):
        assert outcomes.after_reminders_refusal(failure) is MessageEvent.GIVE_UP
    again = delivery.settle(sending, MessageEvent.RETRY, NINE)
    assert attempted(year, again, NINE + timedelta(seconds=2))[0].attempts == 2


@pytest.mark.parametrize(
    ("state", "taken_back"),
    [
        (MessageState.PENDING, True),
        (MessageState.UNKNOWN, True),
        (MessageState.SENDING, False),
        (MessageState.ACCEPTED, False),
        (MessageState.DELIVERED, False),
        (MessageState.FAILED, False),
        (MessageState.STALE, False),
    ],
)
def test_what_is_not_on_its_way_yet_is_taken_back(state: MessageState, *, taken_back: bool) -> None:
    _, text = asked()
    changes = reminding.cancel((replace(text, state=state),), TEN)
    assert [change.after for change in changes] == (
        [replace(text, state=MessageState.STALE, due_at=None)] if taken_back else []
    )


NUMBER = Contact(
    id=LINS, kind=ContactKind.PHONE, account_id=LINS, key_id="c1", sealed=b"sealed", blind_index=b"index"
)


def refused(failure: str, number: Contact | None = NUMBER) -> list[object]:
    """What changes when the provider refuses a text for good."""
    year, text = asked()
    sending, row = attempted(year, text, NINE)
    assert row is not None
    change = Change(replace(row, outcome="refused", failure=failure), row)
    decision = reminding.settle(sending, year.year(NINE), number, MessageEvent.GIVE_UP, change, context(NINE))
    assert decision is not None
    return [each.after for each in decision.changes]


@pytest.mark.parametrize("failure", ["number", "consent"])
def test_a_number_that_is_dead_gets_no_more_and_a_human_is_told(failure: str) -> None:
    *_, number, task = refused(failure)
    assert number == replace(NUMBER, unusable_since=NINE)
    assert isinstance(task, Task)
    assert (task.kind, task.about_id) == (TaskKind.DEAD_NUMBER, LINS)
    assert len(refused(failure)) == 4


@pytest.mark.parametrize(
    ("failure", "number"),
    [
        ("content", NUMBER),
        ("configuration", NUMBER),
        ("number", None),
        ("number", replace(NUMBER, unusable_since=NINE)),
    ],
)
def test_another_failure_or_one_that_is_known_says_nothing_new_of_a_number(
    failure: str, number: Contact | None
) -> None:
    assert [type(each) for each in refused(failure, number)] == [Attempt, ReminderText]


def test_what_changes_nothing_is_not_written() -> None:
    year, text = asked()
    accepted = replace(text, state=MessageState.DELIVERED, due_at=None)
    assert (
        reminding.settle(accepted, year.year(NINE), NUMBER, MessageEvent.DELIVER, None, context(TEN)) is None
    )


def test_of_two_things_in_one_text_the_one_that_has_expired_is_a_reason_no_more() -> None:
    """On the morning before the visit its own evening is still to come: she would be told twice on one day."""
    year = Kept(plan=a_plan(only={(VISIT, 2), (CHECK_IN, 1)}), people=(lin(),))
    year.look(at(12, "09:00"))
    (text,) = year.texts
    year.done(CHECK_IN, 1, at(12, "15:00"))
    assert attempted(year, text, at(13, "07:59"))[0].state is MessageState.PENDING
    assert attempted(year, text, at(13, "08:00"))[0].state is MessageState.STALE


def test_a_text_that_was_good_where_she_was_may_be_too_late_where_she_is() -> None:
    year, text = asked()
    year.people = (lin(KIRITIMATI),)
    waiting, _ = attempted(year, text, at(7, "20:00", KIRITIMATI))
    assert waiting.due_at == at(8, "08:00", KIRITIMATI) < text.valid_until
    assert attempted(year, text, at(8, "08:00", KIRITIMATI))[0].state is MessageState.STALE

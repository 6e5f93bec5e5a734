"""What a message may become, whatever arrives late, twice or out of order (design.md, rules 1 and 5)."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import delivery, outcomes
from domain.attempt import Attempt
from domain.delivery import RETRY_DELAYS, MessageEvent, MessageState
from domain.errors import IllegalEvent
from domain.outcomes import Room
from domain.protocol.schema import Level
from tests.support.alerts import NOON, a_page

TABLE = """
          attempt accept    retry     reroute   give-up   lose      deliver   fail      silence poll     overtake postpone
pending   sending accepted  -         -         failed    -         delivered pending   -       -        stale    pending
sending   -       accepted  pending   pending   failed    unknown   delivered failed    -       -        -        -
unknown   sending accepted  -         -         failed    unknown   delivered failed    -       -        stale    -
accepted  -       accepted  accepted  accepted  accepted  accepted  delivered failed    failed  accepted accepted -
delivered -       delivered delivered delivered delivered delivered delivered delivered -       -        -        -
failed    -       failed    failed    failed    failed    failed    delivered failed    -       -        -        -
stale     -       stale     -         -         -         -         delivered stale     -       -        -        -
"""  # noqa: E501 - a table
"""The machine once more, as a person reads it: state, event, where it leads."""

EVENTS, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
PAIRS = [(row[0], event, target) for row in ROWS for event, target in zip(EVENTS, row[1:], strict=True)]
LEGAL = [pair for pair in PAIRS if pair[2] != "-"]
ILLEGAL = [pair[:2] for pair in PAIRS if pair[2] == "-"]

ALONE = Room(may_repeat=True, elsewhere=False)
LATER = NOON + timedelta(seconds=20)
OVER = {MessageState.DELIVERED, MessageState.FAILED, MessageState.STALE}


def an_attempt(number: int = 1) -> Attempt:
    page = a_page()
    return Attempt(
        id=page.id,
        site_id=page.site_id,
        participant_id=page.participant_id,
        message_id=page.id,
        number=number,
        started_at=NOON,
    )


def test_the_table_has_every_state_and_event() -> None:
    assert list(MessageEvent) == EVENTS
    assert [row[0] for row in ROWS] == list(MessageState)


@pytest.mark.parametrize(("state", "event", "target"), LEGAL)
def test_a_legal_event_leads_where_the_table_says(state: str, event: str, target: str) -> None:
    page = a_page(MessageState(state))
    assert delivery.settle(page, MessageEvent(event), LATER).state is MessageState(target)


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_an_illegal_event_is_refused(state: str, event: str) -> None:
    with pytest.raises(IllegalEvent):
        delivery.settle(a_page(MessageState(state)), MessageEvent(event), LATER)


@pytest.mark.parametrize(("state", "event", "target"), LEGAL)
def test_what_is_not_over_is_looked_at_again_and_what_is_over_is_not(
    state: str, event: str, target: str
) -> None:
    page = a_page(MessageState(state))
    before = replace(page, due_at=None if page.state in OVER else NOON)
    after = delivery.settle(before, MessageEvent(event), LATER)
    assert (after.due_at is None) is (MessageState(target) in OVER)


STAYS = [
    (state, event)
    for state, event, target in LEGAL
    if target == state and state != "unknown" and event != "poll"
]


@pytest.mark.parametrize(("state", "event"), STAYS)
def test_an_event_that_moves_nothing_changes_no_time_either(state: str, event: str) -> None:
    page = a_page(MessageState(state))
    assert delivery.settle(page, MessageEvent(event), LATER) == page


def test_a_lost_answer_is_looked_up_again_and_again() -> None:
    page = a_page(MessageState.UNKNOWN)
    again = delivery.settle(page, MessageEvent.LOSE, LATER)
    assert again.due_at == LATER + delivery.RECONCILE_DELAY


def test_an_accepted_page_waits_ninety_seconds_for_its_receipt() -> None:
    accepted = delivery.settle(a_page(MessageState.SENDING), MessageEvent.ACCEPT, LATER)
    assert (accepted.accepted_at, accepted.due_at) == (LATER, LATER + timedelta(seconds=90))


RECEIPTS = (MessageEvent.ACCEPT, MessageEvent.ACCEPT, MessageEvent.DELIVER, MessageEvent.DELIVER)


@pytest.mark.parametrize("order", sorted(set(permutations(RECEIPTS))))
@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.UNKNOWN, MessageState.ACCEPTED])
def test_delivered_is_the_last_word_in_whatever_order_receipts_come(
    state: MessageState, order: tuple[MessageEvent, ...]
) -> None:
    page = a_page(state)
    for event in order:
        page = delivery.settle(page, event, LATER)
    assert page.state is MessageState.DELIVERED


@given(st.lists(st.sampled_from([MessageEvent.ACCEPT, MessageEvent.LOSE, MessageEvent.FAIL]), min_size=1))
def test_without_the_word_delivered_nothing_is_ever_delivered(events: list[MessageEvent]) -> None:
    page = a_page(MessageState.SENDING)
    for event in events:
        page = delivery.settle(page, event, LATER)
    assert page.state is not MessageState.DELIVERED
    assert page.delivered_at is None


@given(st.lists(st.sampled_from([MessageEvent.ACCEPT, MessageEvent.LOSE, MessageEvent.SILENCE])))
def test_an_undelivered_page_stays_failed_whatever_comes_after_but_delivered(
    events: list[MessageEvent],
) -> None:
    failed = delivery.settle(a_page(MessageState.ACCEPTED), MessageEvent.FAIL, LATER)
    for event in events:
        if event in delivery.TRANSITIONS[failed.state]:
            failed = delivery.settle(failed, event, LATER)
    assert failed.state is MessageState.FAILED


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_a_transient_refusal_is_tried_again_after_a_growing_wait(attempts: int) -> None:
    page = replace(a_page(MessageState.SENDING), attempts=attempts)
    assert outcomes.after_refusal(page, transient=True) is MessageEvent.RETRY
    waiting = delivery.settle(page, MessageEvent.RETRY, LATER)
    assert waiting.due_at == LATER + RETRY_DELAYS[attempts - 1]


def test_the_tries_of_one_page_end_well_inside_ninety_seconds() -> None:
    worn = replace(a_page(MessageState.SENDING), attempts=len(RETRY_DELAYS) + 1)
    assert outcomes.after_refusal(worn, transient=True) is MessageEvent.GIVE_UP
    assert sum(RETRY_DELAYS, timedelta()) < timedelta(seconds=45)


def test_a_refusal_that_is_not_transient_is_given_up_at_once() -> None:
    page = replace(a_page(MessageState.SENDING), attempts=1)
    assert outcomes.after_refusal(page, transient=False) is MessageEvent.GIVE_UP


@pytest.mark.parametrize(
    ("found", "attempts", "seconds", "event"),
    [
        (True, 1, 1, MessageEvent.ACCEPT),
        (True, 9, 999, MessageEvent.ACCEPT),
        (None, 1, 1, MessageEvent.LOSE),
        (None, 1, 89, MessageEvent.LOSE),
        (None, 1, 90, MessageEvent.GIVE_UP),
        (False, 1, 1, MessageEvent.ATTEMPT),
        (False, 3, 1, MessageEvent.ATTEMPT),
        (False, 4, 1, MessageEvent.GIVE_UP),
    ],
)
def test_after_a_search_it_is_sent_again_only_if_the_provider_said_it_has_none(
    found: bool | None, attempts: int, seconds: int, event: MessageEvent
) -> None:
    page = replace(a_page(MessageState.UNKNOWN), attempts=attempts)
    now = NOON + timedelta(seconds=seconds)
    assert outcomes.after_search(page, an_attempt(attempts), ALONE, found=found, now=now) is event


@pytest.mark.parametrize(
    ("level", "seconds", "may_repeat", "elsewhere", "event"),
    [
        (Level.EMERGENCY, 9, True, True, MessageEvent.LOSE),
        (Level.EMERGENCY, 10, True, True, MessageEvent.ATTEMPT),
        (Level.EMERGENCY, 10, False, True, MessageEvent.LOSE),
        (Level.EMERGENCY, 10, True, False, MessageEvent.LOSE),
        (Level.URGENT, 10, True, True, MessageEvent.LOSE),
        (Level.URGENT, 90, True, True, MessageEvent.GIVE_UP),
        (Level.EMERGENCY, 90, True, False, MessageEvent.GIVE_UP),
    ],
)
def test_an_emergency_whose_provider_cannot_be_asked_goes_to_another_one_after_ten_seconds(
    level: Level, seconds: int, event: MessageEvent, *, may_repeat: bool, elsewhere: bool
) -> None:
    page = replace(a_page(MessageState.UNKNOWN), level=level, attempts=1)
    room, now = Room(may_repeat=may_repeat, elsewhere=elsewhere), NOON + timedelta(seconds=seconds)
    assert outcomes.after_search(page, an_attempt(), room, found=None, now=now) is event


def test_a_text_that_may_go_out_no_more_is_not_repeated_though_the_provider_has_none() -> None:
    page = replace(a_page(MessageState.UNKNOWN), attempts=1)
    room = Room(may_repeat=False, elsewhere=True)
    assert outcomes.after_search(page, an_attempt(), room, found=False, now=NOON) is MessageEvent.GIVE_UP

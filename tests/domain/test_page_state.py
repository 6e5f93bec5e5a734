"""What the reporter may read of the page: never more than is true (contract.md; cases.md 1)."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.delivery import Message, MessageState
from domain.escalation import Alert, AlertState
from domain.page_state import PageState, PageStatus, page_state
from domain.people import Role
from domain.protocol.schema import Level
from tests.support.alerts import NOON, a_page, an_alert

LATER = NOON + timedelta(minutes=3)
UNANSWERED = (AlertState.OPEN, AlertState.EXHAUSTED)
UNDER_WAY = (MessageState.PENDING, MessageState.SENDING, MessageState.UNKNOWN)
IN_VAIN = (MessageState.FAILED, MessageState.STALE)


def said(
    alert: Alert | None, *pages: Message, seen_by: Role | None = None, received_at: datetime = NOON
) -> PageState:
    return page_state(alert, pages, seen_by, received_at, LATER)


def undelivered() -> Message:
    """The provider took it, then reported `undelivered`."""
    return replace(a_page(MessageState.ACCEPTED), state=MessageState.FAILED)


def test_a_report_without_an_alert_paged_nobody() -> None:
    assert said(None) == PageState(status=PageStatus.NOT_NEEDED, go_now=False)


@pytest.mark.parametrize("state", UNANSWERED)
@pytest.mark.parametrize("message", UNDER_WAY)
def test_what_no_provider_has_yet_is_being_sent(state: AlertState, message: MessageState) -> None:
    now = said(an_alert(state=state), a_page(message))
    assert (now.status, now.sent_at, now.delivered_at) == (PageStatus.SENDING, None, None)


def in_wait(state: AlertState) -> Alert:
    """An alert whose next step is still ahead."""
    return replace(an_alert(state=state), due_at=NOON + timedelta(minutes=10))


@pytest.mark.parametrize("state", UNANSWERED)
@pytest.mark.parametrize("message", IN_VAIN)
def test_when_every_page_was_in_vain_the_clinic_has_not_been_told(
    state: AlertState, message: MessageState
) -> None:
    now = said(in_wait(state), a_page(message))
    assert (now.status, now.sent_at, now.delivered_at) == (PageStatus.NOT_TOLD, None, None)


def test_while_the_next_person_is_being_rung_it_is_being_sent() -> None:
    assert said(an_alert(), undelivered()).status is PageStatus.SENDING


@pytest.mark.parametrize("state", UNANSWERED)
def test_a_page_that_was_undelivered_is_no_longer_called_sent(state: AlertState) -> None:
    now = said(in_wait(state), undelivered())
    assert (now.status, now.sent_at, now.delivered_at) == (PageStatus.NOT_TOLD, None, None)


def test_while_another_page_is_under_way_a_failed_one_is_no_reason_to_despair() -> None:
    assert said(an_alert(), undelivered(), a_page()).status is PageStatus.SENDING


def test_an_alert_that_could_ring_nobody_has_told_nobody() -> None:
    assert said(an_alert(state=AlertState.EXHAUSTED)).status is PageStatus.NOT_TOLD


@pytest.mark.parametrize("message", [MessageState.ACCEPTED, MessageState.DELIVERED])
def test_a_report_that_joined_a_round_is_called_added_and_not_sent(message: MessageState) -> None:
    now = said(an_alert(), a_page(message), received_at=NOON + timedelta(minutes=1))
    assert (now.status, now.named_time) == (PageStatus.ADDED, NOON)


def test_an_acknowledgement_from_before_a_report_does_not_speak_for_it() -> None:
    held = an_alert(state=AlertState.ACKNOWLEDGED)
    later = said(held, seen_by=Role.INVESTIGATOR, received_at=NOON + timedelta(minutes=1))
    assert later.status is PageStatus.ADDED
    assert said(held, seen_by=Role.INVESTIGATOR).status is PageStatus.SEEN_BY_DOCTOR


def test_a_failed_page_hides_no_other_that_went_out() -> None:
    other = replace(a_page(MessageState.ACCEPTED), accepted_at=LATER)
    assert said(an_alert(), undelivered(), other).sent_at == LATER


def test_a_page_a_provider_has_is_sent_and_one_on_a_phone_is_delivered() -> None:
    assert said(an_alert(), a_page(MessageState.ACCEPTED)).status is PageStatus.SENT
    on_phone = said(an_alert(), a_page(MessageState.DELIVERED))
    assert (on_phone.status, on_phone.delivered_at) == (PageStatus.DELIVERED, NOON)


def test_a_page_delivered_before_anybody_heard_that_it_was_accepted_was_sent_too() -> None:
    page = replace(a_page(MessageState.DELIVERED), accepted_at=None)
    assert said(an_alert(), page).sent_at == NOON


@pytest.mark.parametrize("message", [MessageState.ACCEPTED, MessageState.DELIVERED])
def test_after_the_first_wait_it_is_not_yet_seen(message: MessageState) -> None:
    long_ago = LATER - timedelta(minutes=10)
    old = replace(an_alert(), round_started_at=long_ago)
    assert said(old, a_page(message), received_at=long_ago).status is PageStatus.NOT_YET_SEEN
    assert said(an_alert(state=AlertState.EXHAUSTED), a_page(message)).status is PageStatus.NOT_YET_SEEN


@pytest.mark.parametrize("role", [None, *Role])
def test_only_an_investigator_is_called_a_doctor(role: Role | None) -> None:
    seen = said(an_alert(state=AlertState.ACKNOWLEDGED), seen_by=role)
    doctor = role is Role.INVESTIGATOR
    assert seen.status is (PageStatus.SEEN_BY_DOCTOR if doctor else PageStatus.SEEN_BY_TEAM)
    assert seen.seen_at == NOON


@pytest.mark.parametrize("state", AlertState)
def test_an_emergency_keeps_its_words_until_a_contact_is_recorded(state: AlertState) -> None:
    reached = state in {AlertState.CONTACTED, AlertState.RESOLVED}
    assert said(an_alert(state=state), seen_by=Role.INVESTIGATOR).go_now is not reached


@pytest.mark.parametrize("state", AlertState)
def test_an_urgent_report_has_no_emergency_words(state: AlertState) -> None:
    assert not said(an_alert(Level.URGENT, state)).go_now


def test_a_new_round_takes_back_what_was_sent_and_seen_in_the_old_one() -> None:
    lapsed = replace(in_wait(AlertState.OPEN), round=2)
    now = said(lapsed, a_page(MessageState.DELIVERED))
    assert (now.status, now.sent_at, now.seen_at) == (PageStatus.NOT_TOLD, None, None)


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("message", MessageState)
def test_a_sentence_that_names_a_time_has_one(state: AlertState, message: MessageState) -> None:
    now = said(an_alert(state=state), a_page(message), seen_by=Role.INVESTIGATOR)
    assert (now.named_time is None) is (now.status in {PageStatus.SENDING, PageStatus.NOT_TOLD})

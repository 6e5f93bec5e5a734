"""From an alert that rings to the pages that ring it, and back (design.md, rules 5 and 6)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain import escalation, paging
from domain.delivery import Message, MessageEvent, MessageState
from domain.escalation import AlertEvent, AlertState
from domain.paging import Page
from domain.protocol.schema import Level
from tests.support.alerts import (
    NAMES,
    NOON,
    a_page,
    a_way,
    an_alert,
    climbed,
    context,
    read,
    roster,
)

RINGING = {AlertState.OPEN, AlertState.EXHAUSTED}
ENDED = {AlertState.CONTACTED, AlertState.RESOLVED}


@pytest.mark.parametrize("state", [AlertState.ACKNOWLEDGED, AlertState.CONTACTED, AlertState.RESOLVED])
def test_a_page_overtaken_by_an_answer_becomes_stale_and_is_not_sent(state: AlertState) -> None:
    decision, attempt = paging.attempt(a_page(), an_alert(state=state), a_way(), context(NOON))
    assert attempt is None
    assert decision.action == "message.overtake"
    stale = decision.changes[0].after
    assert isinstance(stale, Message)
    assert stale.state is MessageState.STALE


@pytest.mark.parametrize("state", sorted(RINGING))
def test_a_page_of_the_round_that_rings_is_sent(state: AlertState) -> None:
    _, attempt = paging.attempt(a_page(), an_alert(state=state), a_way(), context(NOON))
    assert attempt is not None


def test_a_page_of_an_old_round_is_stale_though_the_alert_is_open_again() -> None:
    _, attempt = paging.attempt(a_page(), replace(an_alert(), round=2), a_way(), context(NOON))
    assert attempt is None


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.UNKNOWN, MessageState.ACCEPTED])
def test_a_failed_page_moves_its_alert_on_in_the_same_decision(state: MessageState) -> None:
    first = climbed(an_alert(), roster(), NOON)
    assert first is not None
    now = NOON + timedelta(seconds=7)
    page = Page(a_page(state), first.alert, ())
    failed = read(paging.settle(page, MessageEvent.FAIL, None, context(now)), first.alert)
    assert failed is not None
    assert failed.alert.due_at == now
    second = climbed(failed.alert, roster(), now)
    assert second is not None
    assert second.names == {"Dana"}


def test_a_receipt_that_says_nothing_new_is_no_decision() -> None:
    page = Page(a_page(MessageState.DELIVERED), an_alert(), ())
    assert paging.settle(page, MessageEvent.ACCEPT, None, context(NOON)) is None


@pytest.mark.parametrize(
    ("level", "template"), [(Level.EMERGENCY, "sms.emergency"), (Level.URGENT, "sms.urgent")]
)
def test_the_text_names_the_level_and_everyone_is_told_that_nobody_has_answered(
    level: Level, template: str
) -> None:
    first = climbed(an_alert(level), roster(), NOON)
    assert first is not None
    assert {page.template for page in first.pages} == {template}
    last = climbed(an_alert(level, AlertState.EXHAUSTED), roster(), NOON)
    assert last is not None
    assert {page.template for page in last.pages} == {"sms.exhausted"}


def test_every_page_has_an_id_of_its_own_and_candidates_for_its_code() -> None:
    everyone = climbed(an_alert(state=AlertState.EXHAUSTED), roster(), NOON)
    assert everyone is not None
    assert len({page.id for page in everyone.pages}) == len(NAMES)
    codes = [code for page in everyone.pages for code in page.codes]
    assert len(set(codes)) == len(codes) == len(NAMES) * paging.CANDIDATES


def test_the_table_of_events_has_no_way_out_but_a_contact() -> None:
    ends = {
        (state, event)
        for state, row in escalation.TRANSITIONS.items()
        for event, target in row.items()
        if target in ENDED and state not in ENDED
    }
    assert ends == {(AlertState.ACKNOWLEDGED, AlertEvent.CONTACT)}

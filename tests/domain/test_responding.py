"""An answer by the phone that was paged: it is the recipient's, for the round of the page."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.acts import ActKind, AlertAct, Via
from domain.decision import Decision
from domain.delivery import MessageState
from domain.escalation import Alert, AlertState
from domain.people import Staff
from domain.responding import Choice, Paged, Said, respond
from tests.support.alerts import NOON, OTHER_SITE, a_page, an_alert, context, staff, staff_id

NOW = NOON + timedelta(minutes=1)


def paged(
    state: AlertState = AlertState.OPEN,
    *,
    round_number: int = 1,
    held_by: str = "Bob",
    declined_by: tuple[UUID, ...] = (),
    acts: tuple[AlertAct, ...] = (),
) -> Paged:
    """Bob's page, and the alert as it is now."""
    alert = replace(an_alert(state=state), step=1, round=round_number, declined_by=declined_by)
    if alert.acknowledged_by is not None:
        alert = replace(alert, acknowledged_by=staff_id(held_by))
    page = a_page(MessageState.DELIVERED)
    return Paged(message=page, alert=alert, staff=staff("Bob"), messages=(page,), acts=acts)


def said(found: Paged, choice: Choice) -> Said:
    """What he is told where nothing changes."""
    response = respond(found, choice, Via.KEYPAD, context(NOW))
    assert response.decision is None
    return response.said


def changed(decision: Decision | None) -> tuple[Alert, AlertAct]:
    """The alert and the act that a decision leaves."""
    assert decision is not None
    alert, act = (each.after for each in decision.changes)
    assert isinstance(alert, Alert)
    assert isinstance(act, AlertAct)
    return alert, act


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.EXHAUSTED])
def test_the_recipient_takes_it_by_name_and_by_the_way_she_answers(state: AlertState) -> None:
    response = respond(paged(state), Choice.TAKE, Via.REPLY, context(NOW))
    alert, act = changed(response.decision)
    assert response.said is Said.TAKEN
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, staff_id("Bob"))
    assert (act.kind, act.via, act.staff_id) == (ActKind.ACKNOWLEDGE, Via.REPLY, staff_id("Bob"))


def test_passing_it_on_rings_the_next_step_now() -> None:
    response = respond(paged(), Choice.DECLINE, Via.KEYPAD, context(NOW))
    alert, act = changed(response.decision)
    assert response.said is Said.DECLINED
    assert (alert.state, alert.due_at) == (AlertState.OPEN, NOW)
    assert (act.kind, act.via) == (ActKind.DECLINE, Via.KEYPAD)


def test_the_same_answer_twice_is_answered_alike() -> None:
    assert said(paged(AlertState.ACKNOWLEDGED), Choice.TAKE) is Said.TAKEN
    assert said(paged(declined_by=(staff_id("Bob"),)), Choice.DECLINE) is Said.DECLINED


def test_giving_back_what_he_holds_is_answered_alike_although_it_began_a_round() -> None:
    given_back = respond(paged(AlertState.ACKNOWLEDGED), Choice.DECLINE, Via.REPLY, context(NOW))
    alert, act = changed(given_back.decision)
    assert (alert.state, alert.round) == (AlertState.OPEN, 2)
    assert said(paged(round_number=2, acts=(act,)), Choice.DECLINE) is Said.DECLINED
    assert said(paged(round_number=2, acts=(act,)), Choice.TAKE) is Said.TOO_LATE


def test_an_earlier_decline_does_not_keep_him_from_giving_back_what_he_took_since() -> None:
    held = paged(AlertState.ACKNOWLEDGED, declined_by=(staff_id("Bob"),))
    alert, _ = changed(respond(held, Choice.DECLINE, Via.REPLY, context(NOW)).decision)
    assert alert.state is AlertState.OPEN


@pytest.mark.parametrize("choice", Choice)
def test_whoever_comes_second_is_told_who_was_first(choice: Choice) -> None:
    response = respond(paged(AlertState.ACKNOWLEDGED, held_by="Dana"), choice, Via.KEYPAD, context(NOW))
    assert (response.said, response.holder, response.decision) == (Said.HELD, staff_id("Dana"), None)


@pytest.mark.parametrize("choice", Choice)
@pytest.mark.parametrize("state", AlertState)
def test_another_round_is_too_late_whatever_it_is_in(choice: Choice, state: AlertState) -> None:
    assert said(paged(state, round_number=2), choice) is Said.TOO_LATE


@pytest.mark.parametrize("choice", Choice)
def test_what_has_ended_is_too_late(choice: Choice) -> None:
    assert said(paged(AlertState.RESOLVED), choice) is Said.TOO_LATE
    assert said(paged(AlertState.CONTACTED), Choice.DECLINE) is Said.TOO_LATE


@pytest.mark.parametrize(
    "person",
    [None, replace(staff("Bob"), disabled_at=NOON), staff("Bob", site=OTHER_SITE)],
    ids=["nobody's number", "disabled", "of another site"],
)
def test_who_is_nobody_here_any_more_takes_nothing(person: Staff | None) -> None:
    assert said(replace(paged(), staff=person), Choice.TAKE) is Said.TOO_LATE

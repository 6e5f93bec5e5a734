"""Who may take, pass on, reach, put away; and what each of them does to the bell (contract.md, trial.md §3)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain import answering, paging
from domain.acts import ActKind, AlertAct
from domain.answering import Answer
from domain.contact import ContactOutcome, Disposition
from domain.decision import Decision
from domain.errors import AlreadyAcknowledged, IllegalEvent, NightbellError, NotEntitled
from domain.escalation import Alert, AlertState
from domain.people import Role
from domain.signing import of_alert, sign_resolution
from tests.support.alerts import (
    NOON,
    OTHER_SITE,
    a_page,
    an_alert,
    answer,
    climbed,
    context,
    roster,
    staff,
    staff_id,
)

MINUTE = timedelta(minutes=1)
EVERYONE = ("Bob", "Dana", "Erin", "Frank", "Alice")
LOOKING = sorted(set(Role) - {Role.INVESTIGATOR, Role.COORDINATOR})
HELD = (AlertState.ACKNOWLEDGED, AlertState.CONTACTED)
NOT_HELD = sorted(set(AlertState) - set(HELD))


def rung(alert: Alert | None = None) -> Alert:
    """The next step has been rung at noon."""
    found = climbed(alert or an_alert(), roster(), NOON)
    assert found is not None
    return found.alert


def declined(alert: Alert, name: str, *ringing: str) -> Alert:
    after = answering.decline(alert, answer(staff(name), frozenset(), *ringing), NOON + MINUTE)
    assert after is not None
    return after


def acts_of(decision: Decision) -> list[AlertAct]:
    return [change.after for change in decision.changes if isinstance(change.after, AlertAct)]


def names_at(alert: Alert, minutes: int) -> set[str]:
    found = climbed(alert, roster(), NOON + minutes * MINUTE)
    assert found is not None
    return found.names


def test_when_whoever_is_rung_declines_the_next_one_is_rung_at_once() -> None:
    passed_on = declined(rung(), "Bob", "Bob")
    assert (passed_on.state, passed_on.due_at) == (AlertState.OPEN, NOON + MINUTE)
    assert names_at(passed_on, 1) == {"Dana"}


def test_whoever_declines_before_she_is_rung_hurries_nobody_and_is_passed_by() -> None:
    noted = declined(rung(), "Dana", "Bob")
    assert noted.due_at == NOON + 10 * MINUTE
    found = climbed(noted, roster(), NOON + 10 * MINUTE)
    assert found is not None
    assert (found.names, found.tasks) == ({"Erin"}, ())


def test_when_everyone_has_declined_everyone_is_rung_all_the_same() -> None:
    alert = replace(rung(), declined_by=tuple(map(staff_id, EVERYONE)))
    found = climbed(alert, roster(), NOON + 10 * MINUTE)
    assert found is not None
    assert (found.alert.state, found.names) == (AlertState.EXHAUSTED, set(EVERYONE))


def test_a_step_of_those_who_declined_is_no_hole_in_the_rota_and_one_of_nobody_is() -> None:
    alert = declined(rung(), "Bob", "Bob")
    found = climbed(replace(alert, declined_by=(staff_id("Dana"),)), roster(off={"Erin"}), NOON + MINUTE)
    assert found is not None
    assert (found.names, len(found.tasks)) == ({"Frank"}, 1)


def test_declining_while_everyone_is_rung_is_only_noted() -> None:
    alert = replace(an_alert(state=AlertState.EXHAUSTED), step=5, due_at=NOON + 10 * MINUTE)
    noted = declined(alert, "Bob", "Bob")
    assert (noted.state, noted.due_at) == (AlertState.EXHAUSTED, alert.due_at)
    assert "Bob" in names_at(noted, 10)


def test_to_decline_twice_changes_nothing() -> None:
    passed_on = declined(rung(), "Bob", "Bob")
    assert answering.decline(passed_on, answer(staff("Bob"), frozenset(), "Bob"), NOON + MINUTE) is None


def test_who_declined_and_hears_that_somebody_else_took_it_has_still_declined() -> None:
    held = replace(an_alert(state=AlertState.ACKNOWLEDGED), declined_by=(staff_id("Dana"),))
    assert answering.decline(held, answer(staff("Dana")), NOON) is None


def test_whoever_holds_it_gives_it_back_and_the_climb_goes_on_without_those_who_declined() -> None:
    alert = declined(rung(), "Dana", "Bob")
    held = answering.acknowledge(alert, answer(staff("Bob")), NOON)
    assert held is not None
    back = answering.decline(held, answer(staff("Bob")), NOON + MINUTE)
    assert back is not None
    assert (back.state, back.round, back.due_at) == (AlertState.OPEN, 2, NOON + MINUTE)
    assert (back.acknowledged_by, back.acknowledged_at) == (None, None)
    assert names_at(back, 1) == {"Erin"}


def test_nobody_gives_back_what_another_one_holds() -> None:
    with pytest.raises(AlreadyAcknowledged) as refusal:
        answering.decline(an_alert(state=AlertState.ACKNOWLEDGED), answer(staff("Dana")), NOON)
    assert refusal.value.holder == staff_id("Bob")


def test_whoever_could_not_may_take_it_after_all_and_give_it_back_again() -> None:
    held = answering.acknowledge(declined(rung(), "Bob", "Bob"), answer(staff("Bob")), NOON)
    assert held is not None
    assert held.declined_by == ()
    assert answering.decline(held, answer(staff("Bob")), NOON) is not None


def test_a_new_round_asks_everybody_anew() -> None:
    held = replace(rung(), state=AlertState.ACKNOWLEDGED, acknowledged_by=staff_id("Bob"), due_at=NOON)
    lapsed = climbed(replace(held, declined_by=(staff_id("Dana"),)), roster(), NOON)
    assert lapsed is not None
    assert lapsed.names == {"Dana"}


def test_a_page_that_is_not_sent_yet_is_not_wanted_by_whoever_declined_until_everyone_is_rung() -> None:
    page, alert = a_page(), replace(rung(), declined_by=(staff_id("Bob"),))
    assert paging.is_wanted(page, rung())
    assert not paging.is_wanted(page, alert)
    assert paging.is_wanted(page, replace(alert, state=AlertState.EXHAUSTED))


@pytest.mark.parametrize("state", [AlertState.CONTACTED, AlertState.RESOLVED])
def test_after_the_contact_there_is_nothing_to_decline(state: AlertState) -> None:
    with pytest.raises(IllegalEvent):
        answering.decline(an_alert(state=state), answer(staff("Bob")), NOON)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.INVESTIGATOR}))
def test_only_who_may_take_it_may_decline(role: Role) -> None:
    with pytest.raises(NotEntitled):
        answering.decline(rung(), answer(staff("Alice", role)), NOON)
    with pytest.raises(NotEntitled):
        answering.decline(rung(), answer(staff("Bob", site=OTHER_SITE), frozenset({staff_id("Bob")})), NOON)


def by(name: str, role: Role = Role.INVESTIGATOR) -> Answer:
    return Answer(staff=staff(name, role))


@pytest.mark.parametrize("state", HELD)
def test_whoever_holds_it_may_see_the_numbers_and_say_that_nobody_answered(state: AlertState) -> None:
    alert = an_alert(state=state)
    for decide, kind in ((answering.reveal, ActKind.REVEAL), (answering.tried, ActKind.TRY)):
        decision = decide(alert, by("Bob"), context(NOON))
        (act,) = acts_of(decision)
        assert (decision.action, len(decision.changes)) == (f"alert.{kind}", 1)
        assert (act.kind, act.staff_id, act.alert_id) == (kind, staff_id("Bob"), alert.id)


@pytest.mark.parametrize("state", NOT_HELD)
def test_what_nobody_holds_shows_no_number(state: AlertState) -> None:
    for decide in (answering.reveal, answering.tried):
        with pytest.raises(IllegalEvent):
            decide(an_alert(state=state), by("Bob"), context(NOON))


@pytest.mark.parametrize("state", HELD)
def test_what_another_one_holds_shows_no_number(state: AlertState) -> None:
    for decide in (answering.reveal, answering.tried):
        with pytest.raises(AlreadyAcknowledged) as refusal:
            decide(an_alert(state=state), by("Frank"), context(NOON))
        assert refusal.value.holder == staff_id("Bob")


@pytest.mark.parametrize("role", LOOKING)
@pytest.mark.parametrize("state", list(AlertState))
def test_who_only_looks_is_told_so_whatever_the_state(role: Role, state: AlertState) -> None:
    alert, mona = an_alert(state=state), by("Frank", role)
    for act in (
        lambda: answering.reveal(alert, mona, context(NOON)),
        lambda: answering.tried(alert, mona, context(NOON)),
        lambda: answering.contact(alert, mona.staff, ContactOutcome.IN_CARE, NOON),
        lambda: answering.resolve(alert, mona.staff, Disposition.ADVISED, NOON),
        lambda: answering.acknowledge(alert, mona, NOON),
        lambda: answering.decline(alert, mona, NOON),
    ):
        with pytest.raises(NotEntitled):
            act()


@pytest.mark.parametrize("name", ["Bob", "Frank"])
def test_after_the_contact_whoever_holds_it_or_an_investigator_puts_it_away(name: str) -> None:
    alert = an_alert(state=AlertState.CONTACTED)
    away = answering.resolve(alert, staff(name), Disposition.ADMITTED, NOON + MINUTE)
    assert away is not None
    assert (away.state, away.due_at) == (AlertState.RESOLVED, None)
    assert (away.resolved_by, away.resolved_at) == (staff_id(name), NOON + MINUTE)
    assert away.disposition is Disposition.ADMITTED
    assert answering.resolve(away, staff(name), Disposition.ADMITTED, NOON + 2 * MINUTE) is None


@pytest.mark.parametrize(
    ("state", "name", "disposition", "refusal"),
    [
        *(
            (state, "Frank", Disposition.ADMITTED, IllegalEvent)
            for state in AlertState
            if state != "contacted"
        ),
        (AlertState.RESOLVED, "Bob", Disposition.NO_EVENT, IllegalEvent),
    ],
)
def test_it_is_put_away_once_and_only_after_a_contact(
    state: AlertState, name: str, disposition: Disposition, refusal: type[NightbellError]
) -> None:
    with pytest.raises(refusal):
        answering.resolve(an_alert(state=state), staff(name), disposition, NOON)


def test_a_coordinator_who_does_not_hold_it_puts_nothing_away() -> None:
    alert, alice = an_alert(state=AlertState.CONTACTED), staff("Alice", Role.COORDINATOR)
    with pytest.raises(NotEntitled):
        answering.resolve(alert, alice, Disposition.ADMITTED, NOON)
    hers = replace(alert, acknowledged_by=alice.id)
    assert answering.resolve(hers, alice, Disposition.ADMITTED, NOON) is not None


def test_what_was_done_is_one_act_beside_the_alert_with_what_was_said() -> None:
    alert = an_alert(state=AlertState.CONTACTED)
    away = answering.resolve(alert, staff("Bob"), Disposition.ADVISED, NOON)
    assert away is not None
    note = "Calls again tomorrow."
    signature = sign_resolution(away, of_alert(alert, ()), (), note, staff("Bob"), context(NOON))
    decision = answering.put_away(away, alert, None, by("Bob"), note, signature, context(NOON))
    assert signature in [change.after for change in decision.changes]
    (act,) = acts_of(decision)
    assert (decision.action, act.kind) == ("alert.resolve", ActKind.RESOLVE)
    assert (act.said, act.note) == ("advised", "Calls again tomorrow.")

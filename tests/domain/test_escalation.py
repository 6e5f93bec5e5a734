"""Who is rung, when, and who may end it (design.md, rule 6; trial.md §3)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import answering, escalation
from domain.climb import climb_for
from domain.contact import ContactOutcome
from domain.errors import AlreadyAcknowledged, IllegalEvent, NotEntitled
from domain.escalation import Alert, AlertEvent, AlertState
from domain.people import Role
from domain.protocol.schema import Level
from tests.support.alerts import (
    NOON,
    OTHER_SITE,
    SHANGHAI,
    an_alert,
    answer,
    climbed,
    roster,
    staff,
    staff_id,
)
from tests.support.protocol import shipped

TABLE = """
             step exhaust   ring      join         defer hurry     acknowledge  decline   lapse contact   resolve
open         open exhausted open      open         -     open      acknowledged open      -     -         -
exhausted    -    exhausted exhausted exhausted    -     exhausted acknowledged exhausted -     -         -
acknowledged -    -         open      acknowledged -     -         -            open      open  contacted -
contacted    -    -         open      -            open  -         -            -         -     -         resolved
resolved     -    -         -         -            -     -         -            -         -     -         -
"""
"""The machine once more, as a person reads it: state, event, where it leads."""

EVENTS, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
PAIRS = [(row[0], event, target) for row in ROWS for event, target in zip(EVENTS, row[1:], strict=True)]
LEGAL = [pair for pair in PAIRS if pair[2] != "-"]
ILLEGAL = [pair[:2] for pair in PAIRS if pair[2] == "-"]

CLOCKS = shipped().escalation
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = datetime(2026, 11, 23, 16, tzinfo=UTC)
"""Midnight in Shanghai."""


def times_of(alert: Alert, count: int, **roster_words: tuple[str, ...]) -> list[tuple[timedelta, set[str]]]:
    """When the next `count` climbs are due, counted from the opening, and whom they page."""
    found = []
    for _ in range(count):
        assert alert.due_at is not None
        rung = climbed(alert, roster(**roster_words), alert.due_at)
        assert rung is not None
        found.append((alert.due_at - alert.opened_at, rung.names))
        alert = rung.alert
    return found


def shanghai(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-23T{clock}:00+08:00").astimezone(UTC)


def waiting() -> Alert:
    """Bob has been rung and has not answered."""
    rung = climbed(an_alert(), roster(), NOON)
    assert rung is not None
    return rung.alert


def test_the_table_has_every_state_and_event() -> None:
    assert list(AlertEvent) == EVENTS
    assert [row[0] for row in ROWS] == list(AlertState)


@pytest.mark.parametrize(("state", "event", "target"), LEGAL)
def test_a_legal_event_leads_where_the_table_says(state: str, event: str, target: str) -> None:
    alert = an_alert(state=AlertState(state))
    assert escalation.move(alert, AlertEvent(event)) is AlertState(target)


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_an_illegal_event_is_refused(state: str, event: str) -> None:
    with pytest.raises(IllegalEvent):
        escalation.move(an_alert(state=AlertState(state)), AlertEvent(event))


def test_an_emergency_climbs_every_ten_minutes_and_then_rings_everyone_again_and_again() -> None:
    everyone = {"Alice", "Bob", "Dana", "Erin", "Frank"}
    climb = [{"Bob"}, {"Dana"}, {"Erin"}, {"Frank"}, everyone, everyone, everyone]
    assert times_of(an_alert(), 7) == [(10 * MINUTE * place, names) for place, names in enumerate(climb)]


def test_an_emergency_climbs_alike_at_night() -> None:
    assert times_of(an_alert(at=NIGHT), 5) == times_of(an_alert(), 5)


def test_an_urgent_alert_waits_two_hours_by_day() -> None:
    alert = an_alert(Level.URGENT, at=shanghai("07:00"))
    assert [due for due, _ in times_of(alert, 5)] == [2 * HOUR * place for place in range(5)]


@pytest.mark.parametrize("clock", ["22:00", "23:59", "00:00", "06:00"])
def test_an_urgent_alert_climbs_as_an_emergency_at_night(clock: str) -> None:
    alert = an_alert(Level.URGENT, at=shanghai(clock))
    assert [due for due, _ in times_of(alert, 5)] == [10 * MINUTE * place for place in range(5)]


@pytest.mark.parametrize(
    ("opened", "rings"),
    [
        ("19:00", ["19:00", "21:00", "22:10", "22:20", "22:30"]),
        ("20:10", ["20:10", "22:10", "22:20", "22:30", "22:40"]),
        ("20:30", ["20:30", "22:10", "22:20", "22:30", "22:40"]),
        ("21:59", ["21:59", "22:10", "22:20", "22:30", "22:40"]),
    ],
)
def test_an_urgent_alert_still_unanswered_at_nightfall_climbs_as_an_emergency(
    opened: str, rings: list[str]
) -> None:
    alert = an_alert(Level.URGENT, at=shanghai(opened))
    assert [alert.opened_at + due for due, _ in times_of(alert, 5)] == [shanghai(clock) for clock in rings]


ZONES = (SHANGHAI, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "UTC")
QUARTER = timedelta(minutes=15)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - hypothesis wants them bare
)
@example("Europe/Berlin", datetime(2026, 3, 28, 20))  # noqa: DTZ001 - as above
@example("Europe/Berlin", datetime(2026, 10, 25, 20))  # noqa: DTZ001 - as above
@example("America/Havana", datetime(2026, 11, 1, 1))  # noqa: DTZ001 - as above
@settings(deadline=None)
def test_in_no_zone_does_an_urgent_alert_wait_more_than_ten_minutes_of_night(
    zone: str, bare: datetime
) -> None:
    now = bare.replace(second=0, microsecond=0, tzinfo=UTC)
    wait = climb_for(CLOCKS, Level.URGENT, zone).wait(0, now)
    minutes = [now + MINUTE * place for place in range(int(wait / MINUTE))]
    at_night = [not 7 <= each.astimezone(ZoneInfo(zone)).hour < 22 for each in minutes]
    assert sum(at_night) <= 10
    allowed = {10 * MINUTE} if at_night[0] else {2 * HOUR, at_night.count(False) * MINUTE + 10 * MINUTE}
    assert wait in allowed


def test_a_step_with_nobody_reachable_is_passed_at_once() -> None:
    rung = climbed(an_alert(), roster(unreachable={"Bob"}, off={"Dana"}), NOON)
    assert rung is not None
    assert rung.names == {"Erin"}
    assert rung.alert.due_at == NOON + 10 * MINUTE
    assert [task.kind for task in rung.tasks] == ["coverage"]


def test_when_no_step_has_anybody_everyone_left_is_rung_at_once() -> None:
    rung = climbed(an_alert(), roster(unreachable={"Bob", "Dana", "Erin", "Frank"}), NOON)
    assert rung is not None
    assert (rung.alert.state, rung.names) == (AlertState.EXHAUSTED, {"Alice"})


def test_an_alert_that_can_ring_nobody_asks_for_a_human_once_and_goes_on_trying() -> None:
    nobody = roster(unreachable={"Alice", "Bob", "Dana", "Erin", "Frank"})
    first = climbed(an_alert(), nobody, NOON)
    assert first is not None
    assert (first.alert.state, len(first.tasks)) == (AlertState.EXHAUSTED, 1)
    second = climbed(first.alert, roster(unreachable={"Alice"}), NOON + 10 * MINUTE)
    assert second is not None
    assert second.names == {"Bob", "Dana", "Erin", "Frank"}


def test_nothing_is_rung_before_it_is_due() -> None:
    assert climbed(waiting(), roster(), NOON + 10 * MINUTE - timedelta(microseconds=1)) is None


def hurried(
    alert: Alert, now: datetime, round_number: int = 1, step: int = 0, *, all_failed: bool = True
) -> Alert | None:
    return escalation.hurry(alert, round_number=round_number, step_index=step, all_failed=all_failed, now=now)


@pytest.mark.parametrize("all_failed", [True, False])
def test_a_failed_page_of_the_step_now_waiting_moves_the_alert_on_at_once(all_failed: bool) -> None:
    moved = hurried(waiting(), NOON + MINUTE, all_failed=all_failed)
    assert moved is not None
    assert moved.due_at == NOON + MINUTE


@pytest.mark.parametrize(("round_number", "step"), [(1, 1), (0, 0), (2, 0)])
def test_a_failed_page_of_another_step_or_round_hurries_nothing(round_number: int, step: int) -> None:
    assert hurried(waiting(), NOON + MINUTE, round_number, step) is None


@pytest.mark.parametrize("state", sorted(set(AlertState) - {AlertState.OPEN, AlertState.EXHAUSTED}))
def test_a_failed_page_hurries_no_alert_that_somebody_has_answered(state: AlertState) -> None:
    alert = replace(an_alert(state=state), step=1, due_at=NOON + HOUR)
    assert hurried(alert, NOON + MINUTE) is None


def test_an_alert_already_due_is_not_put_off_by_a_failed_page() -> None:
    assert hurried(waiting(), NOON + HOUR) is None


def test_when_everyone_was_rung_and_every_page_failed_everyone_is_rung_again_in_a_minute() -> None:
    rung = climbed(replace(an_alert(), step=4), roster(), NOON)
    assert rung is not None
    step = rung.pages[0].step
    moved = hurried(rung.alert, NOON, step=step)
    assert moved is not None
    assert (moved.state, moved.due_at) == (AlertState.EXHAUSTED, NOON + MINUTE)
    assert hurried(rung.alert, NOON, step=step, all_failed=False) is None
    assert hurried(rung.alert, NOON + 9.5 * MINUTE, step=step) is None


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.EXHAUSTED])
def test_any_investigator_of_the_site_may_take_it(state: AlertState) -> None:
    taken = answering.acknowledge(an_alert(state=state), answer(staff("Erin"), frozenset()), NOON)
    assert taken is not None
    assert (taken.state, taken.acknowledged_by) == (AlertState.ACKNOWLEDGED, staff_id("Erin"))
    assert taken.due_at == NOON + 10 * MINUTE


def test_a_coordinator_whom_the_alert_has_paged_may_take_it() -> None:
    alice = staff("Alice", Role.COORDINATOR)
    assert answering.acknowledge(an_alert(), answer(alice, frozenset({alice.id})), NOON) is not None


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.INVESTIGATOR}))
def test_nobody_else_of_the_site_may_take_it(role: Role) -> None:
    with pytest.raises(NotEntitled):
        answering.acknowledge(an_alert(), answer(staff("Alice", role), frozenset({staff_id("Bob")})), NOON)


def test_an_investigator_of_another_site_may_not_take_it_even_if_paged() -> None:
    stranger = staff("Erin", site=OTHER_SITE)
    with pytest.raises(NotEntitled):
        answering.acknowledge(an_alert(), answer(stranger, frozenset({stranger.id})), NOON)


@pytest.mark.parametrize("state", [AlertState.ACKNOWLEDGED, AlertState.CONTACTED])
def test_the_second_is_told_who_was_first(state: AlertState) -> None:
    with pytest.raises(AlreadyAcknowledged) as refusal:
        answering.acknowledge(an_alert(state=state), answer(staff("Dana"), frozenset()), NOON)
    assert refusal.value.holder == staff_id("Bob")


def test_taking_it_twice_changes_nothing_and_does_not_put_off_the_lapse() -> None:
    held = an_alert(state=AlertState.ACKNOWLEDGED)
    assert answering.acknowledge(held, answer(staff("Bob"), frozenset()), NOON + MINUTE) is None


def test_a_resolved_alert_cannot_be_taken_again() -> None:
    with pytest.raises(IllegalEvent):
        answering.acknowledge(an_alert(state=AlertState.RESOLVED), answer(staff("Bob"), frozenset()), NOON)


def test_only_the_holder_records_the_contact() -> None:
    held = an_alert(state=AlertState.ACKNOWLEDGED)
    with pytest.raises(AlreadyAcknowledged):
        answering.contact(held, staff("Dana"), ContactOutcome.IN_CARE, NOON)
    reached = answering.contact(held, staff("Bob"), ContactOutcome.IN_CARE, NOON)
    assert reached is not None
    assert (reached.state, reached.due_at) == (AlertState.CONTACTED, None)


def taken_and_left(alert: Alert) -> Alert:
    """Somebody takes it at noon and does nothing."""
    held = answering.acknowledge(alert, answer(staff("Bob"), frozenset()), NOON)
    assert held is not None
    return held


def test_an_acknowledgement_without_a_contact_lapses_and_the_next_step_rings() -> None:
    rung = climbed(taken_and_left(waiting()), roster(), NOON + 10 * MINUTE)
    assert rung is not None
    assert (rung.alert.state, rung.alert.round, rung.names) == (AlertState.OPEN, 2, {"Dana"})
    assert rung.alert.acknowledged_by is None


def test_an_acknowledgement_of_an_exhausted_alert_that_lapses_rings_everyone_again() -> None:
    last = climbed(replace(an_alert(), step=4), roster(), NOON)
    assert last is not None
    rung = climbed(taken_and_left(last.alert), roster(), NOON + 10 * MINUTE)
    assert rung is not None
    assert (rung.alert.state, len(rung.names)) == (AlertState.EXHAUSTED, 5)


@pytest.mark.parametrize(("level", "minutes"), [(Level.EMERGENCY, 10), (Level.URGENT, 30)])
def test_an_acknowledgement_has_ten_minutes_in_an_emergency_and_thirty_when_urgent(
    level: Level, minutes: int
) -> None:
    taken = answering.acknowledge(an_alert(level), answer(staff("Bob"), frozenset()), NOON)
    assert taken is not None
    assert taken.due_at == NOON + minutes * MINUTE

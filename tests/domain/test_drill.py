"""Whom a drill rings, when it is passed, why it fails, and that nothing but a drill ends so."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain import answering, drill, drilling
from domain.acts import ActKind, AlertAct, Via
from domain.contact import ContactOutcome
from domain.delivery import Message, MessageState
from domain.drill import Drill, Heard, Why
from domain.drilling import Standing
from domain.errors import AlertUnanswered, DrillRunning, IllegalEvent, NotEntitled, TextsSpent
from domain.escalation import Alert, AlertState
from domain.people import Site
from domain.protocol.routes import Channel
from domain.protocol.schema import Level
from domain.roster import Responder, Roster, staff_target
from domain.rota import Span
from domain.task import Task, TaskKind
from tests.support.alerts import NOON, SHANGHAI, SITE, an_alert, answer, context, name_of, staff, staff_id
from tests.support.protocol import shipped

PLACE = Site(id=SITE, name="Zhongnan", time_zone=SHANGHAI)
END = NOON + drill.WITHIN


def shift(names: str, begins: float, ends: float) -> Span:
    """Who is on call together in the first tier, in hours from noon."""
    starts_at, ends_at = NOON + timedelta(hours=begins), NOON + timedelta(hours=ends)
    return Span(1, tuple(map(staff_id, names.split())), starts_at, ends_at)


def ready(
    *shifts: Span, spent: tuple[str, ...] = (), mute: tuple[str, ...] = (), site: Site = PLACE
) -> Standing:
    """A site at noon with its first tier.

    Whose texts are spent has those that are kept for emergencies; who is mute has no number that works.
    """

    def responder(name: str) -> Responder:
        ways = () if name in mute else (Channel.SMS,)
        urgent = () if name in spent else ways
        return Responder(staff_id=staff_id(name), language="en", emergency=ways, urgent=urgent)

    names = {name_of(each) for span in shifts for each in span.staff_ids}
    by_target: dict[str, tuple[Responder, ...]] = {
        staff_target(staff_id(name)): (responder(name),) for name in names
    }
    return Standing(site=site, first_tier=shifts, roster=Roster(by_target=by_target, everyone=()))


def begun(standing: Standing) -> tuple[Drill, Alert, tuple[Message, ...]]:
    """A drill that somebody asked for at noon."""
    made, decision = drilling.ask(standing, shipped().escalation, context(NOON))
    after = [change.after for change in decision.changes]
    (alert,) = [each for each in after if isinstance(each, Alert)]
    return made, alert, tuple(each for each in after if isinstance(each, Message))


def taken(alert: Alert, name: str, at: datetime) -> Alert:
    held = answering.acknowledge(alert, answer(staff(name), frozenset({staff_id(name)})), at)
    assert held is not None
    return held


def did(alert: Alert, name: str, via: Via) -> AlertAct:
    return answering.act(alert, ActKind.ACKNOWLEDGE, replace(answer(staff(name)), via=via), context(NOON))


BOB = ready(shift("Bob", -4, 8))


@pytest.mark.parametrize(
    ("shifts", "rung"),
    [
        ((shift("Bob", -4, 8),), ["Bob"]),
        ((shift("Bob", -4, 8), shift("Dana", 8, 20)), ["Dana"]),
        ((shift("Bob", -4, 8), shift("Dana Erin", 8, 10), shift("Dana", 10, 20)), ["Dana", "Erin"]),
        ((shift("Bob", -4, 8), shift("Dana", 8, 20), shift("Erin", 20, 30)), ["Dana"]),
        ((shift("Bob", -4, 24), shift("Bob Dana", 24, 30)), ["Dana"]),
        ((shift("Bob Dana", -4, 8), shift("Bob", 8, 30)), ["Bob", "Dana"]),
        ((shift("Bob", -4, 25), shift("Bob Dana", 25, 30)), ["Bob"]),
        ((shift("Dana", 25, 30),), []),
        ((shift("Bob", -4, 0),), []),
    ],
)
def test_whose_shift_begins_next_within_a_day_is_rung_and_else_who_is_on_call_now(
    shifts: tuple[Span, ...], rung: list[str]
) -> None:
    assert [name_of(each) for each in drill.next_shift(shifts, NOON)] == rung


def test_it_rings_all_of_the_shift_at_once_as_urgent_and_its_climb_names_them() -> None:
    _, alert, pages = begun(ready(shift("Dana Erin", 8, 20)))
    assert {name_of(each.staff_id) for each in pages} == {"Dana", "Erin"}
    assert {(each.template, each.level) for each in pages} == {("sms.drill", Level.URGENT)}
    assert {each.parameters["minutes"] for each in pages} == {"15"}
    assert (alert.is_drill, alert.participant_id, alert.due_at) == (True, None, END)
    targets = {each.target for each in alert.climb.at(NOON).steps}
    assert targets == {staff_target(staff_id("Dana")), staff_target(staff_id("Erin"))}


@pytest.mark.parametrize(
    ("standing", "why"),
    [(ready(), Why.NOBODY_ON_CALL), (ready(shift("Bob", -4, 8), mute=("Bob",)), Why.NO_WAY_LEFT)],
)
def test_one_that_can_ring_nobody_fails_at_once(standing: Standing, why: Why) -> None:
    made, alert, pages = begun(standing)
    assert pages == ()
    decision = drilling.look(made, Heard(alert=alert, messages=(), acts=()), PLACE, context(NOON))
    assert decision is not None
    assert (decision.action, decision.reason) == ("drill.fail", why)


@pytest.mark.parametrize(
    ("running", "waits", "refusal"), [(True, False, DrillRunning), (False, True, AlertUnanswered)]
)
def test_none_begins_beside_another_one_or_while_somebody_waits(
    running: bool, waits: bool, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        begun(replace(BOB, runs=running, somebody_waits=waits))


def test_none_begins_when_the_next_shift_has_only_what_is_kept_for_emergencies() -> None:
    spent = ready(shift("Bob Dana", -4, 8), spent=("Bob", "Dana"))
    with pytest.raises(TextsSpent):
        begun(spent)
    planned = replace(spent, site=replace(PLACE, drill_every=7, drill_at=time(12), drill_due_at=NOON))
    decision = drilling.run_due(planned, shipped().escalation, context(NOON))
    assert decision is not None
    assert (decision.action, *(each.after for each in decision.changes)) == (
        "drill.put-off",
        replace(planned.site, drill_due_at=NOON + drilling.PUT_OFF),
    )
    _, _, pages = begun(ready(shift("Bob Dana", -4, 8), spent=("Bob",)))
    assert [each.staff_id for each in pages] == [staff_id("Dana")]


DELIVERED, FAILED, ACCEPTED = MessageState.DELIVERED, MessageState.FAILED, MessageState.ACCEPTED


@pytest.mark.parametrize(
    ("page", "attempts", "taken_after", "via", "action", "why"),
    [
        # Taken in time, and arrived: by the provider's word, or because the page itself was answered.
        (DELIVERED, 1, 60, Via.WORK_LIST, "drill.pass", ""),
        (DELIVERED, 1, 900, Via.WORK_LIST, "drill.pass", ""),
        (ACCEPTED, 1, 60, Via.LINK, "drill.pass", ""),
        (ACCEPTED, 1, 60, Via.CODE, "drill.pass", ""),
        (FAILED, 1, 60, Via.REPLY, "drill.pass", ""),
        # Whoever looks at the work list may have heard nothing.
        (ACCEPTED, 1, 60, Via.WORK_LIST, "drill.wait", ""),
        (ACCEPTED, 1, 900, Via.WORK_LIST, "drill.fail", Why.NOT_DELIVERED),
        (FAILED, 1, 900, Via.WORK_LIST, "drill.fail", Why.NOT_DELIVERED),
        # Too late, or never.
        (DELIVERED, 1, 901, Via.LINK, "drill.fail", Why.NOT_ACKNOWLEDGED),
        (DELIVERED, 1, None, Via.LINK, "drill.fail", Why.NOT_ACKNOWLEDGED),
        (ACCEPTED, 1, None, Via.LINK, "drill.fail", Why.NOT_DELIVERED),
        (FAILED, 3, None, Via.LINK, "drill.fail", Why.NOT_DELIVERED),
        (MessageState.PENDING, 0, None, Via.LINK, "drill.fail", Why.NOT_DELIVERED),
        # The number's text went elsewhere meanwhile.
        (FAILED, 0, None, Via.LINK, "drill.fail", Why.NO_WAY_LEFT),
    ],
)
def test_it_is_passed_when_a_page_arrived_and_was_taken_in_time(
    page: MessageState, attempts: int, taken_after: int | None, via: Via, action: str, why: str
) -> None:
    made, alert, pages = begun(BOB)
    now = END
    acts: tuple[AlertAct, ...] = ()
    if taken_after is not None:
        now = NOON + timedelta(seconds=taken_after)
        alert, acts = taken(alert, "Bob", now), (did(alert, "Bob", via),)
    sent = tuple(replace(each, state=page, attempts=attempts) for each in pages)
    decision = drilling.look(made, Heard(alert=alert, messages=sent, acts=acts), PLACE, context(now))
    assert decision is not None
    assert (decision.action, decision.reason) == (action, why)


def test_a_page_that_fails_waits_for_the_others_and_rings_nobody_else() -> None:
    made, alert, pages = begun(BOB)
    failed = tuple(replace(each, state=FAILED, attempts=1) for each in pages)
    hurried = replace(alert, due_at=NOON)
    decision = drilling.look(made, Heard(alert=hurried, messages=failed, acts=()), PLACE, context(NOON))
    assert decision is not None
    (change,) = decision.changes
    assert isinstance(change.after, Alert)
    assert (decision.action, change.after) == ("drill.wait", alert)


def test_when_all_of_them_say_that_they_cannot_it_has_failed() -> None:
    made, alert, pages = begun(ready(shift("Dana Erin", 8, 20)))
    arrived = tuple(replace(each, state=DELIVERED, attempts=1) for each in pages)

    def looked(*declined: str) -> str:
        said = replace(alert, due_at=NOON, declined_by=tuple(map(staff_id, declined)))
        decision = drilling.look(made, Heard(alert=said, messages=arrived, acts=()), PLACE, context(NOON))
        assert decision is not None
        return decision.action

    assert (looked("Dana"), looked("Dana", "Erin")) == ("drill.wait", "drill.fail")


def test_failing_marks_the_site_since_the_first_time_with_a_task_and_passing_clears_it() -> None:
    made, alert, pages = begun(BOB)
    heard = Heard(alert=alert, messages=pages, acts=())
    decision = drilling.look(made, heard, PLACE, context(END))
    assert decision is not None
    after = {type(change.after): change.after for change in decision.changes}
    unsafe = replace(PLACE, unsafe_since=END)
    assert after[Site] == unsafe
    assert isinstance(task := after[Task], Task)
    assert (task.kind, task.about_id, task.due_at) == (
        TaskKind.DRILL_FAILED,
        made.id,
        END + timedelta(hours=24),
    )
    again = drilling.look(made, heard, replace(PLACE, unsafe_since=NOON), context(END))
    assert again is not None
    assert Site not in {type(change.after) for change in again.changes}

    sent = tuple(replace(each, state=DELIVERED) for each in pages)
    held = Heard(alert=taken(alert, "Bob", NOON), messages=sent, acts=())
    passed = drilling.look(made, held, unsafe, context(NOON))
    assert passed is not None
    assert PLACE in [change.after for change in passed.changes]


@pytest.mark.parametrize("state", list(AlertState))
def test_no_alert_about_a_patient_ends_like_a_drill(state: AlertState) -> None:
    with pytest.raises(IllegalEvent):
        drill.end(an_alert(state=state), NOON)


def test_a_drill_ends_once() -> None:
    _, alert, _ = begun(BOB)
    ended = drill.end(alert, NOON)
    assert (ended.state, ended.due_at, ended.resolved_at) == (AlertState.RESOLVED, None, NOON)
    with pytest.raises(IllegalEvent):
        drill.end(ended, NOON)


def test_only_those_it_rings_take_a_drill_and_nobody_records_a_contact() -> None:
    _, alert, _ = begun(BOB)
    with pytest.raises(NotEntitled):
        answering.acknowledge(alert, answer(staff("Dana"), frozenset({staff_id("Bob")})), NOON)
    held = taken(alert, "Bob", NOON)
    assert held.due_at == NOON
    with pytest.raises(IllegalEvent):
        answering.contact(held, staff("Bob"), ContactOutcome.IN_CARE, NOON)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(SHANGHAI))


WEEKLY = replace(PLACE, drill_every=7, drill_at=time(10))


@pytest.mark.parametrize(
    ("now", "waits", "action", "next_at"),
    [
        (local(23, 10), False, "drill.start", local(30, 10)),
        (local(23, 8), False, "drill.start", local(30, 10)),
        (local(23, 19, 59), False, "drill.start", local(30, 10)),
        (local(23, 20), False, "drill.put-off", local(24, 10)),
        (local(24, 3), False, "drill.put-off", local(24, 10)),
        (local(24, 7, 59), False, "drill.put-off", local(24, 10)),
        (local(23, 10), True, "drill.put-off", local(23, 11)),
        (local(23, 18, 59), True, "drill.put-off", local(23, 19, 59)),
        (local(23, 19), True, "drill.put-off", local(24, 10)),
    ],
)
def test_one_of_a_schedule_runs_by_day_and_never_while_somebody_waits(
    now: datetime, waits: bool, action: str, next_at: datetime
) -> None:
    site = replace(WEEKLY, drill_due_at=now)
    standing = replace(ready(shift("Bob", -100, 900), site=site), somebody_waits=waits)
    decision = drilling.run_due(standing, shipped().escalation, context(now))
    assert decision is not None
    (planned,) = [change.after for change in decision.changes if isinstance(change.after, Site)]
    assert (decision.action, planned.drill_due_at) == (action, next_at)
    assert planned == replace(site, drill_due_at=next_at)


def test_a_schedule_begins_with_the_next_such_time_and_ends_when_it_is_taken_away() -> None:
    today = drilling.schedule(PLACE, 7, time(14), context(NOON))
    tomorrow = drilling.schedule(PLACE, 7, time(12), context(NOON))
    assert (today.drill_due_at, tomorrow.drill_due_at) == (local(23, 14), local(24, 12))
    assert drilling.schedule(today, 7, time(14), context(NOON + timedelta(days=7))) == today
    assert drilling.schedule(today, None, None, context(NOON)) == PLACE
    assert drilling.run_due(ready(site=today), shipped().escalation, context(NOON)) is None

"""An alert never falls silent, whatever happens to it and whoever can be reached (design.md, rule 6)."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from domain import answering, delivery, paging
from domain.answers import ChoiceAnswer
from domain.attempt import Attempt
from domain.contact import ContactOutcome
from domain.decision import Context, Decision
from domain.delivery import Message, MessageEvent, MessageState
from domain.entropy import Entropy
from domain.errors import AlreadyAcknowledged, IllegalEvent, NotEntitled
from domain.escalation import Alert, AlertState
from domain.intake import Arrival
from domain.paging import Page
from domain.people import Role
from domain.report import Report
from domain.roster import Roster
from domain.task import Task
from tests.support.alerts import (
    NAMES,
    NOON,
    a_way,
    answer,
    climbed,
    context,
    roster,
    staff,
    staff_id,
)
from tests.support.filings import a_bell, a_filing, a_submission, an_arrival, an_origin, filed
from tests.support.protocol import shipped

RINGING = {AlertState.OPEN, AlertState.EXHAUSTED}
ENDED = {AlertState.CONTACTED, AlertState.RESOLVED}
CALLS = [MessageEvent.ACCEPT, MessageEvent.RETRY, MessageEvent.GIVE_UP, MessageEvent.LOSE]
RECEIPTS = [MessageEvent.ACCEPT, MessageEvent.DELIVER, MessageEvent.FAIL]

rosters = st.builds(
    lambda unreachable, off: roster(unreachable=unreachable, off=off),
    st.sets(st.sampled_from(NAMES), max_size=2) | st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(NAMES), max_size=2),
)


def arrival(item: str, report_id: UUID, now: datetime) -> Arrival:
    return an_arrival(a_submission(now, ChoiceAnswer(item, "yes"), form="caregiver"), report_id)


class Bell(RuleBasedStateMachine):
    """One participant's alert under everything that can happen, in any order, at any time of day."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.people = roster()
        self.alert: Alert | None = None
        self.messages: dict[UUID, Message] = {}
        self.occasions: set[tuple[int, int, UUID]] = set()
        self.count = 0

    @initialize(hours=st.integers(0, 23), people=rosters)
    def begin(self, hours: int, people: Roster) -> None:
        self.now += timedelta(hours=hours)
        self.people = people
        self.report("cannot-be-woken" if hours % 2 else "nose-or-gum-bleeding")

    @rule(minutes=st.integers(0, 12) | st.integers(0, 180))
    def time_passes_with_the_worker_at_work(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        while self.alert is not None and self.alert.due_at is not None and self.alert.due_at <= until:
            self.now = max(self.now, self.alert.due_at)
            self.climb()
        self.now = until

    @rule(minutes=st.integers(1, 3000))
    def time_passes_with_no_worker(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.climb()

    @rule(people=rosters)
    def the_rota_changes(self, people: Roster) -> None:
        self.people = people

    @rule(item=st.sampled_from(["cannot-be-woken", "vomited-blood", "nose-or-gum-bleeding", "more-confused"]))
    def lin_reports(self, item: str) -> None:
        self.report(item)

    def report(self, item: str) -> None:
        before = self.alert
        outcome = filed(
            a_filing(an_origin(self.now, role=Role.CAREGIVER)),
            arrival(item, UUID(int=self.count), self.now),
            a_bell(self.people, self.alert),
            self.context(),
        )
        self.take(outcome.decision)
        assert self.alert is not None
        if before is None or before.state in ENDED:
            assert self.alert.state in RINGING

    @precondition(lambda self: self.messages)
    @rule(data=st.data())
    def a_page_is_sent(self, data: st.DataObject) -> None:
        assert self.alert is not None
        due = [each for each in self.messages.values() if each.state is MessageState.PENDING]
        if not due:
            return
        page = data.draw(st.sampled_from([due[-1], *due]))
        decision, attempt = paging.attempt(page, self.alert, a_way(), self.context())
        self.take(decision)
        if attempt is not None:
            self.settle(self.messages[attempt.message_id], data.draw(st.sampled_from(CALLS)))

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), event=st.sampled_from([*RECEIPTS, MessageEvent.SILENCE]))
    def a_receipt_comes_or_fails_to_come(self, data: st.DataObject, event: MessageEvent) -> None:
        newest = next(reversed(self.messages.values()))
        page = data.draw(st.just(newest) | st.sampled_from(list(self.messages.values())))
        if event in delivery.TRANSITIONS[page.state]:
            self.settle(page, event)

    @precondition(lambda self: self.alert)
    @rule(name=st.sampled_from(NAMES))
    def somebody_takes_it(self, name: str) -> None:
        assert self.alert is not None
        paged = frozenset(each.staff_id for each in self.messages.values())
        role = Role.COORDINATOR if name == "Alice" else Role.INVESTIGATOR
        try:
            taken = answering.acknowledge(self.alert, answer(staff(name, role), paged), self.now)
        except NotEntitled:
            assert staff_id(name) not in paged
        except AlreadyAcknowledged:
            assert self.alert.acknowledged_by not in {None, staff_id(name)}
        else:
            self.alert = taken or self.alert

    @precondition(lambda self: self.alert)
    @rule(name=st.sampled_from(NAMES))
    def somebody_records_a_contact(self, name: str) -> None:
        assert self.alert is not None
        try:
            reached = answering.contact(
                self.alert, staff(name), ContactOutcome.SPOKE_WITH_PARTICIPANT, self.now
            )
            self.alert = reached or self.alert
        except (IllegalEvent, AlreadyAcknowledged):
            assert (self.alert.state, self.alert.acknowledged_by) != (
                AlertState.ACKNOWLEDGED,
                staff_id(name),
            )

    @invariant()
    def whoever_is_not_contacted_has_a_next_step(self) -> None:
        if self.alert is not None:
            assert (self.alert.due_at is None) is (self.alert.state in ENDED)

    @invariant()
    def left_alone_it_rings_everybody_who_can_be_rung(self) -> None:
        if self.alert is None or self.alert.state in ENDED:
            return
        reachable = {each.staff_id for each in self.people.everyone if each.emergency}
        alert, paged = self.alert, set[UUID]()
        for _ in range(7):
            assert alert.due_at is not None
            rung = climbed(alert, self.people, max(alert.due_at, self.now))
            assert rung is not None
            if not rung.pages:
                assert rung.alert.state is AlertState.EXHAUSTED
                assert not reachable
                assert rung.tasks or alert.state is AlertState.EXHAUSTED
            assert rung.alert.due_at is not None
            assert rung.alert.due_at > max(alert.due_at, self.now)
            alert, paged = rung.alert, paged | {page.staff_id for page in rung.pages}
        assert reachable <= paged

    def climb(self) -> None:
        if self.alert is not None:
            self.take(paging.climb(self.alert, self.people, shipped().escalation, self.context()))

    def settle(self, page: Message, event: MessageEvent) -> None:
        assert self.alert is not None
        before = self.alert
        others = tuple(
            each
            for each in self.messages.values()
            if (each.round, each.step) == (page.round, page.step) and each.id != page.id
        )
        self.take(paging.settle(Page(page, self.alert, others), event, None, self.context()))
        failed = page.state is not MessageState.FAILED and self.messages[page.id].state is MessageState.FAILED
        waiting = before.state is AlertState.OPEN and (before.round, before.step) == (
            page.round,
            page.step + 1,
        )
        if failed and waiting:
            assert self.alert.due_at is not None
            assert self.alert.due_at <= self.now

    def context(self) -> Context:
        self.count += 1
        return replace(context(self.now), entropy=Entropy(self.count.to_bytes(32, "big")))

    def take(self, decision: Decision | None) -> None:
        """Write down what was decided, as the database would; a second page of one occasion it would refuse."""
        for change in () if decision is None else decision.changes:
            match change.after:
                case Alert() as alert:
                    assert change.before == (self.alert if change.before else None)
                    self.alert = alert
                case Message() as page:
                    occasion = (page.round, page.step, page.staff_id)
                    assert change.before is not None or occasion not in self.occasions
                    self.occasions.add(occasion)
                    self.messages[page.id] = page
                case other:
                    assert isinstance(other, Task | Attempt | Report)


TestNeverSilent = Bell.TestCase
TestNeverSilent.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)

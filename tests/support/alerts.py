"""An alert and the cast around it, for tests of the pure core. Bob, Dana and Erin are tiers 1 to 3, Frank leads."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import paging
from domain.answering import Answer
from domain.attempt import Way
from domain.climb import climb_for
from domain.decision import SYSTEM, Context, Decision
from domain.delivery import Message, MessageState
from domain.entropy import Entropy
from domain.escalation import Alert, AlertState
from domain.people import Role, Staff, StaffRole
from domain.protocol.routes import Channel
from domain.protocol.schema import Level, Signal
from domain.roster import Responder, Roster
from domain.task import Task
from tests.support.protocol import shipped

SITE, OTHER_SITE, LIN = UUID(int=1), UUID(int=2), UUID(int=3)
SHANGHAI = "Asia/Shanghai"
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
"""12:00 in Shanghai, on a Monday."""

TARGETS = {"Bob": "on-call-1", "Dana": "on-call-2", "Erin": "on-call-3", "Frank": "principal-investigator"}
NAMES = ("Alice", *TARGETS)
_IDS = {name: UUID(int=100 + place) for place, name in enumerate(NAMES)}


def staff_id(name: str) -> UUID:
    return _IDS[name]


def name_of(staff: UUID) -> str:
    return next(name for name, each in _IDS.items() if each == staff)


def staff(name: str, role: Role = Role.INVESTIGATOR, site: UUID = SITE) -> Staff:
    bound = (StaffRole(site_id=site, role=role),)
    return Staff(id=staff_id(name), name=name, language="en", roles=bound, created_at=NOON)


def answer(person: Staff, paged: frozenset[UUID] = frozenset(), *ringing: str) -> Answer:
    """Somebody who answers; `paged` and those who are `ringing` are whom the alert has paged."""
    rung = frozenset(map(staff_id, ringing))
    return Answer(staff=person, paged=paged | rung, ringing=rung)


def a_way() -> Way:
    """The route of a call."""
    return Way(provider="twilio", number_index=b"number", receipt_within=timedelta(seconds=90))


def roster(*, unreachable: Collection[str] = (), off: Collection[str] = ()) -> Roster:
    """The rota of the cast; who is `off` is not on it at all."""

    def responder(name: str) -> Responder:
        ways = () if name in unreachable else (Channel.SMS,)
        return Responder(staff_id=staff_id(name), language="en", emergency=ways, urgent=ways, repeat=ways)

    return Roster(
        by_target={target: (responder(name),) for name, target in TARGETS.items() if name not in off},
        everyone=tuple(responder(name) for name in NAMES if name not in off),
    )


def an_alert(
    level: Level = Level.EMERGENCY,
    state: AlertState = AlertState.OPEN,
    at: datetime = NOON,
    time_zone: str = SHANGHAI,
) -> Alert:
    """An alert just opened, nobody rung yet; in another state, held by Bob where somebody must hold it."""
    held = state in {AlertState.ACKNOWLEDGED, AlertState.CONTACTED, AlertState.RESOLVED}
    reached = state in {AlertState.CONTACTED, AlertState.RESOLVED}
    return Alert(
        id=UUID(int=7),
        site_id=SITE,
        participant_id=LIN,
        level=level,
        signals=(Signal.CONFUSION,),
        state=state,
        opened_at=at,
        climb=climb_for(shipped().escalation, level, time_zone),
        round=1,
        round_started_at=at,
        step=0,
        due_at=None if reached else at,
        acknowledged_by=staff_id("Bob") if held else None,
        acknowledged_at=at if held else None,
        contacted_at=at if reached else None,
    )


def context(now: datetime) -> Context:
    return Context(actor=SYSTEM, now=now, machine_now=now, entropy=Entropy(bytes(32)))


class Rung(Struct, frozen=True):
    """What one climb brought: the alert after it, the pages, the coverage tasks."""

    alert: Alert
    pages: tuple[Message, ...]
    tasks: tuple[Task, ...]

    @property
    def names(self) -> set[str]:
        """Who is paged."""
        return {name_of(page.staff_id) for page in self.pages}


def climbed(alert: Alert, people: Roster, now: datetime) -> Rung | None:
    """Let the worker's decision be made at `now`; None if nothing was due."""
    return read(paging.climb(alert, people, shipped().escalation, context(now)), alert)


def read(decision: Decision | None, alert: Alert) -> Rung | None:
    """Take a decision apart."""
    if decision is None:
        return None
    after = [change.after for change in decision.changes]
    return Rung(
        next((each for each in after if isinstance(each, Alert)), alert),
        tuple(each for each in after if isinstance(each, Message)),
        tuple(each for each in after if isinstance(each, Task)),
    )


def a_page(state: MessageState = MessageState.PENDING) -> Message:
    """Bob's page of a fresh alert, as the first step makes it or as it is in another state."""
    rung = climbed(an_alert(), roster(), NOON)
    assert rung is not None
    return replace(
        rung.pages[0],
        state=state,
        attempts=0 if state is MessageState.PENDING else 1,
        accepted_at=NOON if state in {MessageState.ACCEPTED, MessageState.DELIVERED} else None,
        delivered_at=NOON if state is MessageState.DELIVERED else None,
    )

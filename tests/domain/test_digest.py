"""When a site's digest is due, what a day is, and how far an overdue task has been told."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain import digest, overdue
from domain.decision import SYSTEM, Context
from domain.delivery import Notice
from domain.digest import Digest, Tally
from domain.entropy import Entropy
from domain.mailing import Reader
from domain.people import Site
from domain.protocol.routes import Channel
from domain.task import Task, TaskKind
from tests.support.protocol import shipped

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ALICE, FRANK = UUID(int=1), UUID(int=2)
READERS = (
    Reader(staff_id=ALICE, language="en", is_working=True, is_principal=False),
    Reader(staff_id=FRANK, language="zh-CN", is_working=False, is_principal=True),
)


def a_site(zone: str = "Asia/Shanghai") -> Site:
    return Site(id=UUID(int=7), name="Zhongnan Hospital", time_zone=zone)


def at(now: datetime = NOON) -> Context:
    return Context(actor=SYSTEM, now=now, machine_now=now, entropy=Entropy(bytes(32)))


def a_task(told: int = 0, *, participant: UUID | None = None, kind: TaskKind = TaskKind.FREE_TEXT) -> Task:
    return Task(
        id=uuid4(),
        site_id=a_site().id,
        participant_id=participant,
        kind=kind,
        about_id=uuid4(),
        created_at=NOON - timedelta(days=1),
        due_at=NOON,
        told=told,
    )


@pytest.mark.parametrize(
    ("zone", "now", "is_time", "next_at"),
    [
        ("Asia/Shanghai", "2026-11-26T00:29:59Z", False, "2026-11-26T00:30:00Z"),
        ("Asia/Shanghai", "2026-11-26T00:30:00Z", True, "2026-11-27T00:30:00Z"),
        ("Asia/Shanghai", "2026-11-26T15:59:59Z", True, "2026-11-27T00:30:00Z"),
        # A new day there has begun, and its hour has not come.
        ("Asia/Shanghai", "2026-11-26T16:00:00Z", False, "2026-11-27T00:30:00Z"),
        # The clock goes forward in the night, and back.
        ("Europe/Berlin", "2027-03-27T12:00:00Z", True, "2027-03-28T06:30:00Z"),
        ("Europe/Berlin", "2027-10-30T12:00:00Z", True, "2027-10-31T07:30:00Z"),
        # A day that the zone skips whole.
        ("Pacific/Apia", "2011-12-29T19:00:00Z", True, "2011-12-30T18:30:00Z"),
    ],
)
def test_a_digest_is_due_at_half_past_eight_by_the_clock_of_the_site(
    zone: str, now: str, is_time: bool, next_at: str
) -> None:
    site, instant = a_site(zone), datetime.fromisoformat(now)
    assert digest.is_time(site, instant) is is_time
    assert digest.next_at(site, instant) == datetime.fromisoformat(next_at)


def test_whoever_gets_the_digest_of_a_day_gets_it_under_one_id() -> None:
    site, day = a_site(), date(2026, 11, 26)
    assert digest.notice_id(site, day, ALICE) == digest.notice_id(site, day, ALICE)
    assert (
        len({digest.notice_id(site, day + timedelta(days=n), who) for n in (0, 1) for who in (ALICE, FRANK)})
        == 4
    )


def test_a_digest_is_a_mail_in_the_readers_language_with_a_line_for_each_kind() -> None:
    tallies = (
        Tally(kind=TaskKind.COVERAGE, open=1, due_today=1, overdue=0),
        Tally(kind=TaskKind.FREE_TEXT, open=4, due_today=1, overdue=2),
    )
    found = Digest(day=date(2026, 11, 26), tallies=tallies)
    decision = digest.make(found, a_site(), READERS, shipped(), at())
    assert decision is not None
    alice, frank = (change.after for change in decision.changes)
    assert isinstance(alice, Notice)
    assert isinstance(frank, Notice)
    assert (alice.channel, alice.language, frank.language) == (Channel.EMAIL, "en", "zh-CN")
    assert alice.parameters == {
        "open": "5",
        "due": "2",
        "overdue": "2",
        "list": "Gaps in the on-call rota: 1\nMessages to read: 4",
    }


def test_where_nothing_is_open_or_nobody_reads_nothing_is_written() -> None:
    empty = Digest(day=date(2026, 11, 26), tallies=())
    full = Digest(day=empty.day, tallies=(Tally(kind=TaskKind.COVERAGE, open=1, due_today=0, overdue=0),))
    assert digest.make(empty, a_site(), READERS, shipped(), at()) is None
    assert digest.make(full, a_site(), (), shipped(), at()) is None


def test_a_task_goes_to_the_team_then_to_its_head_and_then_to_nobody() -> None:
    first = _told(a_task(0))
    assert (first.told, first.look_at, len(first.notices)) == (1, NOON + timedelta(hours=24), 1)
    second = _told(first)
    assert (second.told, second.look_at, len(second.notices)) == (2, None, 2)


def _told(task: Task, readers: tuple[Reader, ...] = READERS) -> Task:
    decisions = overdue.escalate(a_site(), (task,), readers, shipped(), at())
    [found] = [
        each.after for decision in decisions for each in decision.changes if isinstance(each.after, Task)
    ]
    return found


def test_without_readers_the_turn_is_counted_and_nobody_was_told() -> None:
    found = _told(a_task(0), ())
    assert (found.told, found.notices) == (1, ())


def test_one_look_is_one_mail_a_level_and_one_line_of_the_trail_a_participant() -> None:
    lin, ming = uuid4(), uuid4()
    tasks = (
        a_task(0, participant=lin),
        a_task(0, participant=ming),
        a_task(0, participant=lin, kind=TaskKind.DEAD_NUMBER),
        a_task(0),
        a_task(1, participant=ming),
    )
    decisions = overdue.escalate(a_site(), tasks, READERS, shipped(), at())
    escalated = [each for each in decisions if each.action == "task.escalate"]
    assert [each.participant_id for each in escalated] == [*sorted((lin, ming), key=str), None]
    [mail] = [each for each in decisions if each.action == "notice.make"]
    team, head = (each.after for each in mail.changes)
    assert isinstance(team, Notice)
    assert isinstance(head, Notice)
    assert (team.staff_id, team.template, team.parameters["count"]) == (ALICE, "mail.overdue", "4")
    assert (head.staff_id, head.template, head.parameters["count"]) == (FRANK, "mail.still-overdue", "1")

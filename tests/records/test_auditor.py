"""What rows say behind the program's back is seen, whatever the kind; and a look costs what it finds (cases.md 16)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from domain.records import auditor
from domain.records.rows import APP_ROLE, WORKER_ROLE, Connection, reading
from domain.watch import Finding, Look
from tests.support.answered import answer_an_emergency, multiply
from tests.support.clinic import Clinic, open_clinic, owner
from tests.support.explained import explain, overheard

MANY, LIVE = 4_000, 400
GRACE = timedelta(minutes=1)

LATE, LATER = "due_at = now() - interval '2 minutes'", "due_at = now() + interval '1 hour'"
OVERDUE_YEAR = "due_at = now() - interval '16 minutes'"
UNREACHED = ("contacted_at = null", "contact_outcome = null")
UNANSWERED = (
    "acknowledged_by = null",
    "acknowledged_at = null",
    *UNREACHED,
    *("resolved_at = null", "resolved_by = null", "disposition = null"),
)
BEGUN = "round_started_at = now() - interval '2 minutes'"

TO_A_REMINDER = (
    *("alert_id = null", "staff_id = null", "round = null", "step = null", "level = null", "code = null"),
    *("account_id = (select id from accounts limit 1)", "reminder_id = gen_random_uuid()"),
    *("valid_until = now() + interval '1 day'", "state = 'pending'"),
)
RESOLVED = "state = 'resolved', resolved_at = now(), resolved_by = acknowledged_by, disposition = 'advised'"
AFTER_THE_CONTACT = "received_at = (select contacted_at from alerts) + interval '6 seconds'"


def change(table: str, *changes: str) -> str:
    return f"update {table} set {', '.join(changes)};"  # noqa: S608 - a test's own words


def without(table: str, constraint: str) -> str:
    return f"alter table {table} drop constraint {constraint};"


DONE_TO_ROWS: tuple[tuple[str, str], ...] = (
    ("sites_not_safe", change("sites", "unsafe_since = now()")),
    ("sites_past_their_look", change("sites", "coverage_due_at = now() - interval '25 hours'")),
    (
        "urgent_reports_without_alert",
        without("reports", "reports_paging_has_alert") + change("reports", "alert_id = null"),
    ),
    ("urgent_reports_after_the_answer", change("reports", AFTER_THE_CONTACT)),
    (
        "urgent_reports_after_the_answer",
        change("alerts", RESOLVED) + change("reports", AFTER_THE_CONTACT),
    ),
    ("urgent_reports_after_the_answer", "set session_replication_role = replica; delete from alerts"),
    *(
        (
            "alerts_without_next_step",
            without("alerts", "alerts_next_step") + change("alerts", f"state = '{state}'", *undone),
        )
        for state, undone in (("acknowledged", UNREACHED), ("open", UNANSWERED))
    ),
    ("alerts_past_their_step", change("alerts", "state = 'acknowledged'", LATE, *UNREACHED)),
    ("alerts_past_their_step", change("alerts", "state = 'open'", LATE, *UNANSWERED)),
    ("alerts_exhausted", change("alerts", "state = 'exhausted'", LATER, *UNANSWERED)),
    (
        "alerts_nobody_was_told_of",
        change("alerts", "state = 'open'", "round = round + 1", LATER, BEGUN, *UNANSWERED),
    ),
    *(
        (
            "messages_without_next_look",
            without("messages", "messages_next_look") + change("messages", f"state = '{state}'"),
        )
        for state in ("pending", "sending", "unknown", "accepted")
    ),
    ("messages_past_their_time", change("messages", "state = 'accepted'", LATE)),
    ("reminders_past_their_time", change("plans", OVERDUE_YEAR)),
    ("reminders_past_their_time", change("messages", *TO_A_REMINDER, OVERDUE_YEAR, "attempts = 0")),
    ("reminders_past_their_time", change("messages", *TO_A_REMINDER, LATER, "attempts = 5")),
    *(
        (
            "audit_chains_unsigned",
            "set session_replication_role = replica; "
            + change("audit_heads", f"moved_at = {since}").replace(";", " where chain = 'system';"),
        )
        for since in ("now() - interval '11 minutes'", "now() + interval '2 minutes'", "'infinity'")
    ),
    ("tasks_past_their_time", change("tasks", "resolved_at = null", "resolved_by = null", LATE)),
)


@pytest.fixture
async def answered(clinic: Clinic) -> Clinic:
    await answer_an_emergency(clinic)
    assert (await clinic.http.get("/health/safety")).status_code == 200
    return clinic


@pytest.fixture
async def hand(clinic_url: str) -> AsyncIterator[Connection]:
    connection = await owner(clinic_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    ("kind", "done"), DONE_TO_ROWS, ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(DONE_TO_ROWS)]
)
async def test_what_is_done_to_the_rows_turns_the_health_red_by_its_kind_alone(
    answered: Clinic, hand: Connection, kind: str, done: str
) -> None:
    await hand.execute(done)
    answer = await answered.http.get("/health/safety")
    assert answer.status_code == 503
    view = answer.json()
    assert {name for name, value in view.items() if type(value) is int and value} == {camel(kind)}
    assert view[camel(kind)] == 1
    assert (await answered.http.get("/health/ready")).status_code == 200
    await no_more_without(hand, kind)


async def no_more_without(hand: Connection, kind: str) -> None:
    """One finding alone is not safe, and says what waits and since when."""
    findings = await auditor.find(hand, datetime.now(UTC), GRACE)
    (found,) = [each for each in findings if each.count]
    assert found.kind == kind
    assert len(found.ids) == 1
    assert found.oldest is not None
    assert not seen(findings).is_safe


def seen(findings: tuple[Finding, ...]) -> Look:
    return Look(at=datetime.now(UTC), findings=findings, drift=timedelta(), clock_is_right=True, seconds=0)


def test_every_kind_is_tried_and_explained_to_whoever_is_on_call() -> None:
    # No row tells of the one: tests/test_protocol_commands.py.
    assert set(auditor.KINDS) - {kind for kind, _ in DONE_TO_ROWS} == {"sites_on_an_unreleased_protocol"}
    runbook = (Path(__file__).parents[2] / "docs" / "running.md").read_text()
    assert [kind for kind in auditor.KINDS if f"| `{camel(kind)}` |" not in runbook] == []


def camel(kind: str) -> str:
    first, *others = kind.split("_")
    return first + "".join(each.capitalize() for each in others)


async def test_a_report_that_two_clocks_put_on_either_side_of_the_contact_is_no_alarm(
    answered: Clinic, hand: Connection
) -> None:
    await hand.execute(change("reports", AFTER_THE_CONTACT.replace("6 seconds", "4 seconds")))
    assert (await answered.http.get("/health/safety")).status_code == 200


async def test_a_report_that_rings_after_the_contact_is_no_alarm(answered: Clinic) -> None:
    await answered.advance(minutes=1)
    _, caregiver = await answered.lin()
    await caregiver.report({"cannot-be-woken": "yes"})
    await answered.settle()
    assert (await answered.http.get("/health/safety")).status_code == 200


@pytest.fixture
async def crowd(clinic_url: str) -> AsyncIterator[Connection]:
    """Some thousand alerts with their reports, pages, tasks and years, of which one in ten rings now."""
    async with open_clinic(clinic_url) as clinic:
        await answer_an_emergency(clinic)
    connection = await asyncpg.connect(clinic_url)
    await multiply(connection, MANY, LIVE)
    yield connection
    await connection.close()


@pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
async def test_no_look_reads_a_table_from_end_to_end(crowd: Connection, clinic_url: str, role: str) -> None:
    async with overheard(clinic_url, role) as (pool, said), reading(pool) as connection:
        findings = await auditor.find(connection, datetime.now(UTC), GRACE)
    assert [each for each in findings if each.count] == []
    (explained,) = await explain(crowd, said)
    # One row for each hospital.
    assert explained.read_whole <= {"sites"}
    for index in (
        *("reports_unheard", "reports_heard", "alerts_without_step", "alerts_due", "alerts_exhausted_since"),
        *("alerts_unanswered", "messages_without_look", "messages_pages_due", "messages_reminders_due"),
        *("messages_reminders_refused", "plans_due", "tasks_overdue", "audit_heads_moved"),
    ):
        assert index in explained.first, index
        assert index in explained.kept, index


async def test_a_count_stops_at_a_thousand_and_still_has_the_oldest(crowd: Connection) -> None:
    await crowd.execute("set session_replication_role = replica")
    for table in ("alerts", "messages", "tasks"):
        await crowd.execute(change(table, LATE))
    await crowd.execute(change("tasks", "resolved_at = null", "resolved_by = null"))
    oldest = await crowd.fetchval(
        "update alerts set due_at = now() - interval '9 hours' where id = (select id from alerts limit 1) returning id"
    )
    found = {each.kind: each for each in await auditor.find(crowd, datetime.now(UTC), GRACE) if each.count}
    late = ("alerts_past_their_step", "messages_past_their_time", "tasks_past_their_time")
    assert {kind: found[kind].count for kind in late} == dict.fromkeys(late, auditor.LIMIT)
    assert found["alerts_past_their_step"].ids[0] == oldest
    assert all(len(found[kind].ids) == 3 for kind in late)


async def test_a_look_that_ends_among_the_unanswered_does_not_say_that_all_is_well(crowd: Connection) -> None:
    await crowd.execute(change("alerts", "state = 'open'", LATER, BEGUN, *UNANSWERED))
    found = {each.kind: each.count for each in await auditor.find(crowd, datetime.now(UTC), GRACE)}
    assert found["alerts_nobody_was_told_of"] == 1

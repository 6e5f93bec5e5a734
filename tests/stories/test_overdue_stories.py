"""What nobody has looked at in time is told to others, level by level, and by mail only."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

from msgspec.structs import replace

from api.wiring import open_trial
from domain.records.rows import WORKER_ROLE, transaction
from notifications.digests import sweep_digests
from notifications.emulator.mail import Mail, MailFault
from tests.support.clinic import Clinic, Json, Person
from tests.support.sites import home
from tests.support.year import days, today, until_clock

TEAM = ("Alice", "Bob", "Dana", "Erin", "Frank")
OVERDUE, STILL_OVERDUE = "待办逾期", "逾期一天仍未完成"


async def at_nine(clinic: Clinic) -> None:
    """The digest of the day is behind us."""
    await until_clock(clinic, today(clinic) + days(1), 9)


async def a_quarantined_report(clinic: Clinic) -> Json:
    """A report that does not fit and rings nobody; return its task."""
    lin, _ = await clinic.lin()
    body = clinic.submission("participant", {"vomited-blood": "no"})
    answer = await lin.put(f"/v1/me/reports/{uuid4()}", {**body, "colour": "blue"})
    assert answer.status_code == 201, answer.text
    await clinic.settle()
    return (await tasks_of(await clinic.staff("Alice")))[-1]


async def tasks_of(staff: Person) -> list[Json]:
    answer = await staff.get("/v1/tasks?limit=100")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["tasks"])


async def close(staff: Person, task: Json) -> None:
    answer = await staff.post(f"/v1/tasks/{task['taskId']}/resolution")
    assert answer.status_code == 201, answer.text


def about(clinic: Clinic, name: str, subject: str) -> list[Mail]:
    return [each for each in clinic.mails(name) if subject in each.subject]


def told(clinic: Clinic, subject: str) -> dict[str, int]:
    counts = {name: len(about(clinic, name, subject)) for name in TEAM}
    return {name: count for name, count in counts.items() if count}


def due(task: Json) -> datetime:
    return datetime.fromisoformat(task["dueAt"])


async def when_due(clinic: Clinic, task: Json) -> None:
    await clinic.demo.sandbox.advance_to(due(task))


async def safety(clinic: Clinic) -> int:
    return int((await clinic.http.get("/health/safety")).json()["tasksPastTheirTime"])


async def test_an_overdue_report_is_told_to_alice_and_a_day_later_to_frank(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    assert task["kind"] == "quarantined-report"
    assert (task["overdue"], "toldAt" in task) == (False, False)
    await clinic.demo.sandbox.advance_to(due(task) - timedelta(seconds=1))
    assert told(clinic, OVERDUE) == {}
    await when_due(clinic, task)
    assert told(clinic, OVERDUE) == dict.fromkeys(TEAM, 1)
    await clinic.advance(hours=23)
    assert told(clinic, STILL_OVERDUE) == {}
    await clinic.advance(hours=2)
    assert told(clinic, STILL_OVERDUE) == {"Frank": 1}
    await clinic.advance(days=1)
    assert told(clinic, OVERDUE) == dict.fromkeys(TEAM, 1)
    assert told(clinic, STILL_OVERDUE) == {"Frank": 1}
    assert clinic.rung() == {}
    shown = next(
        each for each in await tasks_of(await clinic.staff("Alice")) if each["taskId"] == task["taskId"]
    )
    assert shown["overdue"] is True
    assert timedelta() <= datetime.fromisoformat(shown["toldAt"]) - due(task) < timedelta(minutes=1)
    assert await safety(clinic) >= 1


async def test_what_is_closed_in_time_is_told_to_nobody(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    await close(await clinic.staff("Alice"), task)
    await clinic.demo.sandbox.advance_to(due(task) + timedelta(days=2))
    assert told(clinic, OVERDUE) == told(clinic, STILL_OVERDUE) == {}


async def test_what_alice_closes_after_her_mail_is_not_told_to_frank(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    await when_due(clinic, task)
    await close(await clinic.staff("Alice"), task)
    await clinic.advance(days=2)
    assert told(clinic, OVERDUE) == dict.fromkeys(TEAM, 1)
    assert told(clinic, STILL_OVERDUE) == {}


async def test_what_is_closed_while_its_mail_waits_is_told_to_nobody(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    clinic.emulator.mail_server.fault = MailFault.GREYLIST
    await when_due(clinic, task)
    await close(await clinic.staff("Alice"), task)
    clinic.emulator.mail_server.fault = None
    await clinic.advance(hours=2)
    assert told(clinic, OVERDUE) == {}
    assert await clinic.rows("messages where template = 'mail.overdue' and state <> 'stale'") == 0


async def test_what_becomes_overdue_together_is_one_mail(clinic: Clinic) -> None:
    await at_nine(clinic)
    tasks = [await a_quarantined_report(clinic) for _ in range(3)]
    await clinic.demo.sandbox.clock.move_to(due(tasks[-1]))
    await clinic.settle()
    [mail] = about(clinic, "Alice", OVERDUE)
    assert "3" in mail.subject
    assert ": 3" in mail.body


async def test_after_ten_days_down_the_team_is_told_first_and_once(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    await clinic.demo.sandbox.clock.move_to(due(task) + timedelta(days=10))
    await clinic.settle()
    assert told(clinic, OVERDUE) == dict.fromkeys(TEAM, 1)
    assert told(clinic, STILL_OVERDUE) == {}
    await clinic.advance(hours=24)
    assert told(clinic, STILL_OVERDUE) == {"Frank": 1}


async def test_two_workers_at_once_tell_once(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    await clinic.demo.sandbox.clock.move_to(due(task))
    async with (
        open_trial(clinic.settings, WORKER_ROLE) as one,
        open_trial(clinic.settings, WORKER_ROLE) as two,
    ):
        both = [replace(each, now=clinic.trial.now) for each in (one, two)]
        await asyncio.gather(*(sweep_digests(each) for each in both * 4))
    await clinic.settle()
    assert told(clinic, OVERDUE) == dict.fromkeys(TEAM, 1)


async def test_a_task_whose_participant_is_held_is_told_a_moment_later(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    await clinic.demo.sandbox.advance_to(due(task) - timedelta(minutes=1))
    await clinic.demo.sandbox.clock.move_to(due(task))
    worker = clinic.demo.sandbox.worker
    async with transaction(clinic.trial.pool) as connection:
        await connection.execute(
            "select from participants where id = $1 for no key update", task["participantId"]
        )
        assert await sweep_digests(worker) == 0
    assert await sweep_digests(worker) == 1


async def test_without_a_mail_server_the_work_list_and_the_health_say_so(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    worker = clinic.demo.sandbox.worker
    unset = replace(worker, gateways={"twilio": worker.gateways["twilio"]})
    for later in (timedelta(minutes=2), timedelta(hours=24, minutes=4)):
        await clinic.demo.sandbox.clock.move_to(due(task) + later)
        await sweep_digests(unset)
    assert await clinic.rows("tasks where told = 2 and look_at is null and notices = '{}'") == 1
    assert await clinic.rows("messages where channel = 'email' and template <> 'mail.digest'") == 0
    [shown] = [
        each for each in await tasks_of(await clinic.staff("Alice")) if each["taskId"] == task["taskId"]
    ]
    assert (shown["overdue"], "toldAt" in shown) == (True, False)
    assert await safety(clinic) == 1


async def test_a_mail_that_nobody_took_is_no_telling(clinic: Clinic) -> None:
    await at_nine(clinic)
    task = await a_quarantined_report(clinic)
    clinic.emulator.mail_server.fault = MailFault.SPAM
    await when_due(clinic, task)
    [shown] = [
        each for each in await tasks_of(await clinic.staff("Alice")) if each["taskId"] == task["taskId"]
    ]
    assert (shown["overdue"], "toldAt" in shown) == (True, False)


async def test_each_participant_has_the_telling_in_her_own_trail(clinic: Clinic) -> None:
    await at_nine(clinic)
    tasks = [await a_quarantined_report(clinic) for _ in range(2)]
    await when_due(clinic, tasks[-1])
    site = await home(clinic)
    for task in tasks:
        where = (
            f"audit_entries where action = 'task.escalate' and chain = 'participant/{task['participantId']}'"
        )
        assert await clinic.rows(where) == 1
    assert await clinic.rows(f"audit_entries where action = 'notice.make' and chain = 'site/{site.id}'") >= 1

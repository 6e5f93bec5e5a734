"""Routine work is bundled into one mail a day, at an hour of the site, and never by SMS (trial.md §2)."""

import asyncio
from datetime import date, datetime
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from api.wiring import open_trial
from domain.people import Role
from domain.records import sites
from domain.records.rows import WORKER_ROLE, transaction
from notifications import digests
from notifications.digests import sweep_digests
from notifications.emulator.mail import MailFault
from notifications.trial import Trial
from tests.stories.test_killed_worker import SWIFT, another_clinic, assert_the_trail_is_whole, dead
from tests.support.clinic import Clinic, Json, Person
from tests.support.killable_worker import start
from tests.support.neutral import telling
from tests.support.patience import PATIENCE_SECONDS
from tests.support.sites import hire, home, open_site
from tests.support.watch import URGENT, worker_at
from tests.support.year import SHANGHAI, days, today, until_clock

READ_ME = {"free-text": "I have a question about my pills and ZN-12345678"}
"""Somebody must read it, and nobody is rung."""

TEAM = ("Alice", "Bob", "Dana", "Erin", "Frank")


async def at_noon(clinic: Clinic) -> None:
    """The morning's digest is behind us, and the next one is tomorrow's."""
    await until_clock(clinic, today(clinic) + days(1), 12)
    clinic.emulator.mail_server.mails.clear()


async def a_routine_report(clinic: Clinic) -> Person:
    lin, _ = await clinic.lin()
    answer = await lin.report(READ_ME)
    assert answer.status_code == 201, answer.text
    await clinic.settle()
    return lin


def received(clinic: Clinic) -> dict[str, int]:
    counts = {name: len(clinic.mails(name)) for name in TEAM}
    return {name: count for name, count in counts.items() if count}


async def notices(clinic: Clinic) -> dict[str, int]:
    """How many digests there are in each state."""
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch(
            "select state, count(*) from messages where template = 'mail.digest' group by state"
        )
    return {row["state"]: row["count"] for row in found}


async def digest_of(staff: Person) -> Json:
    site_id = (await staff.get("/v1/sites")).json()["sites"][0]["siteId"]
    answer = await staff.get(f"/v1/sites/{site_id}/digest")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_routine_report_rings_nobody_and_is_in_next_mornings_digest_once(clinic: Clinic) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    await until_clock(clinic, today(clinic) + days(1), 8, 29)
    assert received(clinic) == {}
    await until_clock(clinic, today(clinic), 8, 30)
    assert received(clinic) == dict.fromkeys(TEAM, 1)
    await until_clock(clinic, today(clinic), 11)
    assert received(clinic) == dict.fromkeys(TEAM, 1)
    assert clinic.rung() == {}
    [mail] = clinic.mails("Alice")
    assert mail.received_at.astimezone(SHANGHAI).strftime("%H:%M") == "08:30"
    assert "1" in mail.subject


async def test_where_nothing_is_open_no_mail_goes_out(clinic: Clinic) -> None:
    await at_noon(clinic)
    await clinic.advance(days=3)
    assert received(clinic) == {}
    assert await notices(clinic) == {}


async def test_what_was_closed_before_the_hour_is_in_no_digest(clinic: Clinic) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    alice = await clinic.staff("Alice")
    for task in (await alice.get("/v1/tasks")).json()["tasks"]:
        assert (await alice.post(f"/v1/tasks/{task['taskId']}/resolution")).status_code == 201
    await clinic.advance(days=1)
    assert received(clinic) == {}


async def test_after_ten_days_down_there_is_one_digest_of_today(clinic: Clinic) -> None:
    """cases.md 11."""
    await at_noon(clinic)
    await a_routine_report(clinic)
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + days(10))
    await clinic.settle()
    digests_of = [each for each in clinic.mails("Alice") if "未完成" in each.subject]
    assert len(digests_of) == 1
    (day,) = await digest_days(clinic)
    assert day == today(clinic)


async def digest_days(clinic: Clinic) -> set[date]:
    async with transaction(clinic.trial.pool) as connection:
        found = await connection.fetch("select created_at from messages where template = 'mail.digest'")
    return {row["created_at"].astimezone(SHANGHAI).date() for row in found}


async def test_two_workers_at_once_make_one_digest(clinic: Clinic) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    tomorrow = today(clinic) + days(1)
    hour = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 8, 30, tzinfo=SHANGHAI)
    await clinic.demo.sandbox.clock.move_to(hour)
    async with (
        open_trial(clinic.settings, WORKER_ROLE) as one,
        open_trial(clinic.settings, WORKER_ROLE) as two,
    ):
        both = [replace(each, now=clinic.trial.now) for each in (one, two)]
        await asyncio.gather(*(sweep_digests(each) for each in both * 4))
    await clinic.settle()
    assert received(clinic) == dict.fromkeys(TEAM, 1)


async def test_a_digest_that_is_called_for_again_meets_the_first(clinic: Clinic) -> None:
    """The instant was set back, by hand or by a change of time zone: who has it gets no other, who is new gets it."""
    await at_noon(clinic)
    await a_routine_report(clinic)
    await clinic.advance(days=1)
    before = received(clinic)
    await hire(clinic, "Grace", Role.COORDINATOR, await home(clinic))
    site = await home(clinic)
    async with transaction(clinic.trial.pool) as connection:
        await sites.digest_again(connection, site.id, clinic.trial.now())
    await clinic.settle()
    assert received(clinic) == before
    assert [each.to for each in clinic.emulator.mail_server.mails].count("grace@example.org") == 1


async def test_each_site_has_its_own_hour_and_people(clinic: Clinic) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    auckland = await open_site(clinic, "Auckland", zone="Pacific/Auckland")
    await hire(clinic, "Grace", Role.COORDINATOR, auckland)
    await clinic.advance(days=2)
    assert {each.to for each in clinic.emulator.mail_server.mails} == {
        f"{name.lower()}@example.org" for name in TEAM
    }


async def test_the_work_list_has_the_same_numbers(clinic: Clinic) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    alice = await clinic.staff("Alice")
    found = await digest_of(alice)
    assert (found["open"], found["overdue"]) == (1, 0)
    assert [(each["kind"], each["open"]) for each in found["kinds"]] == [("routine-report", 1)]
    assert found["nextAt"].startswith(f"{today(clinic) + days(1)}T00:30")
    await clinic.advance(days=3)
    assert (await digest_of(alice))["overdue"] == 1


async def test_nobody_of_another_site_reads_a_digest(clinic: Clinic) -> None:
    other = await open_site(clinic, "Another", live=False)
    alice = await clinic.staff("Alice")
    for site_id in (other.id, uuid4()):
        assert (await alice.get(f"/v1/sites/{site_id}/digest")).status_code == 404


async def test_a_mail_names_nobody(clinic: Clinic) -> None:
    await at_noon(clinic)
    lin = await a_routine_report(clinic)
    _, caregiver = await clinic.lin()
    await caregiver.report(URGENT)
    alice = await clinic.staff("Alice")
    number = (await alice.get(f"/v1/participants/{lin.participant_id}")).json()["subjectNumber"]
    await clinic.advance(days=4)
    mails = clinic.emulator.mail_server.mails
    assert len(mails) > 5
    canaries = (number, "pills", "ZN-", "+86", "Alice", "Bob", "://", str(lin.participant_id))
    for mail in mails:
        said = f"{mail.subject}\n{mail.body}"
        assert [each for each in canaries if each in said] == []
        assert set(telling(said)) <= {"trial", "试验", "研究"}


async def test_without_a_mail_server_there_is_the_work_list(clinic: Clinic) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    unset = replace(
        clinic.demo.sandbox.worker, gateways={"twilio": clinic.demo.sandbox.worker.gateways["twilio"]}
    )
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + days(2))
    await sweep_digests(unset)
    assert await notices(clinic) == {}
    assert (await digest_of(await clinic.staff("Alice")))["open"] == 1


@pytest.mark.parametrize(
    ("fault", "state", "kept"),
    [(MailFault.DROP, "failed", 1), (MailFault.SPAM, "failed", 0), (MailFault.REFUSE, "failed", 0)],
)
async def test_a_mail_that_is_lost_or_not_wanted_is_not_sent_again(
    clinic: Clinic, fault: MailFault, state: str, kept: int
) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    server = clinic.emulator.mail_server
    server.fault, server.asked = fault, 0
    await until_clock(clinic, today(clinic) + days(1), 10)
    server.fault = None
    await until_clock(clinic, today(clinic), 11, 59)
    assert server.asked == len(TEAM)
    assert len(server.mails) == kept * len(TEAM)
    assert await notices(clinic) == {state: len(TEAM)}


async def test_a_server_that_is_away_for_an_hour_gets_each_mail_once_when_it_is_back(clinic: Clinic) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    clinic.emulator.mail_server.fault = MailFault.GREYLIST
    await until_clock(clinic, today(clinic) + days(1), 9, 30)
    assert received(clinic) == {}
    clinic.emulator.mail_server.fault = None
    await until_clock(clinic, today(clinic), 12)
    assert received(clinic) == dict.fromkeys(TEAM, 1)


async def test_a_digest_that_could_not_be_handed_over_by_evening_goes_to_nobody(clinic: Clinic) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    clinic.emulator.mail_server.fault = MailFault.GREYLIST
    await until_clock(clinic, today(clinic) + days(1), 23)
    clinic.emulator.mail_server.fault = None
    await clinic.advance(hours=2)
    assert [each for each in clinic.emulator.mail_server.mails if "未完成" in each.subject] == []
    assert await notices(clinic) == {"stale": len(TEAM)}


async def test_a_site_that_makes_trouble_keeps_no_other_waiting(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await at_noon(clinic)
    await a_routine_report(clinic)
    other = await open_site(clinic, "Another")
    make = digests._make

    async def breaks_for_one(trial: Trial, site_id: UUID) -> bool:
        if site_id == other.id:
            raise RuntimeError("broken")
        return await make(trial, site_id)

    monkeypatch.setattr(digests, "_make", breaks_for_one)
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + days(1))
    await sweep_digests(clinic.demo.sandbox.worker)
    assert await notices(clinic) == {"pending": len(TEAM)}


async def are_settled(clinic: Clinic) -> bool:
    """Whether there are notices, and all of them settled: of one reading, for they are made between two."""
    states = await notices(clinic)
    return bool(states) and set(states) <= {"delivered", "failed"}


@pytest.mark.parametrize("point", ["digest-due", "digest-made", "mail-attempt-committed", "mail-sent"])
async def test_wherever_a_worker_is_killed_nobody_gets_a_digest_twice(
    cluster_url: str, seeded_template: str, point: str
) -> None:
    async with another_clinic(cluster_url, seeded_template) as clinic:
        await at_noon(clinic)
        await a_routine_report(clinic)
        tomorrow = today(clinic) + days(1)
        hour = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 8, 30, tzinfo=SHANGHAI)
        await clinic.demo.sandbox.clock.move_to(hour)
        await dead(start(clinic, pace=SWIFT, point=point))
        async with worker_at(clinic), worker_at(clinic), asyncio.timeout(PATIENCE_SECONDS):
            while not await are_settled(clinic):  # noqa: ASYNC110 - rows, no event
                await asyncio.sleep(0.02)
        assert set(received(clinic).values()) <= {1}
        states = await notices(clinic)
        assert sum(states.values()) == len(TEAM)
        lost = states.get("failed", 0)
        if point.startswith("digest"):
            assert received(clinic) == dict.fromkeys(TEAM, 1)
        else:
            assert lost >= 1, "an attempt whose outcome nobody knows is not made again"
        await assert_the_trail_is_whole(clinic)

"""Two workers at once, connections that die under them, clocks that differ (design.md, rules 3 and 4)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from domain.records import audit
from domain.records.rows import Connection, snapshot
from notifications import listener, trial, worker
from notifications.gateway import OutboundSms, SendOutcome
from notifications.trial import Trial, machine_now
from notifications.twilio import TwilioGateway
from tests.support.clinic import Clinic, Person, owner
from tests.support.killable_worker import start
from tests.support.patience import PATIENCE_SECONDS
from tests.support.watch import EMERGENCY, reporters, settled, states, until, worker_at

REPORTS = 20


async def all_report(people: list[Person]) -> None:
    """Everybody reports at once, and again where she is told that it was too much at once, as an app does."""
    assert {await answer for answer in asyncio.as_completed(map(reported, people))} == {201}


async def reported(person: Person) -> int:
    report_id = str(uuid4())
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await person.report(EMERGENCY, report_id=report_id)
        while answer.status_code == 503:
            await asyncio.sleep(int(answer.headers["Retry-After"]))
            answer = await person.report(EMERGENCY, report_id=report_id)
    return answer.status_code


async def every_page_went_out_once(clinic: Clinic) -> None:
    await until(lambda: len(clinic.texts("Bob")) >= REPORTS, f"{REPORTS} pages")
    await settled(clinic)
    assert clinic.rung() == {"Bob": REPORTS}
    assert len(set(clinic.texts("Bob"))) == REPORTS
    assert await states(clinic) == [("Bob", "delivered", 1)] * REPORTS


async def cut(url: str, which: str) -> int:
    """Terminate backends of this database from outside; return how many."""
    connection = await owner(url)
    try:
        found: int = await connection.fetchval(
            f"""
            select count(pg_terminate_backend(pid)) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and {which}
            """  # noqa: S608 - a test's own words
        )
    finally:
        await connection.close()
    return found


WORKERS = "application_name = 'nightbell_worker'"
LISTENERS = "application_name = ''"
"""The pools give theirs a name."""


async def test_two_workers_in_one_process_send_every_page_once(clinic: Clinic) -> None:
    await clinic.move_abroad("Bob")
    people = await reporters(clinic, REPORTS)
    async with worker_at(clinic), worker_at(clinic):
        await all_report(people)
        await every_page_went_out_once(clinic)


async def test_two_worker_processes_send_every_page_once_and_stop_when_told(clinic: Clinic) -> None:
    await clinic.move_abroad("Bob")
    people = await reporters(clinic, REPORTS)
    processes = [start(clinic), start(clinic)]
    await all_report(people)
    await every_page_went_out_once(clinic)
    for process in processes:
        process.terminate()
    await until(lambda: all(each.exitcode == 0 for each in processes), "both should have stopped")


async def test_four_workers_send_every_page_once(clinic: Clinic) -> None:
    await clinic.move_abroad("Bob")
    people = await reporters(clinic, REPORTS)
    async with worker_at(clinic), worker_at(clinic), worker_at(clinic), worker_at(clinic):
        await all_report(people)
        await every_page_went_out_once(clinic)


async def test_two_workers_that_drain_at_the_same_instant_climb_once(clinic: Clinic) -> None:
    await all_report(await reporters(clinic, 3))
    await clinic.settle()
    await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + timedelta(minutes=10))
    both = clinic.demo.sandbox.worker
    await asyncio.gather(worker.drain(both), worker.drain(both))
    await clinic.settle()
    assert clinic.rung() == {"Bob": 3, "Dana": 3}


async def test_a_listener_whose_connection_was_cut_comes_back(
    clinic: Clinic, clinic_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Polling would hide a deaf listener.
    monkeypatch.setattr(worker, "POLL_SECONDS", 60.0)
    monkeypatch.setattr(listener, "CHECK_SECONDS", 0.3)
    monkeypatch.setattr(listener, "RECONNECT_SECONDS", 0.1)
    [lin] = await reporters(clinic, 1)
    async with worker_at(clinic):
        await listening(clinic_url)
        with capture_logs() as logs:
            assert await cut(clinic_url, LISTENERS) == 1
            await until(lambda: any(line["event"] == "listener.lost" for line in logs), "the loss is noticed")
            await listening(clinic_url)
        await lin.report(EMERGENCY)
        await until(lambda: bool(clinic.texts("Bob")), "Bob's phone")


async def listening(url: str) -> None:
    connection = await owner(url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await connection.fetchval(  # noqa: ASYNC110 - a row, no event
            f"select count(*) from pg_stat_activity where datname = current_database() and {LISTENERS}"  # noqa: S608 - a test's own words
            " and pid <> pg_backend_pid()"
        ):
            await asyncio.sleep(0.02)
    await connection.close()


async def test_a_worker_that_loses_all_its_connections_goes_on(clinic: Clinic, clinic_url: str) -> None:
    first, second = await reporters(clinic, 2)
    async with worker_at(clinic):
        await first.report(EMERGENCY)
        await until(lambda: len(clinic.texts("Bob")) == 1, "the first page")
        await settled(clinic)
        assert await cut(clinic_url, f"({WORKERS} or {LISTENERS})") > 1
        await second.report(EMERGENCY)
        await until(lambda: len(clinic.texts("Bob")) == 2, "the second page")
        await settled(clinic)
    assert clinic.rung() == {"Bob": 2}


@pytest.mark.parametrize("seconds", [3, -3])
async def test_a_host_whose_clock_is_wrong_claims_nothing_and_says_so(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    [lin] = await reporters(clinic, 1)
    with monkeypatch.context() as wrong, capture_logs() as logs:
        wrong.setattr(trial, "machine_now", lambda: machine_now() + timedelta(seconds=seconds))
        wrong.setattr(worker, "POLL_SECONDS", 0.02)
        async with worker_at(clinic):
            await lin.report(EMERGENCY)
            await until(lambda: said(logs) >= 3, "the wrong clock is named again and again")
        assert await states(clinic) == [("Bob", "pending", 0)]
    async with worker_at(clinic):
        await until(lambda: bool(clinic.texts("Bob")), "Bob's phone, the clock being right again")


def said(logs: Sequence[Mapping[str, object]]) -> int:
    return sum(line["event"] == "worker.clock" and line["log_level"] == "error" for line in logs)


async def test_a_page_whose_handling_breaks_keeps_no_other_from_going_out(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cases.md 10: one stuck, the others once each."""
    people = await reporters(clinic, 3)
    await all_report(people)
    broken: list[str] = []
    send = TwilioGateway.send

    async def breaks_for_one(gateway: TwilioGateway, sms: OutboundSms) -> SendOutcome:
        if not broken or sms.body in broken:
            broken.append(sms.body)
            raise asyncpg.InterfaceError("stuck")
        return await send(gateway, sms)

    monkeypatch.setattr(TwilioGateway, "send", breaks_for_one)
    with capture_logs() as logs:
        await worker.drain(as_worker(clinic))
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["message.trouble"]
    await clinic.emulator.idle()
    assert len(clinic.texts("Bob")) == 2


def as_worker(clinic: Clinic) -> Trial:
    return clinic.demo.sandbox.worker


async def test_the_audit_trail_is_found_whole_while_others_go_on_writing_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    [lin] = await reporters(clinic, 1)
    await lin.report(EMERGENCY)
    entries = audit.entries

    async def read_after_another_has_written(connection: Connection, chain: str) -> tuple[audit.Stored, ...]:
        await lin.report(EMERGENCY)
        return await entries(connection, chain)

    monkeypatch.setattr(audit, "entries", read_after_another_has_written)
    async with snapshot(clinic.trial.pool) as connection:
        _, broken = await audit.verify(connection)
    assert broken == ()

"""The dead-man's switch: it hears a worker as long as all is well, and nothing at all otherwise (design.md, rule 6).

Workers run in real time here; how often they beat is injected. "Silent" is told by what the log says was withheld.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from api.logs import configure_logs
from api.openapi_webhooks import WEBHOOKS
from domain.records import alerts
from domain.watch import WORKS_WITHIN
from notifications import heartbeat, trial, watching
from notifications.trial import Trial, machine_now
from tests.support.clinic import Clinic, owner
from tests.support.dead_man import EVERY, PATH, Switch, switch, watched
from tests.support.patience import PATIENCE_SECONDS
from tests.support.watch import EMERGENCY, alert_of, take, until, worker_at


@pytest.fixture
async def heard() -> AsyncIterator[Switch]:
    async with switch() as listening:
        yield listening


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    written = StringIO()
    with monkeypatch.context() as redirected:
        redirected.setattr(sys, "stderr", written)
        configure_logs("debug")
        yield written


def said(log: StringIO, event: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == event]


async def silent(heard: Switch, log: StringIO) -> dict[str, int]:
    """Wait until a beat is withheld, and see no other come before the next is; return why."""
    before = len(said(log, "heartbeat.withheld"))
    await until(lambda: len(said(log, "heartbeat.withheld")) > before, "a beat is withheld")
    beats, withheld = len(heard.beats), len(said(log, "heartbeat.withheld"))
    await until(lambda: len(said(log, "heartbeat.withheld")) > withheld, "the next is withheld")
    assert len(heard.beats) == beats
    found: dict[str, int] = said(log, "heartbeat.withheld")[-1]["found"]
    return found


async def silent_for(heard: Switch, log: StringIO, **found: int) -> None:
    """Wait until beats are withheld for this alone: at its start a worker has not worked yet."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await silent(heard, log) != found:
            pass


async def test_as_long_as_all_is_well_it_is_asked_again_and_again_and_its_address_is_in_no_line(
    clinic: Clinic, heard: Switch, log: StringIO
) -> None:
    async with worker_at(watched(clinic, heard)) as working:
        await heard.hears()
        assert heard.beats[0] == f"GET {PATH}"
        # As the contract describes it to whoever builds the far side.
        assert list(WEBHOOKS["heartbeat"]) == ["get"]
        await until(lambda: len(said(log, "heartbeat.sent")) >= 3, "beats are in the log")
        last = working.meters.registry.get_sample_value("nightbell_heartbeat_last_success_timestamp_seconds")
    assert last is not None
    assert 0 <= machine_now().timestamp() - last < 60
    assert "5ec2e7" not in log.getvalue()


async def test_a_worker_that_dies_again_and_again_after_its_start_never_beats(
    clinic: Clinic, heard: Switch
) -> None:
    async with worker_at(watched(clinic, heard, every=timedelta(hours=1))) as working:
        await until(
            lambda: set(working.meters.since_work()) == set(WORKS_WITHIN), "all of its work went well"
        )
    assert heard.beats == []


async def test_a_bell_that_no_worker_rings_stops_the_heart_of_one_that_says_it_works(
    clinic: Clinic, heard: Switch, log: StringIO
) -> None:
    async with working_in_vain(clinic.demo.sandbox.worker, heard):
        await heard.hears(1)
        _, caregiver = await clinic.lin()
        await caregiver.report(EMERGENCY)
        await heard.hears(1)
        await clinic.demo.sandbox.clock.move_to(clinic.trial.now() + timedelta(seconds=61))
        await silent_for(heard, log, alerts_nobody_was_told_of=1, messages_past_their_time=1)
        await clinic.settle()
        await heard.hears()


@asynccontextmanager
async def working_in_vain(working: Trial, heard: Switch) -> AsyncIterator[None]:
    """A worker whose rounds all go well and ring nothing."""

    async def claim() -> None:
        while True:
            for part in WORKS_WITHIN:
                working.meters.worked(part, is_well=True)
            await asyncio.sleep(0.01)

    tasks = [
        asyncio.create_task(claim()),
        asyncio.create_task(heartbeat.run(working, heard.url, EVERY)),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_an_alert_that_nobody_was_told_of_stops_it_until_frank_has_taken_it(
    clinic: Clinic, heard: Switch, log: StringIO
) -> None:
    clinic.fault("refuse", code=20003)
    async with worker_at(watched(clinic, heard)):
        await heard.hears(1)
        _, caregiver = await clinic.lin()
        await caregiver.report(EMERGENCY)
        while "alerts_exhausted" not in await silent(heard, log):
            pass
        frank = await clinic.staff("Frank")
        await take(frank)
        await heard.hears()
        alert = await alert_of(frank)
    withheld = [line for line in said(log, "heartbeat.withheld") if "alerts_exhausted" in line["found"]]
    assert withheld[0]["ids"]["alerts_exhausted"] == [alert["alertId"]]


async def test_one_row_that_is_stuck_stops_it(
    clinic: Clinic, clinic_url: str, heard: Switch, log: StringIO
) -> None:
    _, caregiver = await clinic.lin()
    await caregiver.report(EMERGENCY)
    await clinic.settle()
    hand = await owner(clinic_url)
    async with worker_at(watched(clinic, heard)) as working:
        await heard.hears(1)
        await hand.execute("update alerts set climb = '{}', due_at = now() - interval '2 minutes'")
        await silent_for(heard, log, alerts_past_their_step=1)
        withheld = working.meters.registry.get_sample_value(
            "nightbell_heartbeats_total", {"outcome": "withheld"}
        )
        assert withheld is not None
        assert withheld >= 2
    await hand.close()


async def test_a_task_that_nobody_closes_stops_it_as_well(
    clinic: Clinic, clinic_url: str, heard: Switch, log: StringIO
) -> None:
    lin, _ = await clinic.lin()
    await lin.report({"free-text": "dizzy"})
    hand = await owner(clinic_url)
    await hand.execute("update tasks set due_at = now() - interval '2 minutes'")
    await hand.close()
    async with worker_at(watched(clinic, heard)):
        await silent_for(heard, log, tasks_past_their_time=1)
    assert heard.beats == []


async def test_a_worker_whose_every_round_fails_is_silent_though_nothing_is_due(
    clinic: Clinic, heard: Switch, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_off(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(alerts, "due", break_off)
    async with worker_at(watched(clinic, heard)):
        await silent_for(heard, log, **{"work-bell": 1})
    assert heard.beats == []
    assert said(log, "worker.trouble")


async def test_a_host_whose_clock_is_wrong_is_silent(
    clinic: Clinic, heard: Switch, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "machine_now", lambda: machine_now() + timedelta(seconds=5))
    async with worker_at(watched(clinic, heard)):
        # A round that stood still is none that went well.
        await until(lambda: len(said(log, "worker.clock")) > 3, "rounds stand still")
        assert set(await silent(heard, log)) == {"clock", "work-bell", "work-calendar"}
    assert heard.beats == []


async def test_a_database_that_is_frozen_stops_it_and_afterwards_it_goes_on(
    clinic: Clinic, clinic_url: str, heard: Switch, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "LOOK_SECONDS", 0.2)
    hand = await owner(clinic_url)
    async with worker_at(watched(clinic, heard)):
        await heard.hears(1)
        async with hand.transaction():
            await hand.execute("lock table alerts, messages, reports, tasks, plans in access exclusive mode")
            assert "auditor" in await silent(heard, log)
            assert (await clinic.http.get("/health/ready")).status_code == 200
        await heard.hears()
    await hand.close()


async def test_an_auditor_that_never_answers_stops_it(
    clinic: Clinic, heard: Switch, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: Trial) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(heartbeat, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(watching, "look", never)
    async with worker_at(watched(clinic, heard)):
        await silent_for(heard, log, auditor=1)
    assert heard.beats == []


async def test_an_address_that_fails_or_leads_elsewhere_is_asked_once_a_beat_and_said_to_be_lost(
    clinic: Clinic, heard: Switch, log: StringIO
) -> None:
    async with worker_at(watched(clinic, heard)):
        for heard.status, heard.location in ((500, ""), (302, "/elsewhere")):
            await lost_because(log, f"status-{heard.status}")
        heard.status, heard.location = 200, ""
        sent = len(said(log, "heartbeat.sent"))
        await until(lambda: len(said(log, "heartbeat.sent")) > sent, "a beat is taken")
    assert set(heard.beats) == {f"GET {PATH}"}
    lost, sent = len(said(log, "heartbeat.lost")), len(said(log, "heartbeat.sent"))
    # One may have been under way when the worker was stopped.
    assert lost + sent <= len(heard.beats) <= lost + sent + 1


async def lost_because(log: StringIO, cause: str) -> None:
    await until(lambda: cause in {line["cause"] for line in said(log, "heartbeat.lost")}, cause)


async def test_an_address_where_nobody_listens_harms_no_worker(clinic: Clinic, log: StringIO) -> None:
    async with switch() as gone:
        pass
    async with worker_at(watched(clinic, gone)):
        await until(lambda: bool(said(log, "heartbeat.lost")), "a beat is lost")
        _, caregiver = await clinic.lin()
        await caregiver.report(EMERGENCY)
        await until(lambda: clinic.rung() == {"Bob": 1}, "Bob is rung")
    assert "5ec2e7" not in log.getvalue()


async def test_a_fault_of_ours_in_one_beat_ends_neither_the_worker_nor_the_next_beat(
    clinic: Clinic, heard: Switch, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise ZeroDivisionError(heard.url)

    async with worker_at(watched(clinic, heard)):
        with monkeypatch.context() as broken:
            broken.setattr(aiohttp.ClientSession, "get", break_off)
            await until(lambda: bool(said(log, "heartbeat.trouble")), "a beat fails")
        await heard.hears()
    assert "5ec2e7" not in log.getvalue()


async def test_production_without_an_address_says_so_at_its_start_and_a_sandbox_does_not(
    clinic: Clinic,
) -> None:
    worker: Trial = clinic.demo.sandbox.worker
    with capture_logs() as lines, contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            await heartbeat.run(worker, None, timedelta(minutes=1))
            await heartbeat.run(replace(worker, mode="production"), None, timedelta(minutes=1))
    assert [line["event"] for line in lines] == ["heartbeat.unset"]

"""A page belongs to one worker until that worker has done with it, however slow the provider (design.md, rule 4)."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from domain import delivery
from domain.records import messages
from domain.records.rows import Connection
from notifications import worker
from notifications.emulator import Fault, FaultKind
from notifications.gateway import Accepted, OutboundSms, SendOutcome
from notifications.twilio import TwilioGateway
from tests.support.clinic import Clinic, Person, owner
from tests.support.killable_worker import Pace
from tests.support.watch import EMERGENCY, handed_over, reporters, settled, states, until, worker_at

SLOW = Fault(kind=FaultKind.DELAY, seconds=0.9)
"""The provider takes its time before it has the text at all, so that a lookup meanwhile finds nothing."""


@pytest.fixture
def short_lease() -> Iterator[Pace]:
    """Leases far shorter than a slow call."""
    Pace(lease=timedelta(seconds=0.4), beat=0.1).set()
    yield Pace(lease=timedelta(seconds=0.4), beat=0.1)
    Pace().set()


@pytest.mark.usefixtures("short_lease")
async def test_a_page_is_held_for_as_long_as_a_slow_provider_takes(clinic: Clinic) -> None:
    [lin] = await reporters(clinic, 1)
    clinic.emulator.script(SLOW)
    async with worker_at(clinic), worker_at(clinic):
        await lin.report(EMERGENCY)
        await until(lambda: bool(clinic.texts("Bob")), "Bob's phone")
        await settled(clinic)
        await asyncio.sleep(SLOW.seconds)
    assert handed_over(clinic, "Bob") == 1


@pytest.mark.usefixtures("short_lease")
async def test_a_page_stays_held_though_one_renewal_of_its_lease_fails(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    [lin] = await reporters(clinic, 1)
    extend, failed = messages.extend, list[tuple[UUID, ...]]()

    async def fails_once(
        connection: Connection, held: tuple[UUID, ...], holder: UUID, life: timedelta
    ) -> None:
        if not failed:
            failed.append(held)
            raise asyncpg.InterfaceError("connection is closed")
        await extend(connection, held, holder, life)

    monkeypatch.setattr(messages, "extend", fails_once)
    clinic.emulator.script(SLOW)
    with capture_logs() as logs:
        async with worker_at(clinic), worker_at(clinic):
            await lin.report(EMERGENCY)
            await until(lambda: bool(clinic.texts("Bob")), "Bob's phone")
            await settled(clinic)
            await asyncio.sleep(SLOW.seconds)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["lease.trouble"]
    assert handed_over(clinic, "Bob") == 1


class DiesAtTheCall(TwilioGateway):
    """Stands for a worker that dies when the attempt is written down and nothing is sent yet."""

    @override
    async def send(self, sms: OutboundSms) -> SendOutcome:
        raise ConnectionAbortedError(sms.attempt_id)


async def test_a_page_left_behind_is_sent_again_by_one_of_two_workers_and_not_by_both(
    clinic: Clinic, clinic_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [lin] = await reporters(clinic, 1)
    await left_behind(clinic, clinic_url, lin, monkeypatch)
    clinic.emulator.script(SLOW)
    async with worker_at(clinic), worker_at(clinic):
        await until(lambda: bool(clinic.texts("Bob")), "Bob's phone")
        await settled(clinic)
        await asyncio.sleep(SLOW.seconds)
    assert handed_over(clinic, "Bob") == 1


@pytest.mark.usefixtures("short_lease")
async def test_a_page_that_another_worker_looks_up_meanwhile_stays_with_the_one_that_sends_it(
    clinic: Clinic, clinic_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [lin] = await reporters(clinic, 1)
    await left_behind(clinic, clinic_url, lin, monkeypatch)
    find = TwilioGateway.find

    async def finds_slowly(gateway: TwilioGateway, sms: OutboundSms, since: datetime) -> Accepted | None:
        found = await find(gateway, sms, since)
        await asyncio.sleep(0.4)
        return found

    monkeypatch.setattr(delivery, "RECONCILE_DELAY", timedelta(seconds=0.1))
    monkeypatch.setattr(TwilioGateway, "find", finds_slowly)
    clinic.emulator.script(Fault(kind=FaultKind.DELAY, seconds=1.5))
    async with worker_at(clinic), worker_at(clinic):
        await until(lambda: bool(clinic.texts("Bob")), "Bob's phone")
        await settled(clinic)
        await asyncio.sleep(1.5)
    assert handed_over(clinic, "Bob") == 1


async def left_behind(clinic: Clinic, url: str, lin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lin has reported, and a worker died when the attempt was written down and nothing was sent yet."""
    await lin.report(EMERGENCY)
    with monkeypatch.context() as dying, capture_logs():
        dying.setattr(TwilioGateway, "send", DiesAtTheCall.send)
        dying.setattr(worker, "LEASE", timedelta(minutes=1))
        await worker.drain(clinic.demo.sandbox.worker)
    assert await states(clinic) == [("Bob", "sending", 1)]
    connection = await owner(url)
    await connection.execute("update messages set lease_until = clock_timestamp()")
    await connection.close()

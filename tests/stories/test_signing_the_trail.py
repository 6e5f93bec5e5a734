"""A worker signs the audit trail and keeps a copy outside the database: when, what, and in nobody's way."""

import asyncio
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from domain.records import checkpoints
from domain.records.rows import snapshot
from notifications import checkpointing, journal
from notifications.checkpointing import Keeping
from tests.support.audit import (
    NOTARY,
    ends,
    mark,
    proved,
    sign_after_five_minutes,
    sign_the_trail,
)
from tests.support.clinic import Clinic, owner


async def test_a_checkpoint_holds_only_what_has_moved_and_comes_no_sooner_than_it_is_due(
    clinic: Clinic,
) -> None:
    await sign_after_five_minutes(clinic)
    await clinic.staff("Alice")
    assert await sign_the_trail(clinic) is None
    assert set(ends(await sign_after_five_minutes(clinic))) == {"system"}
    assert ends(await sign_after_five_minutes(clinic)) == {}


@pytest.mark.parametrize("since", ["'infinity'", "now() + interval '1 hour'"])
async def test_a_mark_that_lies_ahead_keeps_no_chain_from_being_signed(
    clinic: Clinic, clinic_url: str, since: str
) -> None:
    connection = await owner(clinic_url)
    await sign_after_five_minutes(clinic)
    await mark(connection, since)
    assert set(ends(await sign_after_five_minutes(clinic))) == {"system"}
    # Nor does it outlive the next entry, where nobody has signed it.
    await mark(connection, since)
    await clinic.staff("Alice")
    assert await connection.fetchval("select moved_at <= now() from audit_heads where chain = 'system'")
    await connection.close()


async def test_what_a_worker_adds_to_the_file_while_it_is_verified_is_no_fault(
    clinic: Clinic, tmp_path: Path
) -> None:
    worker = clinic.demo.sandbox.worker
    await sign_after_five_minutes(clinic)
    await checkpointing.keep(worker, tmp_path)
    kept = journal.read(tmp_path / journal.NAME)
    async with snapshot(worker.pool) as connection:
        assert (await proved(connection)).faults == ()
        await clinic.staff("Alice")
        await sign_after_five_minutes(clinic)
        await checkpointing.keep(worker, tmp_path)
        found = await proved(connection, kept)
    assert (found.faults, found.outside, found.outside_last) == ((), found.signed, found.last)


async def test_of_two_workers_one_signs_and_neither_waits(clinic_url: str) -> None:
    one, other = await owner(clinic_url), await owner(clinic_url)
    async with one.transaction():
        assert await checkpoints.sign_what_moved(one, NOTARY, every=timedelta()) is not None
        async with other.transaction():
            assert await checkpoints.sign_what_moved(other, NOTARY, every=timedelta()) is None
    await one.close()
    await other.close()


async def test_a_head_that_is_held_by_a_writer_keeps_nobody_waiting_and_comes_later(
    clinic: Clinic, clinic_url: str
) -> None:
    writer = await owner(clinic_url)
    await clinic.staff("Alice")
    async with writer.transaction():
        await writer.execute("select from audit_heads where chain = 'system' for update")
        connection = await owner(clinic_url)
        assert ends(await sign_after_five_minutes(clinic)) == {}
    # Not due yet, but for the one that waits too long.
    assert await sign_the_trail(clinic) is None
    await mark(connection, "now() - interval '5 minutes'")
    late = await sign_the_trail(clinic)
    assert late is not None
    assert set(ends(late)) == {"system"}
    await connection.close()
    await writer.close()


async def test_the_copy_outside_catches_up_and_is_what_the_database_has(
    clinic: Clinic, clinic_url: str, tmp_path: Path
) -> None:
    worker, connection = clinic.demo.sandbox.worker, await owner(clinic_url)
    await checkpointing.keep(worker, tmp_path)
    await sign_after_five_minutes(clinic)
    await sign_after_five_minutes(clinic)
    await checkpointing.keep(worker, tmp_path)
    await checkpointing.keep(worker, tmp_path)
    kept = tuple(journal.read(tmp_path / journal.NAME))
    assert [each.number for each in kept] == [1, 2, 3]
    assert (await proved(connection, kept)).faults == ()
    await connection.close()


async def test_a_copy_that_hangs_stops_no_signing(clinic: Clinic, clinic_url: str, tmp_path: Path) -> None:
    """A pipe that nobody reads in place of the file: opening it waits, as a dead mount does."""
    file, connection = tmp_path / journal.NAME, await owner(clinic_url)
    os.mkfifo(file)
    keeping = Keeping(notary=NOTARY, directory=tmp_path)
    running = asyncio.create_task(checkpointing.run(clinic.demo.sandbox.worker, keeping))
    try:
        async with asyncio.timeout(30):
            while not await connection.fetchval("select count(*) from audit_checkpoints"):  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.05)
        # It still hangs: the copy has said nothing, and the worker is not stopped by it.
        assert not running.done()
        # A worker that is told to stop does not wait for a disk.
        assert {each.daemon for each in at_the_disk()} == {True}
    finally:
        running.cancel()
        # The thread is let go: it finds nothing in the pipe, whether it has opened it by now or opens it later.
        while at_the_disk():
            os.close(os.open(file, os.O_RDWR))
            await asyncio.sleep(0.01)
    await connection.close()


def at_the_disk() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("nightbell-audit")]


async def test_a_line_that_a_crash_has_cut_off_is_written_again(
    clinic: Clinic, clinic_url: str, tmp_path: Path
) -> None:
    worker, connection = clinic.demo.sandbox.worker, await owner(clinic_url)
    await checkpointing.keep(worker, tmp_path)
    file = tmp_path / journal.NAME
    file.write_bytes(file.read_bytes() + b'{"number":2,"bo')
    await sign_after_five_minutes(clinic)
    await checkpointing.keep(worker, tmp_path)
    assert [each.number for each in journal.read(file)] == [1, 2]
    await connection.close()


async def test_a_database_that_has_lost_what_is_outside_is_not_copied_over_it(
    clinic: Clinic, clinic_url: str, tmp_path: Path
) -> None:
    worker, connection = clinic.demo.sandbox.worker, await owner(clinic_url)
    await sign_after_five_minutes(clinic)
    await checkpointing.keep(worker, tmp_path)
    before = (tmp_path / journal.NAME).read_bytes()
    await connection.execute("set session_replication_role = replica; delete from audit_checkpoints")
    # What is signed from then on has numbers of its own, soon beyond those outside.
    numbers = [(await sign_after_five_minutes(clinic)).number for _ in range(3)]
    assert numbers == [1, 2, 3]
    await checkpointing.keep(worker, tmp_path)
    assert (tmp_path / journal.NAME).read_bytes() == before
    await connection.close()

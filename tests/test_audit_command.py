"""`nightbell audit verify` as an operator calls it, with what a worker has kept outside the database."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from api import audit_commands, commands
from api.settings import read_audit_keys
from api.wiring import prepare_database
from domain.checkpoint import Checkpoint
from domain.records import checkpoints
from domain.records.notary import Notary
from domain.refusals import SettingsRefused
from notifications import journal
from tests.support.operator import as_superuser, chosen, environment, verify_audit

NIGHTBELL = Path(sys.executable).with_name("nightbell")


@pytest.fixture
async def production(database_url: str) -> dict[str, str]:
    await prepare_database(database_url, "production")
    return environment(database_url)


@contextlib.asynccontextmanager
async def working(values: dict[str, str]) -> AsyncIterator[None]:
    """`nightbell worker`, until the block is left."""
    worker = await started(values)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        out, err = await worker.communicate()
    assert worker.returncode == 0, err
    assert b'"event": "audit.checkpoint"' in err, out + err


async def test_a_worker_signs_and_keeps_and_whoever_has_the_file_and_the_key_proves_it(
    production: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    file = tmp_path / journal.NAME
    async with working(production | {"NIGHTBELL_AUDIT_DIRECTORY": str(tmp_path)}):
        async with asyncio.timeout(30):
            while not file.exists() or not file.read_bytes():  # noqa: ASYNC110 - another process, seen from outside
                await asyncio.sleep(0.05)
    assert audit_commands.print_public_keys(production) == 0
    key = capsys.readouterr().out.splitlines()[-1]
    elsewhere = {"DATABASE_URL": production["DATABASE_URL"]}
    assert await verify_audit(elsewhere, key, file=file) == 0
    assert "1 checkpoints and 1 outside checked, 0 faults" in capsys.readouterr().out
    await as_superuser(
        production, "alter table audit_checkpoints disable trigger audit_checkpoints_append_only"
    )
    await as_superuser(production, "delete from audit_checkpoints")
    assert await verify_audit(elsewhere, key, file=file) == 1
    assert "BROKEN checkpoint #1: in the file outside is not in the database" in capsys.readouterr().out


async def test_without_a_key_no_signature_is_checked_and_the_command_says_so(
    production: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await verify_audit({"DATABASE_URL": production["DATABASE_URL"]}) == 0
    said = capsys.readouterr().out
    assert "signatures were not checked" in said
    assert "no file was given: removal of the last checkpoints cannot be seen" in said


async def test_what_only_the_file_could_tell_is_said_to_be_untold(
    production: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    file = tmp_path / journal.NAME
    file.write_bytes(b'{"number":1,"bo')
    assert await verify_audit(production, file=file) == 1
    said = capsys.readouterr().out
    assert "BROKEN the file outside: holds no checkpoint that can be read" in said
    assert "entries are not signed" in said
    kept = await signed_three_times(production)
    file.unlink()
    journal.Journal(tmp_path).append(kept[:1])
    assert await verify_audit(production, file=file) == 0
    said = capsys.readouterr().out
    assert "the file ends at #1: of #2 to #3 nobody outside says anything" in said
    assert "no file was given" not in said
    journal.Journal(tmp_path).append(kept)
    assert await verify_audit(production, file=file) == 0
    assert "nobody outside" not in capsys.readouterr().out


async def signed_three_times(production: dict[str, str]) -> tuple[Checkpoint, ...]:
    connection = await asyncpg.connect(production["DATABASE_URL"])
    notary = Notary(read_audit_keys(production))
    for _ in range(3):
        async with connection.transaction():
            await checkpoints.sign_what_moved(connection, notary, every=timedelta())
    kept = await checkpoints.after(connection, 0, 10)
    await connection.close()
    return kept


async def test_a_key_or_a_file_that_is_none_is_refused(production: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused):
        await verify_audit(production, "a1:no-key")
    with pytest.raises(SettingsRefused):
        await verify_audit(production, file=tmp_path / "nowhere.jsonl")
    with pytest.raises(SettingsRefused):
        audit_commands.print_public_keys({})


async def test_a_worker_without_keys_of_the_trail_works_and_says_so_and_with_broken_ones_does_not_start(
    production: dict[str, str],
) -> None:
    none = {name: value for name, value in production.items() if name != "NIGHTBELL_AUDIT_KEYS"}
    worker, broken = await started(none), await started({**none, "NIGHTBELL_AUDIT_KEYS": "a1:none"})
    async with asyncio.timeout(30):
        while not await as_superuser(production, WORKERS):  # noqa: ASYNC110 - another process, seen from outside
            await asyncio.sleep(0.05)
    worker.send_signal(signal.SIGTERM)
    out, err = await worker.communicate()
    assert worker.returncode == 0, err
    (said,) = [line for line in (out + err).decode().splitlines() if '"audit.unsigned"' in line]
    assert '"level": "error"' in said
    _, refused = await broken.communicate()
    assert broken.returncode == 1
    assert b"NIGHTBELL_AUDIT_KEYS" in refused


WORKERS = """
    select count(*) from pg_stat_activity
    where application_name = 'nightbell_worker' and datname = current_database()
    """


async def started(values: dict[str, str]) -> asyncio.subprocess.Process:
    """`nightbell worker`."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        NIGHTBELL, "worker", env={"PATH": os.environ["PATH"], **values}, stdout=pipe, stderr=pipe
    )

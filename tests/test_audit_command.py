"""`nightbell audit verify` as an operator calls it, with what a worker has kept outside the database."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api import audit_commands, commands
from api.wiring import prepare_database
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
    pipe = asyncio.subprocess.PIPE
    worker = await asyncio.create_subprocess_exec(
        NIGHTBELL, "worker", env={"PATH": os.environ["PATH"], **values}, stdout=pipe, stderr=pipe
    )
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
    assert "signatures were not checked" in capsys.readouterr().out


async def test_a_key_or_a_file_that_is_none_is_refused(production: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused):
        await verify_audit(production, "a1:no-key")
    with pytest.raises(SettingsRefused):
        await verify_audit(production, file=tmp_path / "nowhere.jsonl")
    with pytest.raises(SettingsRefused):
        audit_commands.print_public_keys({})

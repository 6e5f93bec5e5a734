"""`nightbell` as an operator meets it: what it does, what it refuses, and that it says why."""

import argparse
import asyncio
import base64
import contextlib
import os
import re
import secrets
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
import structlog

from api import commands
from api.postgres import at_database
from api.settings import read_settings
from api.wiring import open_trial, prepare_database
from domain.errors import DatabaseRefused, MigrationRefused, NotFound, SettingsRefused, SiteNotLive
from domain.records.migrations import drop_database
from domain.records.rows import APP_ROLE, OWNER_ROLE, WORKER_ROLE, connect
from notifications.worker import drain
from tests.support.protocol import shipped

ROOT = Path(__file__).parents[1]
NIGHTBELL = Path(sys.executable).with_name("nightbell")
KEY = base64.b64encode(bytes(range(32))).decode()


def environment(database_url: str, **more: str) -> dict[str, str]:
    """All an operator of production must say."""
    return {
        "DATABASE_URL": database_url,
        "NIGHTBELL_PUBLIC_URL": "https://bell.example.org",
        "NIGHTBELL_SECRET": KEY,
        "NIGHTBELL_TOKEN_KEYS": f"t1:{KEY}",
        "NIGHTBELL_CONTACT_KEYS": f"c1:{KEY}",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "provider-secret",
        "TWILIO_SENDER": "+15005550006",
        **more,
    }


async def start(values: Mapping[str, str], *words: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    path = {"PATH": os.environ["PATH"]}
    return await asyncio.create_subprocess_exec(
        NIGHTBELL, *words, env={**path, **values}, stdout=pipe, stderr=pipe
    )


async def run(values: Mapping[str, str], *words: str) -> tuple[int | None, str, str]:
    process = await start(values, *words)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def chosen(**values: str) -> argparse.Namespace:
    return argparse.Namespace(**values)


@pytest.fixture
def quiet_logs() -> Iterator[None]:
    """A command sets the log of the whole process up; what comes after it shall not find it so."""
    yield
    structlog.reset_defaults()


@pytest.fixture
async def production(database_url: str, quiet_logs: None) -> dict[str, str]:  # noqa: ARG001 - undoes the log
    await prepare_database(database_url, "production")
    return environment(database_url)


async def test_help_and_bad_calls_say_what_there_is() -> None:
    helped, unknown, nothing = await asyncio.gather(run({}, "--help"), run({}, "bogus"), run({}))
    assert helped[0] == 0
    assert {"demo", "serve", "worker", "migrate", "openapi", "site", "staff", "audit"} <= set(
        helped[1].split()
    )
    assert unknown[0] == nothing[0] == 2
    assert "bogus" in unknown[2]


async def test_serve_and_worker_without_settings_name_everything_they_lack() -> None:
    for code, out, err in await asyncio.gather(run({}, "serve"), run({}, "worker")):
        assert (code, out) == (1, "")
        assert all(name in err for name in environment("")), err


async def test_an_unreachable_database_is_one_line_and_no_traceback() -> None:
    code, _, err = await run(environment("postgresql://nobody@127.0.0.1:1/none"), "serve")
    assert code == 1
    assert re.fullmatch(r"nightbell: .*refused.*\n", err, re.IGNORECASE)


async def test_a_fresh_database_is_migrated_once_and_then_serves_and_works_until_told_to_stop(
    empty_database_url: str,
) -> None:
    port = free_port()
    values = environment(empty_database_url, NIGHTBELL_PORT=str(port))
    first = await run({"DATABASE_URL": empty_database_url}, "migrate")
    again = await run({"DATABASE_URL": empty_database_url}, "migrate")
    assert (first[0], again[:2]) == (0, (0, "nothing to apply\n"))
    assert first[1].startswith("applied 2026")
    server, worker = await start(values, "serve"), await start(values, "worker")
    try:
        assert await health(port) == {"live": 200, "ready": 200, "safety": 200}
    finally:
        for process in (server, worker):
            process.send_signal(signal.SIGTERM)
        ended = await asyncio.gather(server.communicate(), worker.communicate())
    assert (server.returncode, worker.returncode) == (0, 0), ended
    assert b"Traceback" not in ended[0][1] + ended[1][1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def health(port: int) -> dict[str, int]:
    """The three answers, asked for as soon as somebody answers at all."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/health") as http:
        async with asyncio.timeout(20):
            while not await answers(http):  # noqa: ASYNC110 - another process, seen from outside
                await asyncio.sleep(0.05)
        return {name: (await http.get(name)).status_code for name in ("live", "ready", "safety")}


async def answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("live")).is_success
    except httpx.ConnectError:
        return False


async def test_nobody_serves_on_a_database_of_another_mode(database_url: str, quiet_logs: None) -> None:  # noqa: ARG001 - undoes the log
    await prepare_database(database_url, "sandbox")
    for command in (commands.serve, commands.run_worker):
        with pytest.raises(DatabaseRefused, match="sandbox mode, and the settings say production"):
            await command(environment(database_url))


async def test_a_mode_once_stamped_is_never_changed(database_url: str, quiet_logs: None) -> None:  # noqa: ARG001 - undoes the log
    await prepare_database(database_url, "sandbox")
    await prepare_database(database_url, "production")
    with pytest.raises(DatabaseRefused):
        await commands.serve(environment(database_url))


async def test_nobody_serves_on_a_database_without_migrations(
    empty_database_url: str,
    quiet_logs: None,  # noqa: ARG001 - undoes the log
) -> None:
    # On a new cluster its roles are missing as well, and PostgreSQL says so first.
    with pytest.raises((MigrationRefused, asyncpg.InvalidParameterValueError)):
        await commands.serve(environment(empty_database_url))


async def test_nobody_serves_when_an_applied_migration_was_edited(production: dict[str, str]) -> None:
    await as_superuser(production, "update schema_migrations set sha256 = repeat('0', 64)")
    for command in (commands.serve, commands.run_worker):
        with pytest.raises(MigrationRefused, match="was edited after it was applied"):
            await command(production)


async def test_a_site_and_its_staff_are_added_but_no_site_goes_live_on_a_draft(
    production: dict[str, str],
) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    await commands.add_staff(production, frank())
    with pytest.raises(SiteNotLive) as caught:
        await commands.go_live(
            production, chosen(name="Zhongnan", principal_investigator="Frank@example.org")
        )
    missing = {fault.pointer for fault in caught.value.faults}
    assert missing == {*shipped().unconfirmed, "trial.approvals"}
    assert await as_superuser(production, "select count(*) from sites where live_since is null") == 1


def frank(**more: str) -> argparse.Namespace:
    known = {"name": "Frank", "email": "frank@example.org", "phone": "+8619900000005", "role": "investigator"}
    return chosen(**{**known, "site": "Zhongnan", "language": "zh-CN", **more})


async def test_what_an_operator_mistypes_is_refused_and_stores_nothing(production: dict[str, str]) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    with pytest.raises(SettingsRefused):
        await commands.add_staff(production, frank(phone="13912345678"))
    with pytest.raises(NotFound):
        await commands.add_staff(production, frank(site="Zhongnam"))
    with pytest.raises(NotFound):
        await commands.go_live(production, chosen(name="Zhongnan", principal_investigator="who@example.org"))
    assert await as_superuser(production, "select count(*) from staff") == 0


async def test_a_refusal_at_the_command_line_lists_every_fault(production: dict[str, str]) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    await commands.add_staff(production, frank())
    words = ("site", "go-live", "Zhongnan", "--principal-investigator", "frank@example.org")
    live, twice, audit = await asyncio.gather(
        run(production, *words),
        run(production, "site", "add", "Zhongnan", "--time-zone", "Asia/Shanghai"),
        run(production, "audit", "verify"),
    )
    assert live[0] == twice[0] == 1
    assert all(path in live[2] for path in shipped().unconfirmed)
    assert "Traceback" not in live[2] + twice[2]
    assert audit[:2] == (0, "1 chains checked, 0 faults\n")


async def as_superuser(values: Mapping[str, str], statement: str) -> object:
    connection = await asyncpg.connect(values["DATABASE_URL"])
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_a_changed_audit_entry_is_named_and_ends_with_a_failure(
    production: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    assert await commands.verify_audit(production) == 0
    await as_superuser(production, "alter table audit_entries disable trigger audit_entries_append_only")
    await as_superuser(production, "update audit_entries set body = body || ' '::bytea")
    assert await commands.verify_audit(production) == 1
    assert re.search(r"^BROKEN site/\S+ #1: does not fit its hash", capsys.readouterr().out, re.MULTILINE)


async def test_the_logins_of_the_readme_can_each_do_their_own_work_and_no_other(
    empty_database_url: str,
    quiet_logs: None,  # noqa: ARG001 - undoes the log
) -> None:
    own = f"nb_{secrets.token_hex(4)}"
    logins = await as_the_readme_says(empty_database_url, own)
    try:
        migrating, serving, working = (environment(logins[each]) for each in ("migrate", "serve", "work"))
        assert await commands.migrate({"DATABASE_URL": migrating["DATABASE_URL"]}) == 0
        assert await commands.add_site(serving, chosen(name="Zhongnan", time_zone="Asia/Shanghai")) == 0
        assert await commands.verify_audit(serving) == 0
        async with open_trial(read_settings(working), WORKER_ROLE) as trial:
            await drain(trial)
        for values, role in ((serving, OWNER_ROLE), (serving, WORKER_ROLE), (working, APP_ROLE)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connect(values["DATABASE_URL"], role)
    finally:
        superuser = await asyncpg.connect(empty_database_url)
        await drop_database(superuser, own)
        for login in logins:
            await superuser.execute(f"drop role {own}_{login}")
        await superuser.close()


async def as_the_readme_says(url: str, own: str) -> dict[str, str]:
    """Run the README's SQL with logins and a database of this test's own; return the address of each login."""
    block = re.search(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    words = re.sub(r"nightbell_(migrate|serve|work)\b", rf"{own}_\1", block[1])
    words = words.replace("create database nightbell ", f"create database {own} ")
    connection = await asyncpg.connect(url)
    for statement in words.split(";")[:-1]:
        # The three roles are the cluster's: other tests have made them.
        with contextlib.suppress(asyncpg.DuplicateObjectError):
            await connection.execute(statement)
    await connection.close()
    parts = urlsplit(at_database(url, own))
    return {
        login: parts._replace(netloc=f"{own}_{login}:{password}@{parts.hostname}:{parts.port}").geturl()
        for login, password in re.findall(rf"{own}_(\w+) login password '([^']+)'", words)
    }


def test_the_readme_lists_every_setting_and_no_other() -> None:
    source = (ROOT / "api" / "settings.py").read_text()
    read = {f"NIGHTBELL_{name}" for name in re.findall(r'PREFIX \+ "([A-Z_]+)"', source)}
    read |= set(re.findall(r'"((?:TWILIO|DATABASE)_[A-Z_]+)"', source))
    readme = (ROOT / "README.md").read_text()
    rows = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([A-Z]+_[A-Z_]+)`", row)}
    assert listed == read

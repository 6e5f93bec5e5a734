"""`nightbell` as an operator meets it: what it does, what it refuses, and that it says why."""

import argparse
import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import httpx
import pytest

from api import commands
from api.wiring import prepare_database
from domain.errors import DrillRunning, NotFound, SiteNotLive
from domain.refusals import DatabaseRefused, MigrationRefused, SettingsRefused
from tests.support.operator import as_superuser, chosen, environment, verify_audit
from tests.support.patience import PATIENCE_SECONDS
from tests.support.protocol import shipped

ROOT = Path(__file__).parents[1]
NIGHTBELL = Path(sys.executable).with_name("nightbell")


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


@pytest.fixture
async def production(database_url: str) -> dict[str, str]:
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
    lacking = environment("").keys()
    served, worked = await asyncio.gather(run({}, "serve"), run({}, "worker"))
    assert served[:2] == worked[:2] == (1, "")
    # Whoever signs the audit trail is not whoever serves it; and a bell that nobody proves still rings.
    for said in (served[2], worked[2]):
        assert {name for name in lacking if name not in said} == {"NIGHTBELL_AUDIT_KEYS"}


async def test_an_unreachable_database_is_one_line_and_no_traceback() -> None:
    code, _, err = await run(environment("postgresql://nobody@127.0.0.1:1/none"), "serve")
    assert code == 1
    assert re.fullmatch(r"nightbell: .*refused.*\n", err, re.IGNORECASE)


async def test_a_fresh_database_is_migrated_once_and_then_serves_and_works_until_told_to_stop(
    empty_database_url: str,
) -> None:
    port, counted = free_port(), {"serve": free_port(), "worker": free_port()}
    values = environment(empty_database_url, NIGHTBELL_PORT=str(port))
    first = await run({"DATABASE_URL": empty_database_url}, "migrate")
    again = await run({"DATABASE_URL": empty_database_url}, "migrate")
    assert (first[0], again[:2]) == (0, (0, "nothing to apply\n"))
    assert first[1].startswith("applied 2026")
    server, worker = [
        await start({**values, "NIGHTBELL_METRICS_PORT": str(shown)}, verb) for verb, shown in counted.items()
    ]
    try:
        assert await health(port) == {"live": 200, "ready": 200, "safety": 200}
        await a_worker_is_there(empty_database_url)
        for shown in counted.values():
            assert await safe_by_metrics(shown)
    finally:
        for process in (server, worker):
            process.send_signal(signal.SIGTERM)
        ended = await asyncio.gather(server.communicate(), worker.communicate())
    assert (server.returncode, worker.returncode) == (0, 0), ended
    assert b"Traceback" not in ended[0][1] + ended[1][1]


async def safe_by_metrics(port: int) -> bool:
    async with asyncio.timeout(20), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        while True:
            with contextlib.suppress(httpx.ConnectError):
                return "nightbell_safe 1.0" in (await http.get("/metrics")).text
            await asyncio.sleep(0.05)


AT_ITS_END_SAY_WHAT_IS_FROZEN = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count()))
from api.cli import main
sys.exit(main(["serve"]))
"""


async def test_a_server_keeps_the_collector_from_all_that_was_made_at_its_start(
    production: dict[str, str],
) -> None:
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        AT_ITS_END_SAY_WHAT_IS_FROZEN,
        env={"PATH": os.environ["PATH"], **production, "NIGHTBELL_PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
    )
    await health(port)
    server.send_signal(signal.SIGTERM)
    out, _ = await server.communicate()
    assert int(out) > 100_000


async def a_worker_is_there(url: str) -> None:
    """Wait until a worker has its connections: a signal before that meets a program that is still being loaded."""
    connection = await asyncpg.connect(url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await connection.fetchval(  # noqa: ASYNC110 - another process, seen from outside
            """
            select count(*) from pg_stat_activity
            where application_name = 'nightbell_worker' and datname = current_database()
            """
        ):
            await asyncio.sleep(0.05)
    await connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def health(port: int) -> dict[str, int]:
    """The three answers, asked for as soon as somebody answers at all."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/health") as http:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await answers(http):  # noqa: ASYNC110 - another process, seen from outside
                await asyncio.sleep(0.05)
        return {name: (await http.get(name)).status_code for name in ("live", "ready", "safety")}


async def answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("live")).is_success
    except httpx.ConnectError:
        return False


async def test_nobody_serves_on_a_database_of_another_mode(database_url: str) -> None:
    await prepare_database(database_url, "sandbox")
    for command in (commands.serve, commands.run_worker):
        with pytest.raises(DatabaseRefused, match="sandbox mode, and the settings say production"):
            await command(environment(database_url))


async def test_a_mode_once_stamped_is_never_changed(database_url: str) -> None:
    await prepare_database(database_url, "sandbox")
    with pytest.raises(DatabaseRefused):
        await commands.migrate({"DATABASE_URL": database_url})
    with pytest.raises(DatabaseRefused):
        await commands.serve(environment(database_url))


async def test_nobody_serves_on_a_database_without_migrations(
    empty_database_url: str,
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
    assert missing == {*shipped().unconfirmed, "trial.approvals", "protocol", "rota"}
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


async def test_frank_is_put_on_call_for_hours_that_make_sense(production: dict[str, str]) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    await commands.add_staff(production, frank())
    await commands.add_site(production, chosen(name="Tongji", time_zone="Asia/Shanghai"))
    assert await commands.add_shift(production, shift()) == 0
    for wrong in (
        {"starts_at": "2026-12-01T08:00:00"},
        {"ends_at": "2026-11-01T08:00:00Z"},
        {"site": "Tongji"},
    ):
        with pytest.raises(SettingsRefused):
            await commands.add_shift(production, shift(**wrong))
    found = "select array_agg((tier, starts_at::text)::text) from on_call_shifts"
    assert await as_superuser(production, found) == ['(1,"2026-12-01 00:00:00+00")']


async def test_an_operator_starts_a_drill_and_is_told_its_id(
    production: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    capsys.readouterr()
    assert await commands.drill(production, chosen(site="Zhongnan")) == 0
    found = "select id::text from drills where asked_by is null and state = 'running'"
    assert await as_superuser(production, found) == capsys.readouterr().out.strip()
    with pytest.raises(DrillRunning):
        await commands.drill(production, chosen(site="Zhongnan"))
    with pytest.raises(NotFound):
        await commands.drill(production, chosen(site="Zhongnam"))


def shift(**more: str) -> argparse.Namespace:
    hours = {"starts_at": "2026-12-01T08:00:00+08:00", "ends_at": "2026-12-08T08:00:00+08:00"}
    known = argparse.Namespace(email="frank@example.org", site="Zhongnan", tier=1)
    return argparse.Namespace(**{**vars(known), **hours, **more})


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
    assert (audit[0], audit[1].splitlines()[-1]) == (
        0,
        "2 chains, 0 checkpoints and 0 outside checked, 0 faults",
    )


async def test_a_changed_audit_entry_is_named_and_ends_with_a_failure(
    production: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    await commands.add_site(production, chosen(name="Zhongnan", time_zone="Asia/Shanghai"))
    assert await verify_audit(production) == 0
    await as_superuser(production, "alter table audit_entries disable trigger audit_entries_append_only")
    await as_superuser(production, "update audit_entries set body = body || ' '::bytea")
    assert await verify_audit(production) == 1
    assert re.search(r"^BROKEN site/\S+ #1: does not fit its hash", capsys.readouterr().out, re.MULTILINE)

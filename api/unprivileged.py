"""How a program of PostgreSQL is run here: as whom, with which privileges, and no longer than we live."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from msgspec import Struct

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class User(Struct, frozen=True):
    """Whom a process runs as, in the system's numbers."""

    uid: int
    gid: int


class Runner(Struct, frozen=True):
    """A command put before the program, or the user Python itself gives its process; None is ourselves."""

    prefix: tuple[str, ...] = ()
    user: User | None = None

    def start(self, *command: str, output: int | IO[str]) -> subprocess.Popen[str]:
        """Start `command` with nothing on its standard input, and both its outputs in `output`."""
        return subprocess.Popen(  # noqa: S603 - the words are ours and the operator's, and no shell reads them
            (*self.prefix, *command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=_ENVIRONMENT,
            user=self.user.uid if self.user else None,
            group=self.user.gid if self.user else None,
            extra_groups=[] if self.user else None,
            # Ctrl-C at the terminal must reach Nightbell, which then ends its server, and not both at once.
            start_new_session=True,
        )

    def run(self, *command: str) -> tuple[int, str]:
        """Run `command` to its end and return its exit status and what it said."""
        with self.start(*command, output=subprocess.PIPE) as process:
            said, _ = process.communicate()
            return process.returncode, said.strip()


def server_user(data: Path) -> User | None:
    """Return the user a server on `data` must run as: ourselves (None), or for root the owner, else nobody."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        return User(data.stat().st_uid, data.stat().st_gid)
    nobody = pwd.getpwnam("nobody")
    return User(nobody.pw_uid, nobody.pw_gid)


def runners(user: User | None) -> Iterator[Runner]:
    """Yield the ways to run as `user`, the best first: tied to our life, then without a privilege too many."""
    setpriv = shutil.which("setpriv")
    if setpriv and user:
        numbers = (f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups")
        yield from (Runner((setpriv, *numbers, "--pdeathsig=INT", *caps)) for caps in _capabilities())
    elif setpriv:
        yield Runner((setpriv, "--pdeathsig=INT"))
    yield Runner(user=user)


def _capabilities() -> Iterator[tuple[str, ...]]:
    """Yield none; then the one that passes closed doors and reads; then the one containers have instead.

    The two are for a checkout below a directory closed to others, as /root or a fresh temporary directory.
    PostgreSQL asks access(2) about its own program, and that call heeds the capabilities of an ordinary user
    under no_setuid_fixup only (capabilities(7)).
    """
    yield ("--inh-caps=-all",)
    for name in ("dac_read_search", "dac_override"):
        caps = f"-all,+{name}"
        yield (f"--inh-caps={caps}", f"--ambient-caps={caps}", "--securebits=+no_setuid_fixup")

"""Somebody at the terminal of a production machine: what she types unseen, and what the program prints."""

import io
import re
from collections.abc import Mapping

import pyotp
import pytest
from msgspec import Struct

from api import commands, protocol_commands, signature_commands
from notifications.trial import machine_now
from tests.support.operator import as_superuser, chosen

FRANK = {
    "name": "Frank",
    "site": "Zhongnan",
    "email": "frank@example.org",
    "phone": "+8613912345678",
    "language": "en",
    "role": "investigator",
}


class Keys(Struct, frozen=True):
    """What was shown once of how somebody signs in."""

    password: str
    totp_secret: str


class Terminal:
    """One site's people, and a keyboard."""

    def __init__(
        self,
        values: Mapping[str, str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.values = dict(values)
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._keys: dict[str, Keys] = {}

    async def hire(self, **who: str) -> None:
        """Add a member of staff, and keep what is shown this once."""
        await commands.add_staff(self.values, chosen(**{**FRANK, **who}))
        shown = self.printed()
        password, secret = re.search(r"password +(\S+)", shown), re.search(r"secret=(\w+)", shown)
        assert password is not None
        assert secret is not None
        self._keys[who.get("email", FRANK["email"])] = Keys(password[1], secret[1])

    def printed(self) -> str:
        """What has been printed since this was last asked."""
        return self._capsys.readouterr().out

    async def types(self, email: str, *, password: str | None = None, totp: str | None = None) -> None:
        """Somebody is about to type her password and the digits of now, or others."""
        keys = self._keys[email]
        digits = pyotp.TOTP(keys.totp_secret).at(machine_now()) if totp is None else totp
        self.pipes(f"{keys.password if password is None else password}\n{digits}\n")
        # As if half a minute had passed since she last typed some.
        await as_superuser(self.values, "update credentials set totp_step = null")

    def pipes(self, text: str) -> None:
        """Something is about to come from standard input."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(text))

    async def approve(self, email: str = FRANK["email"], **typed: str) -> int:
        """`nightbell protocol approve`."""
        await self.types(email, **typed)
        return await protocol_commands.approve(self.values, chosen(by=email))

    async def release(self, email: str = FRANK["email"], **typed: str) -> int:
        """`nightbell rules release`."""
        await self.types(email, **typed)
        return await protocol_commands.release(self.values, chosen(by=email))

    async def verify(self) -> tuple[int, str]:
        """`nightbell signatures verify`: its exit code, and what it says."""
        self.printed()
        return await signature_commands.verify(self.values), self.printed()

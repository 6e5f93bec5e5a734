"""Asking whoever sits at a terminal who she is, without showing what she types; never as an argument of a command."""

import getpass
import sys

import msgspec

from api.commands import unfit
from api.shapes.reauthentication import Reauthentication
from domain.errors import Fault


def ask_proof() -> Reauthentication:
    """Return the password and the six digits that are typed, or the two lines of standard input where nobody types.

    Raises SettingsRefused for what cannot be either.
    """
    password, totp = _typed() if sys.stdin.isatty() else _piped()
    try:
        return msgspec.convert({"password": password, "totp": totp.strip()}, Reauthentication)
    except msgspec.ValidationError:
        # What was typed is in no message.
        raise unfit(
            Fault("standard input", "must be the password and, on a second line, the six digits")
        ) from None


def _typed() -> tuple[str, str]:
    return getpass.getpass("Password: "), getpass.getpass("Six digits of the authenticator: ")


def _piped() -> tuple[str, str]:
    return sys.stdin.readline().rstrip("\r\n"), sys.stdin.readline()

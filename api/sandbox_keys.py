"""A sandbox's key: drawn once, the end of its base address, and what its database and its secrets follow from."""

import base64
import hmac
import secrets
from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from api.postgres import at_database
from api.settings import Settings

PREFIX: Final = "/k/"
"""What stands before the key in an address: all of the contract is below `/k/{key}`."""

LETTERS: Final = "23456789bcdfghjkmnpqrstvwxyz"
"""No vowels, so that no key is a word; nothing that looks like something else."""

LENGTH: Final = 14
"""67 random bits. An address on this machine with it has 39 characters at most, a text carries 40 (domain/sms.py)."""


def draw() -> str:
    """Return a key that nobody guesses."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def is_key(text: str) -> bool:
    """Say whether a text could be a key."""
    return len(text) == LENGTH and set(text) <= set(LETTERS)


def split(path: str) -> tuple[str, str]:
    """Return the key of a path and what follows it, from the slash on; an empty key for a path that has none.

    A path that has a place for one, and nothing there, has one that is nobody's.
    """
    if not path.startswith(PREFIX):
        return "", path
    key, slash, rest = path.removeprefix(PREFIX).partition("/")
    return key or "-", slash + rest


def root_of(key: str) -> str:
    """Return what a path of this sandbox begins with."""
    return f"{PREFIX}{key}" if key else ""


def database_beginning(database_url: str) -> str:
    """Return what the names of the databases of keys begin with: the demo's own name, so that two demos do not meet."""
    return f"{urlsplit(database_url).path.removeprefix('/')}_k_"


def settings_of(key: str, own: Settings) -> Settings:
    """Return the settings of a sandbox: those of the demo's own, with a database, addresses and secrets of its own.

    The secrets follow from the demo's and the key: they need not be kept, and no token of one opens another.
    """

    def drawn(name: str) -> bytes:
        return hmac.digest(own.secret, f"sandbox/{key}/{name}".encode(), "sha256")

    return replace(
        own,
        database_url=at_database(own.database_url, database_beginning(own.database_url) + key),
        public_url=own.public_url + root_of(key),
        secret=drawn("secret"),
        token_keys={"key": drawn("token")},
        contact_keys={"key": drawn("contact")},
        audit_keys={"key": drawn("audit")},
        twilio_auth_token=base64.b64encode(drawn("provider")).decode(),
        twilio_api_base_url=(own.twilio_api_base_url or "") + root_of(key),
    )

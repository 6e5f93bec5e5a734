"""The protocol as it is shipped, for tests that need a whole one."""

from functools import cache
from pathlib import Path

import domain.protocol
from domain.protocol.decode import decode
from domain.protocol.schema import Protocol


def shipped_files() -> dict[str, bytes]:
    """Return the protocol files by name, each time anew."""
    folder = Path(domain.protocol.__file__).parent
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.toml"))}


@cache
def shipped() -> Protocol:
    """Return the shipped protocol, decoded and checked once."""
    return decode(shipped_files())

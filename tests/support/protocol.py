"""The protocol as it is shipped, for tests that need a whole one."""

from functools import cache
from pathlib import Path

import pytest

import domain.protocol
from domain.protocol.decode import decode
from domain.protocol.schema import Protocol
from domain.refusals import ProtocolRefused
from domain.texts import say


def shipped_files() -> dict[str, bytes]:
    """Return the protocol files by name, each time anew."""
    folder = Path(domain.protocol.__file__).parent
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.toml"))}


@cache
def shipped() -> Protocol:
    """Return the shipped protocol, decoded and checked once."""
    return decode(shipped_files())


Edit = tuple[str, str, str]
"""A file, the words to replace where they come first, and the new words."""


def edited(*edits: Edit) -> dict[str, bytes]:
    """Return the shipped files with these edits."""
    files = shipped_files()
    for name, old, new in edits:
        text = files[name].decode()
        assert old in text, f"{name} has no {old}"
        files[name] = text.replace(old, new, 1).encode()
    return files


def at(rule: str) -> str:
    """The place of a shipped rule."""
    return f"rules[{[each.id for each in shipped().rules.rules].index(rule)}]"


def refused(files: dict[str, bytes]) -> dict[str, str]:
    """Decode files that must be refused; return the faults by place."""
    with pytest.raises(ProtocolRefused) as refusal:
        decode(files)
    return {fault.pointer: fault.message for fault in refusal.value.faults}


def spoken(key: str, language: str = "zh-CN", **values: str) -> str:
    """A sentence of the shipped protocol, in the language of the seeded cast."""
    return say(shipped(), language, key, **values)

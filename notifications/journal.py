"""The copy of the checkpoints outside the database: a file of JSON lines that only grows.

Nothing in it is ever changed, so that the file may be made append-only (`chattr +a`) or lie on storage that is written
once. A line that a crash has cut off is passed over: the checkpoint follows again, whole.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from domain.checkpoint import Checkpoint

NAME = "checkpoints.jsonl"

_BLOCK = 1 << 20
"""Longer than any line: `checkpoints.ROOM` heads of less than 160 bytes, in base64."""


class Journal:
    """The file in a directory; two workers may share it."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME

    def last(self) -> Checkpoint | None:
        """Return the last whole one; None while there is none."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            return _last(file)

    def append(self, checkpoints: tuple[Checkpoint, ...]) -> None:
        """Add those that are newer than its last, and return when they are on the disk. Raises OSError."""
        is_new = not self.path.exists()
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = _last(file)
            newer = [each for each in checkpoints if last is None or each.number > last.number]
            file.write(_mended(file) + b"".join(msgspec.json.encode(each) + b"\n" for each in newer))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_directory(self.path.parent)


def read(path: Path) -> Iterator[Checkpoint]:
    """Read such a file from its beginning, line by line; what is no checkpoint is passed over and so missing.

    Read is what is there as this is called, whatever is added while one reads: a snapshot that is taken after that has
    all of it. Raises OSError.
    """
    return _lines(path, path.stat().st_size)


def _lines(path: Path, size: int) -> Iterator[Checkpoint]:
    with path.open("rb") as file:
        for line in file:
            size -= len(line)
            if size < 0:
                return
            checkpoint = _checkpoint(line)
            if checkpoint is not None:
                yield checkpoint


def _last(file: BinaryIO) -> Checkpoint | None:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2 * _BLOCK))
    found = (_checkpoint(line) for line in reversed(file.read().splitlines()))
    return next((each for each in found if each is not None), None)


def _mended(file: BinaryIO) -> bytes:
    """Return what ends a line that was cut off."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


def _checkpoint(line: bytes) -> Checkpoint | None:
    try:
        return msgspec.json.decode(line, type=Checkpoint)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

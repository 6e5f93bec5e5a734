"""What the phone keeps: one small file, written whole or not at all before anything is done that rests on it."""

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct, field

Json = dict[str, Any]

WAITING, STORED, REFUSED = "waiting", "stored", "refused"


class Tokens(Struct, frozen=True):
    """As they were issued last. `access` and `refresh` are empty once the session has ended."""

    access: str
    refresh: str
    submission: str


class Page(Struct, frozen=True):
    """A document of the server as it was read last, and its ETag."""

    etag: str
    body: Json


class Alarm(Struct, frozen=True, rename="camel"):
    """A reminder that the phone's own system will show."""

    reminder_id: str
    at: str


class Report(Struct, kw_only=True):
    """A finished report, with what its screen shows. It stays here for good."""

    report_id: str
    body: Json
    """As it is sent, each time the same, but for `ageSeconds`."""
    finished: float | None
    """By the monotonic clock; None since the phone was started again."""
    rank: int
    """How urgent, by its form, offline: a place in the form's `advice`."""
    standing: str = WAITING
    headline: str
    text: str
    further: list[str] = []
    page: str = ""
    """The server's sentence on the page to staff; empty before it has said one."""
    request_id: str = ""
    """By which somebody can ask for help, while the server fails."""
    refusals: int = 0


class Kept(Struct, kw_only=True):
    """All of it. Times are by the monotonic clock of `boot`."""

    boot: str
    language: str
    device_id: str = field(default_factory=lambda: str(uuid4()))
    signed_in: bool = False
    leaving: bool = False
    """She has signed out, and the server does not know it yet."""
    tokens: Tokens | None = None
    reports: list[Report] = []
    pages: dict[str, Page] = {}
    alarms: list[Alarm] = []
    rung: list[str] = []
    receipts: list[Json] = []
    """Not told yet."""
    told: list[str] = []
    """Receipts that were queued once: reminder and event."""
    problem: str = ""
    failures: int = 0
    next_try: float | None = None
    not_before: float | None = None
    """The server has asked not to be asked earlier (Retry-After)."""
    renew_failures: int = 0
    renew_at: float | None = None


class Store:
    """The file, and what was last read from it or written to it."""

    def __init__(self, directory: Path, boot: str, language: str) -> None:
        self._path = directory / "app.json"
        self.kept = self._load(boot) or Kept(boot=boot, language=language)
        self.save()

    def _load(self, boot: str) -> Kept | None:
        if not self._path.exists():
            return None
        kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        if kept.boot != boot:
            kept.boot, kept.next_try, kept.not_before, kept.renew_at = boot, None, None, None
            for report in kept.reports:
                report.finished = None
        return kept

    def save(self) -> None:
        """Write it so that a phone that dies now finds either what was there before, or all of this."""
        new = self._path.with_suffix(".new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(self.kept))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)

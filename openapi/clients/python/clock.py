"""The two clocks of a phone: one that people set, and one that nobody can."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Clock:
    """What time it is on this phone. `passed` and `offset`, in seconds, are 0 but under test."""

    def __init__(self, offset: float = 0.0) -> None:
        self.passed, self.offset = 0.0, offset
        self.boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
        """Which start of the phone `monotonic` counts from."""

    def wall(self) -> datetime:
        """Return the time of day, right or wrong."""
        return datetime.now(UTC) + timedelta(seconds=self.passed + self.offset)

    def monotonic(self) -> float:
        """Return seconds since the phone was started."""
        return time.monotonic() + self.passed

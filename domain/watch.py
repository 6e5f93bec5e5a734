"""What the auditor's findings mean: whether the bell can be relied on, and the heart may beat (design.md, rule 6)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

WORKS_WITHIN: Mapping[str, timedelta] = {"bell": timedelta(seconds=10), "calendar": timedelta(minutes=15)}
"""How long ago a round of either part of a worker's work may have gone well; ours.

The bell looks every second. A round of the calendar may take minutes after an outage, and nothing of it is urgent.
"""


class Finding(Struct, frozen=True, kw_only=True):
    """How much of one kind must be looked at now; a count of nought where all is well."""

    kind: str
    """A word of `domain.records.auditor.KINDS`."""
    count: int
    """Stops at `auditor.LIMIT`."""
    oldest: datetime | None
    """Since when the oldest of them waits (trial time)."""
    ids: tuple[UUID, ...]
    """Of the oldest few, for the log."""


class Look(Struct, frozen=True, kw_only=True):
    """What one look at the trial has found: one finding of each kind."""

    at: datetime
    """Trial time."""
    findings: tuple[Finding, ...]
    drift: timedelta
    """By how much this host's clock surely differs from the database's."""
    clock_is_right: bool
    seconds: float
    """What the auditor's query took."""

    @property
    def found(self) -> tuple[Finding, ...]:
        """The kinds of which there is any."""
        return tuple(each for each in self.findings if each.count)

    @property
    def is_safe(self) -> bool:
        """Whether nothing was found; every kind counts, and so does a clock that is wrong."""
        return self.clock_is_right and not self.found

    @property
    def oldest(self) -> datetime | None:
        """Since when the oldest of all that was found waits."""
        return min((each.oldest for each in self.found if each.oldest is not None), default=None)


def silenced_by(look: Look | None, since_work: Mapping[str, timedelta]) -> dict[str, int]:
    """Return what keeps the heart of a worker from beating, counted; nothing if it may beat.

    `look` is None when the auditor had no answer; `since_work` says how long ago each part of the worker's own work
    went well, and leaves out what never did.
    """
    return _seen(look) | {
        f"work-{part}": 1
        for part, within in WORKS_WITHIN.items()
        if part not in since_work or since_work[part] > within
    }


def _seen(look: Look | None) -> dict[str, int]:
    if look is None:
        return {"auditor": 1}
    return {each.kind: each.count for each in look.found} | ({} if look.clock_is_right else {"clock": 1})

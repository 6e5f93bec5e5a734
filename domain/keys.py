"""Which key seals how many rows, when one may be removed, and what a rotation leaves in the audit trail."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from domain.decision import Change, Context, Decision
from domain.key_rotation import KeyRotation


class Survey(Struct, frozen=True, kw_only=True):
    """What is sealed: rows by key id, those of them that do not open, and those that the current index misses.

    `broken` names rows as `table id`, which identifies nobody.
    """

    at: datetime
    sealed: Mapping[str, int]
    broken: tuple[str, ...]
    foreign_index: int

    def under_others(self, current: str) -> int:
        """Return how many rows another key than the current one seals."""
        return sum(count for key, count in self.sealed.items() if key != current)

    def is_done(self, current: str) -> bool:
        """Whether every row opens, under the current key and in the current index."""
        return not self.broken and not self.foreign_index and not self.under_others(current)


def removable(survey: Survey, configured: tuple[str, ...]) -> tuple[str, ...]:
    """Return the configured keys that may be removed: the first one never, none while any row remains or is broken."""
    current, *older = configured
    return tuple(older) if survey.is_done(current) else ()


def unknown(survey: Survey, configured: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys that seal rows and that nobody has configured."""
    return tuple(sorted(set(survey.sealed) - set(configured)))


def rotation(survey: Survey, current: str, context: Context) -> Decision:
    """Say before the first row is touched what is about to be sealed anew: one entry a run, in the system's chain."""
    run = KeyRotation(
        id=context.entropy.uuid("key-rotation"),
        current_key=current,
        sealed=dict(survey.sealed),
        foreign_index=survey.foreign_index,
        started_at=context.now,
    )
    return context.decide("key.rotate", (Change(run),), site_id=None)

"""Who can be rung at a site, and by which channels, at one instant."""

from uuid import UUID

from msgspec import Struct

from domain.protocol.routes import Channel
from domain.protocol.schema import Level

EVERYONE = "everyone"
"""The target of whoever treats patients at a site: rung when all steps were rung in vain."""


class Responder(Struct, frozen=True, kw_only=True):
    """A member of staff as the roster sees her now: the channels that are left for each level.

    What is kept for emergencies is no channel for anything else (trial.md §4).
    """

    staff_id: UUID
    language: str
    emergency: tuple[Channel, ...]
    urgent: tuple[Channel, ...]
    repeat: tuple[Channel, ...] = ()
    """For ringing everyone again: the last text of a day is kept for the first ring of another alert."""

    def channels(self, level: Level) -> tuple[Channel, ...]:
        """Return how she can be rung now for an alert of this level."""
        return self.emergency if level is Level.EMERGENCY else self.urgent


class Roster(Struct, frozen=True, kw_only=True):
    """Who answers for each step target at an instant, and everyone who can be rung when all steps failed."""

    by_target: dict[str, tuple[Responder, ...]]
    everyone: tuple[Responder, ...]


def staff_target(staff_id: UUID) -> str:
    """Return the step target that names one person."""
    return f"staff-{staff_id}"

"""Drills: whom one rang, what came of it, and when the next one runs by itself."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.alerts import PageMessage
from api.shapes.base import Body, Instant, View

DrillStateName = Literal["running", "passed", "failed"]
WhyName = Literal["nobody-on-call", "no-way-left", "not-delivered", "not-acknowledged"]

_Every = Annotated[str, Meta(pattern=r"^P([1-9]|[12][0-9]|3[01])D\Z", examples=["P7D"])]
_At = Annotated[str, Meta(pattern=r"^(0[89]|1[0-9]):[0-5][0-9]\Z", examples=["10:00"])]


class DrillView(View, frozen=True, kw_only=True):
    """A drill. It is passed when a page arrived and one of those it rang has taken it by `endsBy`."""

    drill_id: UUID
    site_id: UUID
    alert_id: UUID
    """Its alert, marked as a drill: taken like any other."""
    asked_by: str | UnsetType = UNSET
    """Absent: by schedule, or by the operator."""
    rings: tuple[str, ...]
    """Who is rung first from the next change of shifts within a day on, else who is now."""
    state: DrillStateName
    why: WhyName | UnsetType = UNSET
    """Of one that has failed."""
    started_at: Instant
    ends_by: Instant
    first_accepted_at: Instant | UnsetType = UNSET
    first_delivered_at: Instant | UnsetType = UNSET
    acknowledged_by: str | UnsetType = UNSET
    acknowledged_at: Instant | UnsetType = UNSET
    ended_at: Instant | UnsetType = UNSET


class DrillPage(View, frozen=True, kw_only=True):
    """Drills of a site, newest first."""

    drills: tuple[DrillView, ...]
    next_cursor: str | UnsetType = UNSET


class DrillDetail(DrillView, frozen=True, kw_only=True):
    """A drill with every text, attempt and receipt."""

    messages: tuple[PageMessage, ...]


class DrillSchedule(Body, frozen=True, kw_only=True):
    """How often a drill runs by itself, in whole days, and at what time of the site, from 08:00 to 19:59.

    Without both none does.
    """

    every: _Every | UnsetType = UNSET
    at: _At | UnsetType = UNSET

    ALSO: ClassVar[Mapping[str, object]] = {"dependentRequired": {"every": ["at"], "at": ["every"]}}

    def __post_init__(self) -> None:
        """Refuse one without the other."""
        if (self.every is UNSET) != (self.at is UNSET):
            raise ValueError("Give both, or none")

    @property
    def days(self) -> int | None:
        """After how many days, None for never."""
        return None if self.every is UNSET else int(self.every[1:-1])

    @property
    def time_of_day(self) -> time | None:
        """The time of the site's clock."""
        return None if self.at is UNSET else time.fromisoformat(self.at)


class DrillScheduleView(View, frozen=True, kw_only=True):
    """When drills run by themselves; empty where none does. An unanswered alert, or the night, puts one off."""

    every: _Every | UnsetType = UNSET
    at: _At | UnsetType = UNSET
    next_at: Instant | UnsetType = UNSET

"""The rota of a site: its rows, who is on call by them, and what is not covered."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Body, Instant, View
from api.shapes.schedule import Reason

Tier = Annotated[int, Meta(ge=1, le=3)]
"""1 is rung first."""

ShiftKindName = Literal["shift", "override"]


class ShiftDraft(Body, frozen=True, kw_only=True):
    """Somebody on call from `startsAt` up to but not including `endsAt`; an override instead of the shifts' people."""

    staff_id: UUID
    tier: Tier
    starts_at: Instant
    ends_at: Instant
    kind: ShiftKindName = "shift"
    reason: Reason | UnsetType = UNSET


class RotaDraft(Body, frozen=True, kw_only=True):
    """Every row of the rota that has not ended."""

    shifts: Annotated[tuple[ShiftDraft, ...], Meta(max_length=1000)]


class OverrideDraft(Body, frozen=True, kw_only=True):
    """Who is on call in these hours instead of whoever the shifts of the tier name, and why."""

    staff_id: UUID
    tier: Tier
    starts_at: Instant
    ends_at: Instant
    reason: Reason


class ShiftSwap(Body, frozen=True, kw_only=True):
    """Two rows whose people take each other's hours over, and why."""

    shift_id: UUID
    other_shift_id: UUID
    reason: Reason


class ShiftView(View, frozen=True, kw_only=True):
    """A row of the rota. One that was taken out was in force until `removedAt`."""

    shift_id: UUID
    staff_id: UUID
    staff_name: str
    tier: int
    starts_at: Instant
    ends_at: Instant
    kind: ShiftKindName
    source: Literal["manual", "calendar", "swap"]
    reason: str | UnsetType = UNSET
    added_at: Instant | UnsetType = UNSET
    added_by: UUID | UnsetType = UNSET
    removed_at: Instant | UnsetType = UNSET
    removed_by: UUID | UnsetType = UNSET


class DutyView(View, frozen=True, kw_only=True):
    """These people are on call in the tier, overrides applied; all of them are rung."""

    tier: int
    staff_ids: tuple[UUID, ...]
    starts_at: Instant
    ends_at: Instant


class RotaView(View, frozen=True, kw_only=True):
    """A rota between two instants: its rows, those taken out that were in force, and who is on call when."""

    site_id: UUID
    starts_at: Instant
    ends_at: Instant
    shifts: tuple[ShiftView, ...]
    removed: tuple[ShiftView, ...]
    duty: tuple[DutyView, ...]


class RotaImported(View, frozen=True, kw_only=True):
    """How many rows an import has added, taken out, and left as they were."""

    added: int
    removed: int
    kept: int


class FindingView(View, frozen=True, kw_only=True):
    """Something wrong in these hours; without `tier` it is about the principal investigator."""

    kind: Literal[
        "gap", "no-number", "dead-number", "account-closed", "shared-number", "fallback-unreachable"
    ]
    starts_at: Instant
    ends_at: Instant
    tier: int | UnsetType = UNSET
    staff_id: UUID | UnsetType = UNSET
    staff_name: str | UnsetType = UNSET


class CoverageView(View, frozen=True, kw_only=True):
    """What is wrong with a rota in the coming days: every hour without somebody who can be rung."""

    site_id: UUID
    starts_at: Instant
    ends_at: Instant
    is_covered: bool
    """Nothing was found."""
    findings: tuple[FindingView, ...]


class ColleagueView(View, frozen=True, kw_only=True):
    """Somebody who works at the site. Investigators and coordinators can be put on call."""

    staff_id: UUID
    name: str
    role: Literal["coordinator", "investigator", "monitor", "data-manager", "administrator"]
    reachable: bool
    """Whether a number is on file that texts are not known to fail at."""


class ColleagueList(View, frozen=True, kw_only=True):
    """Everybody who works at a site, by name."""

    staff: tuple[ColleagueView, ...]

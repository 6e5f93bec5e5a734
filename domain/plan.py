"""The plan of one participant as it is stored: one immutable version after the other (trial.md §1).

An administration, or the correction of one, makes a new version with all its occasions. The version before it is
closed and kept as it was: history stays. What had been done is carried over. The end of the participation closes the
last one.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain.occasion import OccasionRecord, Standing, standing
from domain.schedule import Occasion, OccasionKind


class PlanCause(StrEnum):
    """What made a version."""

    ADMINISTRATION = "administration"
    CORRECTION = "correction"


class PlanVersion(Struct, frozen=True, kw_only=True):
    """All occasions of one version, as the protocol had them when it was made; `version` counts from 1.

    A participant has at most one version that is not closed (held by an index).
    """

    id: UUID
    site_id: UUID
    participant_id: UUID
    version: int
    anchor: date
    cause: PlanCause
    protocol_version: str
    made_at: datetime
    occasions: tuple[Occasion, ...]
    closed_at: datetime | None = None


class Course(Struct, frozen=True, kw_only=True):
    """A plan and what has become of it on a day."""

    plan: PlanVersion
    standings: tuple[Standing, ...]

    def find(self, kind: OccasionKind, week: int) -> Standing | None:
        """Return one occasion."""
        return next((each for each in self.standings if each.key == (kind, week)), None)

    def of_kind(self, kind: OccasionKind) -> tuple[Standing, ...]:
        """Return the visits, or the check-ins, by week."""
        return tuple(each for each in self.standings if each.occasion.kind is kind)


def course(plan: PlanVersion, records: tuple[OccasionRecord, ...], today: date) -> Course:
    """Return where every occasion of a plan stands on a day of its site, by target day.

    Records of other versions are passed over.
    """
    known = {(each.kind, each.week): each for each in records if each.plan_version == plan.version}
    standings = (
        standing(each, known.get((each.kind, each.week)), today, closed=plan.closed_at is not None)
        for each in plan.occasions
    )
    return Course(plan=plan, standings=tuple(sorted(standings, key=_place)))


def _place(each: Standing) -> tuple[date, bool]:
    return each.occasion.target, each.occasion.kind is not OccasionKind.VISIT

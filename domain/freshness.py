"""What tells one state of a participant's schedule from the next, without reading the schedule.

The plan of a version never changes, and each change of what is recorded of it raises a revision
(`domain/recording.py`, held by the statement that stores it). What is left is the day: something opens on the first day
of its window, and on no other day does a schedule change by itself (`domain.occasion.standing`).
"""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.local_time import local_date, zone
from domain.people import Administration, Site
from domain.plan import Course


class Mark(Struct, frozen=True, kw_only=True):
    """All that a schedule is made from, but for the protocol's words and the reader's language."""

    time_zone: str
    """The site's."""
    given_on: tuple[date, ...] = ()
    """The days of the administrations, in order."""
    plan_id: UUID | None = None
    """None before the first administration."""
    is_closed: bool = False
    first_days: tuple[date, ...] = ()
    """The first days of what is planned, in the order of the plan."""
    recorded: tuple[date, ...] = ()
    """The first days of what is recorded, in order; they hold in place of the planned ones."""
    revisions: int = 0
    """Of all that is recorded, together."""
    changed_at: datetime | None = None
    """When something was recorded last: after a restore the same number of revisions may tell of something else."""

    def at(self, now: datetime) -> tuple[object, ...]:
        """Return what is equal at two instants only where the schedule is equal, to the last word."""
        today = local_date(now, zone(self.time_zone))
        opened = sum(day <= today for day in (*self.first_days, *self.recorded))
        return (
            *(self.time_zone, self.given_on, self.plan_id, self.is_closed),
            *(self.revisions, self.changed_at, opened),
        )


def mark(site: Site, course: Course | None, given: tuple[Administration, ...]) -> Mark:
    """Return the mark of a schedule that was read whole."""
    days = tuple(sorted(each.given_on for each in given))
    if course is None:
        return Mark(time_zone=site.time_zone, given_on=days)
    records = [each.record for each in course.standings if each.record is not None]
    return Mark(
        time_zone=site.time_zone,
        given_on=days,
        plan_id=course.plan.id,
        is_closed=course.plan.closed_at is not None,
        first_days=tuple(each.opens for each in course.plan.occasions),
        recorded=tuple(sorted(each.opens for each in records)),
        revisions=sum(each.revision for each in records),
        changed_at=max((each.changed_at for each in records), default=None),
    )

"""A plan and what has become of it, loaded together: see `domain.plan.Course`."""

from datetime import date, datetime
from uuid import UUID

from domain.local_time import local_date, zone
from domain.occasion import OccasionRecord
from domain.people import Site
from domain.plan import Course, course
from domain.records import plans
from domain.records.rows import Connection


async def load(connection: Connection, participant_id: UUID, site: Site, now: datetime) -> Course | None:
    """Return a participant's plan as it stands on the day of her site at `now`; None before there is one."""
    plan = await plans.newest(connection, participant_id)
    if plan is None:
        return None
    records = await plans.records(connection, participant_id, plan.version)
    return course(plan, records, local_date(now, zone(site.time_zone)))


async def at_site(connection: Connection, site: Site, today: date) -> tuple[Course, ...]:
    """Return all plans that are followed at a site, as they stand on a day of it."""
    known: dict[UUID, list[OccasionRecord]] = {}
    for record in await plans.records_at(connection, site.id):
        known.setdefault(record.participant_id, []).append(record)
    return tuple(
        course(plan, tuple(known.get(plan.participant_id, ())), today)
        for plan in await plans.followed_at(connection, site.id)
    )

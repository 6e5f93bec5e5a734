"""A plan and what has become of it, loaded together: see `domain.plan.Course`."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.local_time import local_date, zone
from domain.occasion import OccasionRecord
from domain.people import Administration, Site
from domain.plan import Course, PlanVersion, course
from domain.records import plans
from domain.records.rows import Connection, document


class Whole(Struct, frozen=True, kw_only=True):
    """All that a participant's schedule is made from, as of one instant."""

    site: Site
    given: tuple[Administration, ...]
    plan: PlanVersion | None
    records: tuple[OccasionRecord, ...]

    def course(self, now: datetime) -> Course | None:
        """Return the plan as it stands on the day of its site at `now`; None before there is one."""
        if self.plan is None:
            return None
        return course(self.plan, self.records, local_date(now, zone(self.site.time_zone)))


async def whole(connection: Connection, participant_id: UUID) -> Whole | None:
    """Return what a participant's schedule is made from, in one statement; None where there is no such participant."""
    return await document(
        connection,
        Whole,
        """
        select json_build_object(
            'site', row_to_json(sites),
            'given', coalesce(
                (
                    select json_agg(administrations order by number)
                    from administrations where participant_id = $1
                ),
                '[]'
            ),
            'plan', row_to_json(newest),
            'records', coalesce(
                (
                    select json_agg(recorded) from occasions as recorded
                    where participant_id = $1 and plan_version = newest.version
                ),
                '[]'
            )
        )::text
        from participants
        join sites on sites.id = participants.site_id
        left join lateral (
            select id, site_id, participant_id, version, anchor, cause, protocol_version, made_at, occasions, closed_at
            from plans where participant_id = $1 order by version desc limit 1
        ) as newest on true
        where participants.id = $1
        """,
        participant_id,
    )


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

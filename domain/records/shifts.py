"""The rota: who is on call, and so who can be rung."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.escalation import Responder, Roster
from domain.people import Shift
from domain.records.rows import Connection, many
from domain.records.writing import Writing

_EVERYONE = "everyone"


class _Place(Struct, frozen=True):
    target: str
    staff_id: UUID
    language: str
    reachable: bool


async def insert(writing: Writing, shift: Shift) -> None:
    """Store a shift."""
    await writing.connection.execute(
        """
        insert into on_call_shifts (
            id, site_id, staff_id, tier, starts_at, ends_at, kind, source, added_at, added_by, removed_at, removed_by,
            reason, calendar
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        *astuple(shift),
    )


async def roster(connection: Connection, site_id: UUID, now: datetime) -> Roster:
    """Return who answers at a site at `now`: by step target, and everyone who treats patients there."""
    places = await many(
        connection,
        _Place,
        """
        with in_force as (
            select tier, staff_id, starts_at, kind from on_call_shifts
            where site_id = $1 and starts_at <= $2 and ends_at > $2 and (removed_at is null or removed_at > $2)
        ),
        places (target, staff_id, place) as (
            select 'on-call-' || tier, staff_id, starts_at from in_force
            where kind = 'override'
                or not exists (
                    select from in_force as other where other.tier = in_force.tier and other.kind = 'override'
                )
            union all
            select 'principal-investigator', principal_investigator_id, $2 from sites where id = $1
            union all
            select 'everyone', staff_id, $2 from staff_roles
            where site_id = $1 and role in ('investigator', 'coordinator')
        )
        select target, staff.id as staff_id, language,
            exists(
                select from contacts
                where contacts.staff_id = staff.id and kind = 'phone' and unusable_since is null
            ) as reachable
        from places join staff on staff.id = places.staff_id and disabled_at is null
        order by target, place, staff.id
        """,
        site_id,
        now,
    )
    by_target: dict[str, tuple[Responder, ...]] = {}
    for place in places:
        person = Responder(staff_id=place.staff_id, language=place.language, reachable=place.reachable)
        known = by_target.get(place.target, ())
        by_target[place.target] = known if person in known else (*known, person)
    return Roster(everyone=by_target.pop(_EVERYONE, ()), by_target=by_target)

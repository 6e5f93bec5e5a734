"""The rota: who is on call, and so who can be rung."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.people import Shift
from domain.protocol.routes import Channel
from domain.protocol.schema import Level
from domain.records.rows import Connection, many
from domain.records.writing import Writing
from domain.roster import EVERYONE, Responder, Roster
from domain.route import DAY, Lines, channels


class _Place(Struct, frozen=True):
    target: str
    staff_id: UUID
    language: str
    has_phone: bool
    prefix: str | None
    spent: dict[str, int]


async def insert(writing: Writing, shift: Shift) -> None:
    """Store a shift."""
    await writing.connection.execute(
        """
        insert into on_call_shifts (id, site_id, staff_id, tier, starts_at, ends_at)
        values ($1, $2, $3, $4, $5, $6)
        """,
        *astuple(shift),
    )


async def first_tier(
    connection: Connection, site_id: UUID, now: datetime, until: datetime
) -> tuple[Shift, ...]:
    """Return the shifts of whoever is rung first, that go on at `now` or begin by `until`, in their order."""
    return await many(
        connection,
        Shift,
        """
        select id, site_id, staff_id, tier, starts_at, ends_at from on_call_shifts
        where site_id = $1 and tier = 1 and ends_at > $2 and starts_at <= $3
        order by starts_at, id
        """,
        site_id,
        now,
        until,
    )


async def roster(connection: Connection, site_id: UUID, now: datetime, lines: Lines) -> Roster:
    """Return who answers at a site at `now`: by step target, by person, and everyone who treats patients there.

    What went to each number within 24 hours is counted, so that a spent one is no way to reach anybody.
    """
    places = await many(
        connection,
        _Place,
        """
        with places (target, staff_id, place) as (
            select 'on-call-' || tier, staff_id, starts_at from on_call_shifts
            where site_id = $1 and starts_at <= $2 and ends_at > $2
            union all
            select 'principal-investigator', principal_investigator_id, $2 from sites where id = $1
            union all
            select 'staff-' || staff_id, staff_id, $2 from staff_roles where site_id = $1
            union all
            select 'everyone', staff_id, $2 from staff_roles
            where site_id = $1 and role in ('investigator', 'coordinator')
        )
        select target, staff.id as staff_id, language, phone.id is not null as has_phone, phone.prefix,
            coalesce(
                (
                    select jsonb_object_agg(provider, texts) from (
                        select provider, count(*) as texts from attempts
                        where number_index = phone.blind_index and started_at > $3 and outcome <> 'refused'
                            and channel = 'sms'
                        group by provider
                    ) as sent
                ),
                '{}'
            ) as spent
        from places
        join staff on staff.id = places.staff_id and disabled_at is null
        left join lateral (
            select id, prefix, blind_index from contacts
            where contacts.staff_id = staff.id and kind = 'phone' and unusable_since is null order by id limit 1
        ) as phone on true
        order by target, place, staff.id
        """,
        site_id,
        now,
        now - DAY,
    )
    by_target: dict[str, tuple[Responder, ...]] = {}
    for place in places:
        person = _responder(place, lines)
        known = by_target.get(place.target, ())
        by_target[place.target] = known if person in known else (*known, person)
    return Roster(everyone=by_target.pop(EVERYONE, ()), by_target=by_target)


def _responder(place: _Place, lines: Lines) -> Responder:
    def left(level: Level) -> tuple[Channel, ...]:
        return channels(lines, place.prefix, place.spent, level) if place.has_phone else ()

    return Responder(
        staff_id=place.staff_id,
        language=place.language,
        emergency=left(Level.EMERGENCY),
        urgent=left(Level.URGENT),
    )

"""The rota: who is on call, and so who can be rung."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.people import Shift
from domain.protocol.routes import Channel
from domain.protocol.schema import Level
from domain.records.rows import Connection, as_the_system, many
from domain.records.writing import Writing
from domain.roster import EVERYONE, Responder, Roster
from domain.route import DAY, KEPT_FOR_A_FIRST_RING, Lines, Spent, channels


class _Place(Struct, frozen=True):
    target: str
    staff_id: UUID
    language: str
    has_phone: bool
    takes_texts: bool
    prefix: str | None
    spent: dict[str, Spent]


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


async def roster(connection: Connection, site_id: UUID, now: datetime, lines: Lines) -> Roster:
    """Return who answers at a site at `now`: by step target, by person, and everyone who treats patients there.

    What went to each number within 24 hours is counted, so that a spent one is no way to reach anybody: by whichever
    site, so this looks beyond the rows of whoever acts.
    """
    async with as_the_system(connection):
        places = await _places(connection, site_id, now)
    by_target: dict[str, tuple[Responder, ...]] = {}
    for place in places:
        person = _responder(place, lines)
        known = by_target.get(place.target, ())
        by_target[place.target] = known if person in known else (*known, person)
    return Roster(everyone=by_target.pop(EVERYONE, ()), by_target=by_target)


async def _places(connection: Connection, site_id: UUID, now: datetime) -> tuple[_Place, ...]:
    return await many(
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
            select 'staff-' || staff_id, staff_id, $2 from staff_roles where site_id = $1
            union all
            select 'everyone', staff_id, $2 from staff_roles
            where site_id = $1 and role in ('investigator', 'coordinator')
        )
        select target, staff.id as staff_id, language, phone.id is not null as has_phone,
            phone.unusable_since is null as takes_texts, phone.prefix,
            coalesce(
                (
                    select jsonb_object_agg(provider, jsonb_build_object('total', total, 'lesser', lesser)) from (
                        select provider, count(*) as total,
                            count(*) filter (where level is distinct from 'emergency') as lesser
                        from attempts join messages on messages.id = message_id
                        where number_index = phone.blind_index and started_at > $3 and outcome <> 'refused'
                            and attempts.channel = 'sms'
                        group by provider
                    ) as sent
                ),
                '{}'
            ) as spent
        from places
        join staff on staff.id = places.staff_id and disabled_at is null
        left join lateral (
            select id, prefix, blind_index, unusable_since from contacts
            where contacts.staff_id = staff.id and kind = 'phone'
            order by unusable_since is not null, id limit 1
        ) as phone on true
        order by target, place, staff.id
        """,
        site_id,
        now,
        now - DAY,
    )


def _responder(place: _Place, lines: Lines) -> Responder:
    def left(level: Level, kept: int = 0) -> tuple[Channel, ...]:
        if not place.has_phone:
            return ()
        found = channels(lines, place.prefix, place.spent, level, kept)
        # No text reaches the number, or its holder wants none: that says nothing about calls.
        return tuple(each for each in found if place.takes_texts or each is not Channel.SMS)

    return Responder(
        staff_id=place.staff_id,
        language=place.language,
        emergency=left(Level.EMERGENCY),
        urgent=left(Level.URGENT),
        repeat=left(Level.EMERGENCY, KEPT_FOR_A_FIRST_RING),
    )

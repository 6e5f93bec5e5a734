-- migrate:up

-- Nothing is released before this file, and nobody waits for the rows that it writes anew.
-- squawk-ignore-file adding-field-with-default

set local role nightbell_owner;

-- The first days of all occasions of a plan, apart from the rest of it: on such a day something opens, and what a phone
-- holds of the schedule is no longer what it would read. Worked out by the database, so that no writer can forget it.
alter table plans add column first_days jsonb not null
generated always as (jsonb_path_query_array(occasions, '$[*].opens')) stored;

-- Whose a session is, as caller() tells it, and what tells one state of its participant's schedule from another
-- (domain/freshness.py): one statement, without the plan itself. Of one session, whose id only a signed token tells.
create function schedule_mark(wanted uuid) returns table (
    session jsonb,
    account jsonb,
    time_zone text,
    given_on date [],
    plan_id uuid,
    is_closed boolean,
    first_days jsonb,
    recorded date [],
    revisions bigint,
    changed_at timestamptz
)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    return query
    select
        to_jsonb(known),
        to_jsonb(holder),
        home.time_zone,
        array(
            select given.given_on from administrations as given
            where given.participant_id = holder.participant_id order by given.given_on
        ),
        newest.id,
        newest.closed_at is not null,
        coalesce(newest.first_days, '[]'),
        coalesce(found.recorded, '{}'),
        coalesce(found.revisions, 0),
        found.changed_at
    from sessions as known
    left join accounts as holder on holder.id = known.account_id
    left join sites as home on home.id = holder.site_id
    left join lateral (
        select plans.id, plans.version, plans.closed_at, plans.first_days from plans
        where plans.participant_id = holder.participant_id order by plans.version desc limit 1
    ) as newest on true
    left join lateral (
        select
            array_agg(occasions.opens order by occasions.opens) as recorded,
            sum(occasions.revision) as revisions,
            max(occasions.changed_at) as changed_at
        from occasions
        where occasions.participant_id = holder.participant_id and occasions.plan_version = newest.version
    ) as found on true
    where known.id = wanted;
end
$$;
revoke execute on function schedule_mark(uuid) from public;
grant execute on function schedule_mark(uuid) to nightbell_app;

-- migrate:down

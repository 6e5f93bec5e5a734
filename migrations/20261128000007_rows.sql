-- migrate:up

set local role nightbell_owner;

-- Isolation the second time (design.md, rule 10): the application sees and writes a row only as somebody whose row it
-- is. As whom is said in each transaction, by a setting local to it (domain/records/identity.py): 'system',
-- 'staff|<id>|{<sites>}' or 'account|<participant>|{<site>}'. Without it no row is seen. The worker serves everybody.
create function acting_scope() returns text language sql stable parallel safe as $$
    select split_part(coalesce(current_setting('nightbell.acting_as', true), ''), '|', 1)
$$;

create function acting_id() returns uuid language sql stable parallel safe as $$
    select nullif(split_part(coalesce(current_setting('nightbell.acting_as', true), ''), '|', 2), '')::uuid
$$;

create function acting_sites() returns uuid [] language sql stable parallel safe as $$
    select nullif(split_part(coalesce(current_setting('nightbell.acting_as', true), ''), '|', 3), '')::uuid []
$$;

create function is_acting_system() returns boolean language sql stable parallel safe as $$
    select acting_scope() = 'system'
$$;

create function acting_staff() returns uuid language sql stable parallel safe as $$
    select case when acting_scope() = 'staff' then acting_id() end
$$;

create function acting_participant() returns uuid language sql stable parallel safe as $$
    select case when acting_scope() = 'account' then acting_id() end
$$;

-- Whose records of participants may be seen: sites of staff. A participant's site is none.
create function staffed_sites() returns uuid [] language sql stable parallel safe as $$
    select case when acting_scope() = 'staff' then acting_sites() end
$$;

-- What belongs to a participant, or to her site alone: her own rows, or those of the sites of staff.
do $$
declare
    each text;
begin
    foreach each in array array[
        'accounts', 'activation_codes', 'administrations', 'alert_acts', 'alerts', 'attempts', 'calendar_feeds',
        'complications', 'consents', 'event_candidates', 'messages', 'occasions', 'plans', 'record_reads', 'reminder_receipts',
        'reminders', 'reports', 'tasks'
    ] loop
        execute format('alter table %I enable row level security', each);
        execute format('create policy worker_sees_all on %I to nightbell_worker using (true)', each);
        execute format(
            'create policy rows_of_ones_own on %I to nightbell_app using (
                (select is_acting_system())
                or site_id = any((select staffed_sites())::uuid [])
                or participant_id = (select acting_participant())
            )', each
        );
    end loop;
    foreach each in array array['drills', 'on_call_shifts', 'staff_invitations'] loop
        execute format('alter table %I enable row level security', each);
        execute format('create policy worker_sees_all on %I to nightbell_worker using (true)', each);
        execute format(
            'create policy rows_of_ones_sites on %I to nightbell_app using (
                (select is_acting_system()) or site_id = any((select staffed_sites())::uuid [])
            )', each
        );
    end loop;
    -- What a participant's report is judged and rung by, and who has answered it as what.
    foreach each in array array['site_policies', 'staff_roles'] loop
        execute format('alter table %I enable row level security', each);
        execute format('create policy worker_sees_all on %I to nightbell_worker using (true)', each);
        execute format(
            'create policy rows_of_ones_sites on %I to nightbell_app using (
                (select is_acting_system()) or site_id = any((select acting_sites())::uuid [])
            )', each
        );
    end loop;
    foreach each in array array['participants', 'sites', 'staff', 'credentials', 'contacts', 'recovery_codes', 'sessions',
        'audit_entries', 'protocol_approvals', 'signatures'
    ] loop
        execute format('alter table %I enable row level security', each);
        execute format('create policy worker_sees_all on %I to nightbell_worker using (true)', each);
    end loop;
end
$$;

create policy rows_of_ones_own on participants to nightbell_app using (
    (select is_acting_system())
    or site_id = any((select staffed_sites())::uuid [])
    or id = (select acting_participant())
);

create policy ones_sites on sites to nightbell_app using (
    (select is_acting_system()) or id = any((select acting_sites())::uuid [])
);

-- Colleagues: those who share a site. A participant sees nobody of the staff.
create policy colleagues on staff to nightbell_app using (
    (select is_acting_system())
    or id = (select acting_staff())
    or exists (
        select from staff_roles
        where staff_roles.staff_id = staff.id and staff_roles.site_id = any((select staffed_sites())::uuid [])
    )
);

create policy ones_own on credentials to nightbell_app using (
    (select is_acting_system()) or staff_id = (select acting_staff())
);

create policy ones_own on recovery_codes to nightbell_app using (
    (select is_acting_system()) or staff_id = (select acting_staff())
);

create policy contacts_of_ones_own on contacts to nightbell_app using (
    (select is_acting_system())
    or site_id = any((select staffed_sites())::uuid [])
    or participant_id = (select acting_participant())
    or staff_id = (select acting_staff())
    or exists (
        select from staff_roles
        where staff_roles.staff_id = contacts.staff_id
            and staff_roles.site_id = any((select staffed_sites())::uuid [])
    )
);

create policy devices_of_ones_own on sessions to nightbell_app using (
    (select is_acting_system())
    or site_id = any((select staffed_sites())::uuid [])
    or participant_id = (select acting_participant())
    or staff_id = (select acting_staff())
    or exists (
        select from staff_roles
        where staff_roles.staff_id = sessions.staff_id
            and staff_roles.site_id = any((select staffed_sites())::uuid [])
    )
);

-- Everybody adds to the trail, also where an entry belongs to no site; who reads it, reads what is of her sites.
create policy anybody_adds on audit_entries for insert to nightbell_app with check (true);
create policy trail_of_ones_own on audit_entries for select to nightbell_app using (
    (select is_acting_system())
    or site_id = any((select staffed_sites())::uuid [])
    or participant_id = (select acting_participant())
);

-- A signature under the protocol is of no site, and everybody's.
create policy signatures_of_ones_own on signatures to nightbell_app using (
    (select is_acting_system())
    or site_id is null
    or site_id = any((select staffed_sites())::uuid [])
    or participant_id = (select acting_participant())
);

create policy approvals on protocol_approvals to nightbell_app using (true);

-- Functions that see more than their caller name pg_temp last: unnamed it is looked at first, and whoever may make a
-- temporary table could hide one of ours behind it.

-- Who calls, before it is known as whom to look: of one session, by its id, which only a signed token tells.
create function caller(wanted uuid) returns table (session jsonb, account jsonb, staff jsonb)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    return query
    select
        to_jsonb(known),
        to_jsonb(holder),
        to_jsonb(person) || jsonb_build_object(
            'roles',
            coalesce(
                (
                    select jsonb_agg(jsonb_build_object('site_id', bound.site_id, 'role', bound.role) order by bound.site_id)
                    from staff_roles as bound where bound.staff_id = person.id
                ),
                '[]'
            )
        )
    from sessions as known
    left join accounts as holder on holder.id = known.account_id
    left join staff as person on person.id = known.staff_id
    where known.id = wanted;
end
$$;
revoke execute on function caller(uuid) from public;
grant execute on function caller(uuid) to nightbell_app;

-- A code stands in one text only, whosever text: asked by whoever draws one, who does not see the others.
create function is_code_used(wanted text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    return exists (select from messages where code = wanted);
end
$$;
revoke execute on function is_code_used(text) from public;
grant execute on function is_code_used(text) to nightbell_app, nightbell_worker;

-- Nobody needs a temporary table. Whose login does not own the database leaves that as it is, as a copy of it does.
reset role;
do $$
begin
    if (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database()) then
        execute format('revoke temporary on database %I from public', current_database());
    end if;
end
$$;

-- migrate:down

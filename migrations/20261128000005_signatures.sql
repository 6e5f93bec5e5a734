-- migrate:up

-- Nothing is released before this file: see 20261127000001.
set local role nightbell_owner;

-- Who says what, when, about exactly which version of a record (21 CFR 11.50, 11.70). A signature is never changed.
create table signatures (
    id uuid primary key,
    -- Null where it is about the whole trial.
    site_id uuid references sites (id),
    participant_id uuid references participants (id),
    staff_id uuid not null references staff (id),
    -- As they were when she signed.
    name text not null check (name <> ''),
    role text not null check (role in ('coordinator', 'investigator', 'monitor', 'data-manager', 'administrator')),
    meaning text not null check (meaning in ('resolution', 'approval', 'release')),
    statement text not null check (statement <> ''),
    signed_at timestamptz not null,
    record_kind text not null check (record_kind in ('alert', 'protocol', 'rule-set')),
    record_id text not null,
    record_version text not null,
    record_hash text not null check (record_hash ~ '^[0-9a-f]{64}$'),
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    constraint signatures_one_meaning check (
        (meaning, record_kind) in (('resolution', 'alert'), ('approval', 'protocol'), ('release', 'rule-set'))
    ),
    -- An alert is somebody's; a protocol is everybody's.
    constraint signatures_whose check (
        case record_kind when 'alert' then num_nonnulls(site_id, participant_id) = 2
            else num_nonnulls(site_id, participant_id) = 0 end
    )
);
create unique index signatures_of_alert_key on signatures (record_id) where record_kind = 'alert';
create index signatures_of_record on signatures (record_kind, record_id);
create index signatures_of_participant on signatures (participant_id);
create index signatures_of_site on signatures (site_id);

create function refuse_change_of_signature() returns trigger language plpgsql as $$
begin
    raise exception 'a signature is never changed' using errcode = 'insufficient_privilege';
end
$$;

create trigger signatures_append_only
before update or delete or truncate on signatures
for each statement execute function refuse_change_of_signature();

-- The worker reads which rule set is in force.
grant select on signatures to nightbell_app, nightbell_worker;
grant insert on signatures to nightbell_app;

-- migrate:down

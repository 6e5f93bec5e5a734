-- migrate:up

set local role nightbell_owner;

-- Every protocol that has judged a report here, whole: what was decided can be decided again (design.md, rule 11).
create table protocols (
    digest text primary key,
    version text not null,
    rule_set_version integer not null check (rule_set_version >= 1),
    files jsonb not null,
    recorded_at timestamptz not null
);

-- An investigator's approval, recorded by her own name on the command line; never taken back, only followed by another.
create table protocol_approvals (
    id uuid primary key,
    digest text not null references protocols (digest),
    staff_id uuid not null references staff (id),
    approved_at timestamptz not null,
    unique (digest, staff_id)
);
create index on protocol_approvals (approved_at);

grant select on protocols, protocol_approvals to nightbell_app, nightbell_worker;
grant insert on protocols, protocol_approvals to nightbell_app;

-- migrate:down

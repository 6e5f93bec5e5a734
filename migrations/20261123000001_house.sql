-- migrate:up

-- Three roles from the first migration on (design.md, rule 10). They are shared by every database of a cluster, so
-- another database may have made them; logins are the operator's, as members of exactly one of these.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['nightbell_owner', 'nightbell_app', 'nightbell_worker'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            begin
                execute format('create role %I nologin', wanted);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
    end loop;
end
$$;

grant usage, create on schema public to nightbell_owner;
grant usage on schema public to nightbell_app, nightbell_worker;
grant select on schema_migrations to nightbell_app, nightbell_worker;

set local role nightbell_owner;

-- What this database is; written once, when it is created, and compared at every start (design.md, rule 11).
create table deployment (
    singleton boolean primary key default true check (singleton),
    mode text not null check (mode in ('production', 'sandbox')),
    clock_offset interval not null default '0'
);

create table sites (
    id uuid primary key,
    name text not null unique,
    time_zone text not null,
    principal_investigator_id uuid,
    live_since timestamptz,
    -- A live site has somebody to ring when all others fail.
    check (live_since is null or principal_investigator_id is not null)
);

create table staff (
    id uuid primary key,
    name text not null,
    language text not null,
    created_at timestamptz not null,
    disabled_at timestamptz
);

alter table sites add foreign key (principal_investigator_id) references staff (id);

create table staff_roles (
    staff_id uuid not null references staff (id),
    site_id uuid not null references sites (id),
    role text not null check (role in ('coordinator', 'investigator', 'monitor', 'data-manager', 'administrator')),
    primary key (staff_id, site_id)
);
create index on staff_roles (site_id);

create table credentials (
    staff_id uuid primary key references staff (id),
    password_hash bytea not null,
    totp_key_id text not null,
    totp_sealed bytea not null
);

create table participants (
    id uuid primary key,
    site_id uuid not null references sites (id),
    subject_number text not null,
    phase text not null,
    state text not null check (state in ('enrolled', 'ended')),
    registered_at timestamptz not null,
    constraint participants_subject_number_key unique (subject_number)
);
create index on participants (site_id, subject_number);

create table accounts (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    role text not null check (role in ('participant', 'caregiver')),
    language text not null,
    time_zone text not null,
    reminder_hour smallint not null check (reminder_hour between 0 and 23),
    created_at timestamptz not null,
    unique (participant_id, role)
);

-- Identity apart from answers (design.md, rule 9).
create table contacts (
    id uuid primary key,
    kind text not null check (kind in ('phone', 'email')),
    staff_id uuid references staff (id),
    account_id uuid references accounts (id),
    site_id uuid references sites (id),
    participant_id uuid references participants (id),
    key_id text not null,
    sealed bytea not null,
    blind_index bytea not null,
    check (num_nonnulls(staff_id, account_id) = 1),
    check ((account_id is null) = (participant_id is null)),
    check ((participant_id is null) = (site_id is null))
);
create unique index contacts_email_key on contacts (blind_index) where kind = 'email';
create index on contacts (staff_id, kind);
create index on contacts (account_id, kind);

create table on_call_shifts (
    id uuid primary key,
    site_id uuid not null references sites (id),
    staff_id uuid not null references staff (id),
    tier smallint not null check (tier between 1 and 3),
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at)
);
create index on on_call_shifts (site_id, ends_at);

create table administrations (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    number smallint not null check (number >= 1),
    given_on date not null,
    recorded_at timestamptz not null,
    recorded_by uuid not null references staff (id),
    unique (participant_id, number),
    constraint administrations_given_on_key unique (participant_id, given_on)
);

create table sessions (
    id uuid primary key,
    device_id uuid not null,
    account_id uuid references accounts (id),
    staff_id uuid references staff (id),
    site_id uuid references sites (id),
    participant_id uuid references participants (id),
    created_at timestamptz not null,
    generation integer not null,
    rotated_at timestamptz not null,
    revoked_at timestamptz,
    check (num_nonnulls(account_id, staff_id) = 1),
    check ((account_id is null) = (participant_id is null)),
    check ((participant_id is null) = (site_id is null))
);
create index on sessions (account_id);

create table activation_codes (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    account_id uuid not null references accounts (id),
    code_hash bytea not null unique,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    redeemed_at timestamptz,
    session_id uuid references sessions (id)
);
create index on activation_codes (account_id);

create table alerts (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    level text not null check (level in ('urgent', 'emergency')),
    signals text[] not null,
    state text not null check (state in ('open', 'exhausted', 'acknowledged', 'contacted', 'resolved')),
    opened_at timestamptz not null,
    climb jsonb not null,
    round integer not null,
    round_started_at timestamptz not null,
    step integer not null,
    due_at timestamptz,
    acknowledged_by uuid references staff (id),
    acknowledged_at timestamptz,
    contacted_at timestamptz,
    contact_outcome text,
    -- A bell that rings has a next step; an open alert without one is what nobody would notice.
    constraint alerts_next_step check (due_at is not null or state in ('contacted', 'resolved')),
    check ((acknowledged_by is null) = (acknowledged_at is null)),
    check (state not in ('acknowledged', 'contacted', 'resolved') or acknowledged_by is not null),
    check (state not in ('contacted', 'resolved') or contacted_at is not null),
    check ((contacted_at is null) = (contact_outcome is null)),
    check (contact_outcome in ('spoke-with-participant', 'spoke-with-caregiver', 'in-care'))
);
-- One live alert per participant, held by the database (design.md, rule 4).
create unique index alerts_live_key on alerts (participant_id) where state <> 'resolved';
create index alerts_due on alerts (due_at) where due_at is not null;
create index alerts_unanswered on alerts (round_started_at) where state in ('open', 'exhausted');
create index alerts_exhausted on alerts (site_id) where state = 'exhausted';
create index alerts_list on alerts (site_id, opened_at desc, id desc);

create table reports (
    id uuid not null,
    account_id uuid not null references accounts (id),
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    reporter text not null check (reporter in ('participant', 'caregiver')),
    submission jsonb not null,
    triage jsonb not null,
    level text not null check (level in ('none', 'routine', 'urgent', 'emergency')),
    received_at timestamptz not null,
    alert_id uuid references alerts (id),
    original bytea not null,
    -- The id is the phone's: unique within its account, so that no stranger's id can be in the way.
    primary key (account_id, id),
    -- What pages has an alert: the database refuses an urgent report that nobody would hear of.
    constraint reports_paging_has_alert check (level in ('none', 'routine') or alert_id is not null)
);
create index on reports (account_id, received_at desc, id desc);
create index on reports (participant_id, received_at desc, id desc);
create index on reports (alert_id);
-- Empty for as long as the constraint above holds; the auditor's query reads it (design.md, rule 6).
create index reports_unheard on reports (received_at) where level in ('urgent', 'emergency') and alert_id is null;

create table messages (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    alert_id uuid not null references alerts (id),
    staff_id uuid not null references staff (id),
    round integer not null,
    step integer not null,
    level text not null check (level in ('urgent', 'emergency')),
    template text not null,
    language text not null,
    parameters jsonb not null,
    code text not null constraint messages_code_key unique,
    state text not null
        check (state in ('pending', 'sending', 'unknown', 'accepted', 'delivered', 'failed', 'stale')),
    attempts smallint not null,
    created_at timestamptz not null,
    due_at timestamptz,
    receipt_within interval not null,
    accepted_at timestamptz,
    delivered_at timestamptz,
    -- Machine time: who holds the message now, and until when (design.md, rule 3).
    lease_until timestamptz,
    lease_holder uuid,
    -- What is not settled has a next look; a message without one is a page that nobody would miss.
    constraint messages_next_look check (due_at is not null or state in ('delivered', 'failed', 'stale')),
    constraint messages_occasion_key unique (alert_id, round, step, staff_id)
);
create index messages_due on messages (due_at) where due_at is not null;

create table attempts (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    message_id uuid not null references messages (id),
    number smallint not null,
    started_at timestamptz not null,
    outcome text not null check (outcome in ('', 'accepted', 'refused', 'unknown')),
    provider_id text not null,
    failure text not null,
    code integer not null,
    receipt text not null,
    unique (message_id, number)
);

create table tasks (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid references participants (id),
    kind text not null check (kind in ('routine-report', 'untriaged-report', 'coverage')),
    about_id uuid not null,
    created_at timestamptz not null,
    due_at timestamptz not null,
    resolved_at timestamptz,
    resolved_by uuid references staff (id),
    check ((resolved_at is null) = (resolved_by is null))
);
create index tasks_open on tasks (site_id, due_at) where resolved_at is null;

-- The audit trail: bodies as stored bytes, each hash over the hash before it and the body (design.md, rule 10).
create table audit_entries (
    chain text not null,
    position bigint not null,
    body bytea not null,
    hash bytea not null,
    action text not null,
    at timestamptz not null,
    site_id uuid,
    participant_id uuid,
    primary key (chain, position)
);
create index on audit_entries (site_id, at);

create table audit_heads (
    chain text primary key,
    position bigint not null,
    hash bytea not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only' using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_entries_append_only
before update or delete or truncate on audit_entries
for each statement execute function refuse_change();

grant select on all tables in schema public to nightbell_app, nightbell_worker;
revoke select on credentials from nightbell_worker;
revoke select on activation_codes from nightbell_worker;

grant insert on sites, staff, staff_roles, credentials, contacts, on_call_shifts, participants, accounts,
administrations, sessions, activation_codes, reports, alerts, messages, attempts, tasks, audit_entries, audit_heads
to nightbell_app;
grant update on sites, staff, credentials, participants, accounts, administrations, sessions, activation_codes, alerts,
messages, attempts, tasks, audit_heads
to nightbell_app;

-- The sandbox moves its clock; a mode is never changed.
grant update (clock_offset) on deployment to nightbell_app;

grant insert on alerts, messages, attempts, tasks, audit_entries, audit_heads to nightbell_worker;
grant update on alerts, messages, attempts, tasks, audit_heads to nightbell_worker;
-- A row lock asks for the right to update one column; the worker changes no participant.
grant update (state) on participants to nightbell_worker;

-- migrate:down

-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, ban-drop-not-null
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, ban-drop-constraint

set local role nightbell_owner;

-- A plan cannot be made in SQL, and a participant without one would be reminded of nothing and heard by nobody.
do $$
begin
    if exists (select from administrations) then
        raise exception 'this database was made before the first release, and its participants have no plans'
            using hint = 'make a new one; a demo keeps its data in .data/demo';
    end if;
end
$$;

-- One immutable version of a participant's plan after the other; the last one is followed until it is closed.
create table plans (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    version integer not null check (version >= 1),
    anchor date not null,
    cause text not null check (cause in ('administration', 'correction')),
    protocol_version text not null,
    made_at timestamptz not null,
    occasions jsonb not null,
    closed_at timestamptz,
    -- When the worker must look at this year next (trial time). It decides nothing: like a lease, it has no audit line.
    due_at timestamptz,
    unique (participant_id, version),
    constraint plans_closed_is_not_due check (closed_at is null or due_at is null)
);
create unique index plans_followed_key on plans (participant_id) where closed_at is null;
create index plans_due on plans (due_at) where due_at is not null;
create index plans_of_site on plans (site_id) where closed_at is null;

-- What is recorded of an occasion; a planned one of which nothing is recorded has no row.
create table occasions (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    plan_version integer not null,
    kind text not null check (kind in ('visit', 'check-in')),
    week smallint not null check (week between 1 and 52),
    state text not null check (state in ('upcoming', 'done', 'missed')),
    target date not null,
    opens date not null,
    closes date not null,
    revision integer not null check (revision >= 1),
    changed_at timestamptz not null,
    done_on date,
    is_late boolean not null,
    missed_at timestamptz,
    is_called_off boolean not null,
    silent_at timestamptz,
    alert_id uuid references alerts (id),
    report_id uuid,
    recorded_by uuid references staff (id),
    reason text not null,
    check (opens <= target and target <= closes),
    check ((state = 'done') = (done_on is not null)),
    check (state <> 'missed' or missed_at is not null),
    foreign key (participant_id, plan_version) references plans (participant_id, version),
    constraint occasions_one_key unique (participant_id, plan_version, kind, week)
);
create index on occasions (alert_id) where alert_id is not null;

-- Consents are kept one by one. A consent that was withdrawn stays, and a new one is a new row.
create table consents (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    account_id uuid not null references accounts (id),
    given_on date not null,
    recorded_at timestamptz not null,
    recorded_by uuid not null references staff (id),
    withdrawn_at timestamptz
);
create unique index consents_in_force_key on consents (account_id) where withdrawn_at is null;
alter table contacts add column unusable_since timestamptz;
create unique index contacts_account_key on contacts (account_id, kind) where account_id is not null;

create table complications (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    kind text not null
        check (kind in ('variceal-bleeding', 'sepsis', 'hepatic-encephalopathy', 'hepatorenal-syndrome')),
    occurred_on date not null,
    recorded_at timestamptz not null,
    recorded_by uuid not null references staff (id),
    constraint complications_once_key unique (participant_id, kind, occurred_on)
);

-- A text goes to a member of staff for an alert, or to a participant or caregiver as a reminder.
alter table messages alter column alert_id drop not null;
alter table messages alter column staff_id drop not null;
alter table messages alter column round drop not null;
alter table messages alter column step drop not null;
alter table messages alter column level drop not null;
alter table messages alter column code drop not null;
alter table messages add column account_id uuid references accounts (id);
alter table messages add column reminder_id uuid;
alter table messages add column valid_until timestamptz;
alter table messages add constraint messages_page_or_reminder check (
    (num_nonnulls(alert_id, staff_id, round, step, level, code) = 6
        and num_nonnulls(account_id, reminder_id, valid_until) = 0)
    or (num_nonnulls(alert_id, staff_id, round, step, level, code) = 0
        and num_nonnulls(account_id, reminder_id, valid_until) = 3)
) not valid;
alter table messages validate constraint messages_page_or_reminder;
-- Pages and reminders are taken by different hands: no reminder stands before a page.
create index messages_pages_due on messages (due_at) where due_at is not null and alert_id is not null;
create index messages_reminders_due on messages (due_at) where due_at is not null and alert_id is null;
create index messages_reminders_unsettled on messages (participant_id) where due_at is not null and alert_id is null;
drop index messages_due;

-- At most once for each occasion, rung and reader, whatever happens to zone, plan or worker.
create table reminders (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    account_id uuid not null references accounts (id),
    kind text not null check (kind in ('visit', 'check-in')),
    week smallint not null,
    target date not null,
    rung text not null,
    plan_version integer not null,
    at timestamptz not null,
    made_at timestamptz not null,
    message_id uuid references messages (id),
    constraint reminders_once_key unique (participant_id, kind, week, target, rung, account_id)
);
create index on reminders (message_id) where message_id is not null;

create table reminder_receipts (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    account_id uuid not null references accounts (id),
    session_id uuid not null references sessions (id),
    reminder_id uuid not null,
    kind text not null check (kind in ('scheduled', 'shown', 'opened')),
    device_time timestamptz not null,
    told_at timestamptz not null,
    constraint reminder_receipts_once_key unique (session_id, reminder_id, kind)
);
create index on reminder_receipts (account_id, reminder_id);

-- The secret of a calendar's address is kept as a hash.
create table calendar_feeds (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    account_id uuid not null references accounts (id),
    secret_hash bytea not null unique,
    made_at timestamptz not null,
    revoked_at timestamptz
);
create unique index calendar_feeds_one_key on calendar_feeds (account_id) where revoked_at is null;

alter table alerts add column last_contacted_at timestamptz;
alter table sites add column holidays date [] not null default '{}';
alter table sessions add column plan_version integer;

alter table participants add column end_reason text
check (end_reason in ('withdrawn', 'transplanted', 'died', 'completed', 'lost'));
alter table participants add column ended_on date;
alter table participants add column ended_at timestamptz;
alter table participants add constraint participants_end_has_reason check (
    (state = 'ended') = (ended_at is not null)
    and (ended_at is null) = (end_reason is null) and (ended_at is null) = (ended_on is null)
) not valid;
alter table participants validate constraint participants_end_has_reason;

alter table tasks drop constraint tasks_kind_check;
alter table tasks add constraint tasks_kind_check check (
    kind in (
        'routine-report', 'untriaged-report', 'coverage', 'missed-check-in', 'missed-visit', 'plan-review',
        'dead-number'
    )
) not valid;
alter table tasks validate constraint tasks_kind_check;

grant select on plans, occasions, consents, complications, reminders, reminder_receipts, calendar_feeds
to nightbell_app, nightbell_worker;
revoke select on calendar_feeds from nightbell_worker;
grant insert on plans, occasions, consents, complications, reminders, reminder_receipts, calendar_feeds
to nightbell_app;
grant update on plans, occasions, consents, contacts, calendar_feeds to nightbell_app;

grant insert on occasions, reminders to nightbell_worker;
grant update on occasions to nightbell_worker;
grant update (unusable_since) on contacts to nightbell_worker;
grant update (due_at) on plans to nightbell_worker;

-- migrate:down

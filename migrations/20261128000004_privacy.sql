-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for.
-- squawk-ignore-file require-concurrent-index-creation, ban-drop-constraint, ban-drop-not-null
-- squawk-ignore-file constraint-missing-not-valid, adding-required-field

set local role nightbell_owner;

-- Each run of `nightbell keys rotate`: what it found before it touched anything. No personal data; of no site.
create table key_rotations (
    id uuid primary key,
    current_key text not null,
    -- Rows by the key that sealed them then, and how many the current index does not find.
    sealed jsonb not null,
    foreign_index integer not null check (foreign_index >= 0),
    started_at timestamptz not null
);

-- Consents one by one. One to SMS is an account's, for its number; the others are the participant's own, on paper of a
-- version: that her data are processed, and that a caregiver has access.
alter table consents
    add column kind text not null default 'sms' check (kind in ('sms', 'data', 'caregiver-access')),
    add column version text not null default '';
alter table consents alter column account_id drop not null;
alter table consents add constraint consents_of_whom check ((kind = 'sms') = (account_id is not null)) not valid;
alter table consents validate constraint consents_of_whom;
create unique index consents_of_participant_key on consents (participant_id, kind)
where withdrawn_at is null and account_id is null;
create index on consents (participant_id);

alter table sessions drop constraint sessions_revoked_because_check;
alter table sessions add constraint sessions_revoked_because_check check (
    revoked_because in (
        'signed-out', 'replaced', 'reused', 'ended', 'administrator', 'password', 'consent-withdrawn'
    )
) not valid;
alter table sessions validate constraint sessions_revoked_because_check;

grant select, insert on key_rotations to nightbell_app;
grant select on key_rotations to nightbell_worker;

-- migrate:down

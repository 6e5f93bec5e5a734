-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file ban-drop-constraint, constraint-missing-not-valid, require-concurrent-index-creation

set local role nightbell_owner;

-- The time step (RFC 6238) whose digits were used last: they and all before are good no more. Machine time, as a lease:
-- no audit line speaks of it. Null: none was used yet.
alter table credentials add column totp_step bigint;

-- The session that those digits have opened, so that a lost answer can be given again. Null: they proved something else.
alter table credentials add column totp_session_id uuid;

-- An administrator has ended it, or another password has.
alter table sessions drop constraint sessions_revoked_because_check;
alter table sessions add constraint sessions_revoked_because_check check (
    revoked_because in ('signed-out', 'replaced', 'reused', 'ended', 'administrator', 'password')
) not valid;
alter table sessions validate constraint sessions_revoked_because_check;
create index sessions_of_staff on sessions (staff_id) where staff_id is not null and revoked_at is null;

-- An account by invitation. The code is kept as a hash; the authenticator's secret is sealed for whoever is invited, and
-- becomes her credential's when she accepts.
create table staff_invitations (
    id uuid primary key,
    site_id uuid not null references sites (id),
    staff_id uuid not null references staff (id),
    code_hash bytea not null unique,
    totp_key_id text not null,
    totp_sealed bytea not null,
    issued_at timestamptz not null,
    -- Null: the command line.
    issued_by uuid references staff (id),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    redeemed_at timestamptz,
    check (revoked_at is null or redeemed_at is null)
);
-- One code is good at a time: a new one kills the old.
create unique index staff_invitations_open_key on staff_invitations (staff_id)
where revoked_at is null and redeemed_at is null;

-- For whoever has lost her authenticator. As a credential they are hers, and no site's.
create table recovery_codes (
    id uuid primary key,
    staff_id uuid not null references staff (id),
    code_hash bytea not null,
    made_at timestamptz not null,
    used_at timestamptz,
    replaced_at timestamptz,
    unique (staff_id, code_hash),
    check (used_at is null or replaced_at is null)
);

grant select, insert, update on staff_invitations, recovery_codes to nightbell_app;

-- migrate:down

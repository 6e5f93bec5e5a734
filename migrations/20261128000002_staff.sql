-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file ban-drop-constraint, constraint-missing-not-valid, require-concurrent-index-creation

set local role nightbell_owner;

-- The time step (RFC 6238) whose digits were used last: they and all before are good no more. Machine time, as a lease:
-- no audit line speaks of it. Null: none was used yet.
alter table credentials add column totp_step bigint;

-- An administrator has ended it, or another password has.
alter table sessions drop constraint sessions_revoked_because_check;
alter table sessions add constraint sessions_revoked_because_check check (
    revoked_because in ('signed-out', 'replaced', 'reused', 'ended', 'administrator', 'password')
) not valid;
alter table sessions validate constraint sessions_revoked_because_check;
create index sessions_of_staff on sessions (staff_id) where staff_id is not null and revoked_at is null;

-- migrate:down

-- migrate:up

set local role nightbell_owner;

-- The time step (RFC 6238) whose digits were used last: they and all before are good no more. Machine time, as a lease:
-- no audit line speaks of it. Null: none was used yet.
alter table credentials add column totp_step bigint;

-- migrate:down

-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default

set local role nightbell_owner;

-- When the work list of a site is next looked at for its daily digest (trial time); null: it is not live.
alter table sites add column digest_due_at timestamptz;
update sites set digest_due_at = live_since where live_since is not null;
create index sites_digest_due on sites (digest_due_at) where digest_due_at is not null;

-- The notices by which staff were told of a task that is overdue: whether anybody heard of it, they say.
alter table tasks add column notices uuid[] not null default '{}';
update tasks set look_at = due_at where resolved_at is null;

-- A row lock asks for the right to update one column; the worker changes nothing else of a site.
grant update (digest_due_at) on sites to nightbell_worker;

-- migrate:down

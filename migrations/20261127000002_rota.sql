-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file require-concurrent-index-creation, adding-foreign-key-constraint, constraint-missing-not-valid

set local role nightbell_owner;

-- No row of a rota is deleted: who was on call when stays readable. What is taken out is in force until `removed_at`.
alter table on_call_shifts
add column kind text not null default 'shift' check (kind in ('shift', 'override')),
add column source text not null default 'manual' check (source in ('manual', 'calendar', 'swap')),
-- Trial time, like `removed_at`; null in rows that are older than this file.
add column added_at timestamptz,
-- Null: the command line.
add column added_by uuid references staff (id),
add column removed_at timestamptz,
add column removed_by uuid references staff (id),
add column reason text not null default '',
-- The name of the calendar that an import has read it from; empty for all others.
add column calendar text not null default '',
add check (removed_by is null or removed_at is not null);

-- When the worker must look at the coverage of a site next (trial time); null until it is live. It decides nothing:
-- like a lease, it has no audit line.
alter table sites add column coverage_due_at timestamptz;
update sites set coverage_due_at = live_since where live_since is not null;
create index sites_coverage_due on sites (coverage_due_at) where coverage_due_at is not null;

-- What may be changed of a row of the rota, once it is there.
grant update (removed_at, removed_by) on on_call_shifts to nightbell_app;
-- A row lock asks for the right to update one column; the worker changes nothing else of a site.
grant update (coverage_due_at) on sites to nightbell_worker;

-- migrate:down

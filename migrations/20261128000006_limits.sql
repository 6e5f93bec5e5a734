-- migrate:up

set local role nightbell_owner;

-- How often one person, phone, calendar or site has asked for one thing within its window. As slow_downs: a place is 20
-- bits of a keyed hash, so the table has an end and names nobody, and it is machine time, of which no audit line speaks.
create table rate_limits (
    place integer primary key check (place between 0 and 1048575),
    taken integer not null check (taken > 0),
    since timestamptz not null
);

grant select, insert, update on rate_limits to nightbell_app;

-- migrate:down

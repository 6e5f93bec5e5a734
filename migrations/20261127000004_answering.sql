-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file ban-drop-constraint, constraint-missing-not-valid

set local role nightbell_owner;

-- Six digits by which a link or a code is answered: an argon2 hash over a keyed hash, for six digits alone are guessed
-- from any stolen hash. Null: she has not set one.
alter table credentials add column pin_hash bytea;

-- Failed tries, slowed by where they come from and by what they try. A place is 20 bits of a keyed hash, so the table has
-- an end, and nothing in it names anybody. As a lease it is machine time, and no audit line speaks of it.
create table slow_downs (
    place integer primary key check (place between 0 and 1048575),
    failures integer not null check (failures >= 0),
    since timestamptz not null,
    wait_until timestamptz
);

alter table tasks drop constraint tasks_kind_check;
alter table tasks add constraint tasks_kind_check check (
    kind in (
        'routine-report', 'untriaged-report', 'coverage', 'missed-check-in', 'missed-visit', 'plan-review',
        'dead-number', 'quarantined-report', 'free-text', 'report-flood', 'sign-in-failures'
    )
) not valid;
alter table tasks validate constraint tasks_kind_check;

grant select, insert, update on slow_downs to nightbell_app;

-- migrate:down

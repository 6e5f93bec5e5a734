-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, ban-drop-constraint

set local role nightbell_owner;

-- A drill: an alert about nobody, whom it rang, and what came of it (contract.md, `POST /v1/sites/{id}/drills`).
create table drills (
    id uuid primary key,
    site_id uuid not null references sites (id),
    alert_id uuid not null unique references alerts (id),
    -- Null: by schedule, or from the command line.
    asked_by uuid references staff (id),
    shift uuid[] not null,
    started_at timestamptz not null,
    ends_by timestamptz not null check (ends_by >= started_at),
    state text not null check (state in ('running', 'passed', 'failed')),
    why text check (why in ('nobody-on-call', 'no-way-left', 'not-delivered', 'not-acknowledged')),
    first_accepted_at timestamptz,
    first_delivered_at timestamptz,
    acknowledged_by uuid references staff (id),
    acknowledged_at timestamptz,
    ended_at timestamptz,
    constraint drills_ended check ((state = 'running') = (ended_at is null)),
    constraint drills_failed check ((state = 'failed') = (why is not null)),
    constraint drills_answered check (state <> 'passed' or acknowledged_by is not null)
);
create index drills_of_site on drills (site_id, started_at desc, id desc);

-- By schedule: every how many days, at what time of the site, and when next (trial time). Not an interval: a site is
-- read as jsonb with every report (reporters.py), and how that writes an interval depends on a setting of the session.
alter table sites add column drill_every smallint check (drill_every between 1 and 31);
alter table sites add column drill_at time;
alter table sites add column drill_due_at timestamptz;
alter table sites add constraint sites_drill_schedule check (
    num_nonnulls(drill_every, drill_at, drill_due_at) in (0, 3)
) not valid;
alter table sites validate constraint sites_drill_schedule;
create index sites_drill_due on sites (drill_due_at) where drill_due_at is not null;

-- Since its last drill failed a site is not safe to rely on, until one is passed.
alter table sites add column unsafe_since timestamptz;
create index sites_unsafe on sites (unsafe_since) where unsafe_since is not null;

alter table tasks drop constraint tasks_kind_check;
alter table tasks add constraint tasks_kind_check check (
    kind in (
        'routine-report', 'untriaged-report', 'coverage', 'missed-check-in', 'missed-visit', 'plan-review',
        'dead-number', 'quarantined-report', 'free-text', 'report-flood', 'sign-in-failures', 'drill-failed'
    )
) not valid;
alter table tasks validate constraint tasks_kind_check;

grant select on drills to nightbell_app, nightbell_worker;
grant insert on drills to nightbell_app, nightbell_worker;
grant update on drills to nightbell_worker;
-- A worker says how a drill ended and when the next one is due, and nothing else of a site.
grant update (drill_due_at, unsafe_since) on sites to nightbell_worker;

-- migrate:down

-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file ban-drop-constraint, constraint-missing-not-valid, require-concurrent-index-creation

set local role nightbell_owner;

-- A used refresh token was presented: the phone is signed out, and its site must hear of it.
alter table tasks drop constraint tasks_kind_check;
alter table tasks add constraint tasks_kind_check check (
    kind in (
        'routine-report', 'untriaged-report', 'coverage', 'missed-check-in', 'missed-visit', 'plan-review',
        'dead-number', 'quarantined-report', 'free-text', 'report-flood', 'sign-in-failures', 'drill-failed',
        'token-reuse'
    )
) not valid;
alter table tasks validate constraint tasks_kind_check;

-- The phones of a participant, for her site and for the end of a participation.
create index sessions_of_participant on sessions (participant_id) where participant_id is not null;

-- migrate:down

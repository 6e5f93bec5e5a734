-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, ban-drop-not-null
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, ban-drop-constraint
-- squawk-ignore-file disallowed-unique-constraint, adding-required-field, adding-not-nullable-field
-- squawk-ignore-file adding-serial-primary-key-field, adding-field-with-default, changing-column-type

set local role nightbell_owner;

-- Reports whose session is not known cannot be told from those of a lost phone.
do $$
begin
    if exists (select from reports) then
        raise exception 'this database was made before the first release, and its reports name no session'
            using hint = 'make a new one; a demo keeps its data in .data/demo';
    end if;
end
$$;

alter table sessions add column revoked_because text
    check (revoked_because in ('signed-out', 'replaced', 'reused', 'ended'));
alter table sessions add constraint sessions_revoked_because check (
    revoked_because is null or revoked_at is not null
);

-- Rounds that reports began within the last hour: no more than three, unless level or signal rises (contract.md).
alter table alerts add column rang_at timestamptz[] not null default '{}';

alter table reports
    -- 0 is the report; from 1 on, other contents that came under its id, and bodies that could not be read.
    add column variant smallint not null check (variant >= 0),
    add column digest bytea not null,
    add column session_id uuid not null references sessions (id),
    add column proof text not null check (proof in ('session', 'device')),
    -- False when it came from a phone that the site has replaced, or whose tokens were stolen.
    add column is_verified boolean not null,
    -- When it came, in machine time: limits are counted in that (design.md, rule 3).
    add column arrived_at timestamptz not null,
    add column made_at timestamptz not null,
    -- By how much the phone's clock was ahead; null where it could not be measured.
    add column clock_skew interval,
    -- Why it is in the quarantine, and what does not fit; empty when all does.
    add column quarantine text[] not null,
    add column faults jsonb not null,
    add column corrects uuid,
    add column rang boolean not null,
    -- Days since each administration, as they were counted then.
    add column days integer[] not null,
    -- The order in which a participant's reports were judged: hers are locked.
    add column position bigint generated always as identity,
    -- The digest of the protocol that judged it.
    add column protocol text not null;
alter table reports drop constraint reports_pkey;
alter table reports add primary key (account_id, id, variant);
alter table reports add constraint reports_content_key unique (account_id, id, digest);
alter table reports add constraint reports_variant_in_quarantine check (variant = 0 or quarantine <> '{}');

-- A phone that nobody vouches for pages once in six hours; what it sends meanwhile is stored, and a task.
alter table reports drop constraint reports_paging_has_alert;
alter table reports add constraint reports_paging_has_alert check (
    level in ('none', 'routine') or alert_id is not null or not is_verified
);
drop index reports_unheard;
create index reports_unheard on reports (received_at)
where level in ('urgent', 'emergency') and alert_id is null and is_verified;

-- What trends look back at.
create index reports_trends on reports (participant_id, position)
where variant = 0 and quarantine <@ array['window-closed'];
create unique index reports_position on reports (position);
create index reports_of_session on reports (session_id, arrived_at);
create index reports_unverified_rang on reports (session_id, arrived_at) where rang and not is_verified;
create index reports_corrected on reports (account_id, corrects) where corrects is not null;

alter table tasks drop constraint tasks_kind_check;
alter table tasks add constraint tasks_kind_check check (
    kind in (
        'routine-report', 'untriaged-report', 'coverage', 'missed-check-in', 'missed-visit', 'plan-review',
        'dead-number', 'quarantined-report', 'free-text', 'report-flood'
    )
) not valid;
alter table tasks validate constraint tasks_kind_check;
create index tasks_about on tasks (about_id, kind) where resolved_at is null;

-- migrate:down

-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for, and no older
-- program reads them. So what squawk warns of for tables in use is done at once.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, ban-drop-not-null
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, ban-drop-constraint
-- squawk-ignore-file disallowed-unique-constraint, adding-required-field, adding-not-nullable-field
-- squawk-ignore-file adding-field-with-default, changing-column-type

set local role nightbell_owner;

-- A drill is an alert about nobody.
alter table alerts alter column participant_id drop not null;
alter table alerts add column is_drill boolean not null default false;
alter table alerts add constraint alerts_drill_is_about_nobody check ((participant_id is null) = is_drill) not valid;
alter table alerts validate constraint alerts_drill_is_about_nobody;
create unique index alerts_live_drill_key on alerts (site_id) where is_drill and state <> 'resolved';

-- Who has said in this round that she cannot: whoever declined is passed by its later steps.
alter table alerts add column declined_by uuid[] not null default '{}';

alter table alerts add column resolved_by uuid references staff (id);
alter table alerts add column resolved_at timestamptz;
alter table alerts add column disposition text check (
    disposition in ('admitted', 'emergency-department', 'seen-at-site', 'advised', 'already-in-care', 'died', 'no-event')
);
alter table alerts drop constraint alerts_check2;
alter table alerts drop constraint alerts_check1;
alter table alerts add constraint alerts_held check (
    is_drill or state not in ('acknowledged', 'contacted', 'resolved') or acknowledged_by is not null
) not valid;
alter table alerts validate constraint alerts_held;
alter table alerts add constraint alerts_reached check (
    is_drill or state not in ('contacted', 'resolved') or contacted_at is not null
) not valid;
alter table alerts validate constraint alerts_reached;
-- A bell is put away by a named person who says what became of it; a drill ends by itself.
alter table alerts add constraint alerts_resolved check (
    (state = 'resolved') = (resolved_at is not null)
    and (is_drill or ((resolved_at is null) = (disposition is null) and (resolved_at is null) = (resolved_by is null)))
) not valid;
alter table alerts validate constraint alerts_resolved;

-- What people did about an alert, each act once and for good: its own row keeps only the last of them.
create table alert_acts (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid references participants (id),
    alert_id uuid not null references alerts (id),
    staff_id uuid not null references staff (id),
    kind text not null check (kind in ('acknowledge', 'decline', 'reveal', 'try', 'contact', 'resolve')),
    via text not null check (via in ('work-list', 'code', 'link', 'reply', 'keypad')),
    round integer not null,
    at timestamptz not null,
    said text not null
);
create index alert_acts_of_alert on alert_acts (alert_id, at);

-- What an investigator must judge: whether it was an adverse event, and of what, is hers to say (trial.md §1).
create table event_candidates (
    id uuid primary key,
    site_id uuid not null references sites (id),
    participant_id uuid not null references participants (id),
    alert_id uuid not null unique references alerts (id),
    -- Days since the last administration before the alert opened, and the safety window they lie in; null before any.
    day integer,
    safety_window text,
    signals text[] not null,
    level text not null check (level in ('urgent', 'emergency')),
    opened_at timestamptz not null,
    made_at timestamptz not null,
    made_by uuid not null references staff (id)
);
create index on event_candidates (site_id, made_at desc);
create index on event_candidates (participant_id);

-- A message goes by one channel; it is a page, a reminder, or a notice to staff about what is no alert.
alter table messages alter column participant_id drop not null;
alter table messages add column channel text not null default 'sms' check (channel in ('sms', 'voice', 'email'));
-- An accepted text of which nothing was heard is asked for after this.
alter table messages add column poll_after interval;
alter table messages drop constraint messages_page_or_reminder;
alter table messages add constraint messages_one_kind check (
    case
        when alert_id is not null then
            num_nonnulls(staff_id, round, step, level, code) = 5 and num_nonnulls(account_id, reminder_id, valid_until) = 0
        when account_id is not null then
            num_nonnulls(participant_id, reminder_id, valid_until) = 3 and num_nonnulls(staff_id, round, step, level, code) = 0
        else
            num_nonnulls(staff_id, valid_until) = 2
            and num_nonnulls(participant_id, round, step, level, code, reminder_id) = 0
    end
) not valid;
alter table messages validate constraint messages_one_kind;
alter table messages drop constraint messages_occasion_key;
alter table messages add constraint messages_occasion_key unique (alert_id, round, step, staff_id, channel);

-- Which provider was called, for which number (its blind index): texts a number and day are counted by that.
alter table attempts alter column participant_id drop not null;
alter table attempts add column provider text not null default 'twilio';
alter table attempts add column channel text not null default 'sms' check (channel in ('sms', 'voice', 'email'));
-- The provider's code where it is a word; `code` has it where it is a number.
alter table attempts add column reason text not null default '';
alter table attempts add column number_index bytea not null default '';
create index attempts_of_number on attempts (number_index, started_at) where outcome <> 'refused';
create index attempts_recent on attempts (started_at);

-- The country of a number is no identity, and decides what may be sent there (trial.md §4). Null: not known.
alter table contacts add column prefix text;
-- Whose phone a reply comes from.
create index contacts_phone on contacts (blind_index) where kind = 'phone';

-- The policy of a site, one version after the other; none is ever changed. What rings follows the one it was opened under.
create table site_policies (
    site_id uuid not null references sites (id),
    version integer not null check (version >= 1),
    body jsonb not null,
    made_at timestamptz not null,
    made_by uuid references staff (id),
    primary key (site_id, version)
);

-- A task that nobody has looked at in time is told to others (domain/task.py).
alter table tasks add column told smallint not null default 0;
alter table tasks add column look_at timestamptz;
create index tasks_look_at on tasks (look_at) where look_at is not null;

grant select on alert_acts, event_candidates, site_policies to nightbell_app, nightbell_worker;
grant insert on alert_acts, event_candidates, site_policies to nightbell_app;

-- migrate:down

-- migrate:up

-- Nothing is released before this file: no table that it changes holds rows that anybody waits for.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

set local role nightbell_owner;

-- What the auditor looks for (domain/records/auditor.py), oldest first, so that a look costs what it finds and not what
-- there is. The first two are empty for as long as the constraints of their tables hold.
create index alerts_without_step on alerts (opened_at)
where due_at is null and state in ('open', 'exhausted', 'acknowledged');
create index messages_without_look on messages (created_at)
where due_at is null and state in ('pending', 'sending', 'unknown', 'accepted');
create index reports_heard on reports (received_at)
where level in ('urgent', 'emergency') and alert_id is not null and is_verified;
create index alerts_exhausted_since on alerts (round_started_at) where state = 'exhausted';
drop index alerts_exhausted;
create index messages_reminders_refused on messages (created_at)
where due_at is not null and alert_id is null and attempts >= 5;
create index tasks_overdue on tasks (due_at) where resolved_at is null;

-- migrate:down

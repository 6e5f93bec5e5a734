-- migrate:up

-- Nothing is released before this file: see 20261127000001.
-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default, adding-not-nullable-field
-- squawk-ignore-file adding-required-field, constraint-missing-not-valid

set local role nightbell_owner;

-- Staff's own words to each other about what they did; bounded by the API as well.
alter table alert_acts add column note text not null default '' check (length(note) <= 500);

-- What went to the wall's readers is read by site: live alerts, and those put away since they were last heard of.
create index alerts_live_at_site on alerts (site_id) where state <> 'resolved';
create index alerts_resolved_at_site on alerts (site_id, resolved_at) where state = 'resolved';

-- migrate:down

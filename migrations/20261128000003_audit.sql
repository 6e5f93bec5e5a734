-- migrate:up

set local role nightbell_owner;

-- A head knows since when (machine time) it has entries that no checkpoint has signed; null: all are signed. The column
-- keeps its first value until it is signed, so that a busy chain's head is still updated in place.
alter table audit_heads add column moved_at timestamptz default now();
-- squawk-ignore require-concurrent-index-creation
create index audit_heads_moved on audit_heads (moved_at) where moved_at is not null;

-- A rare action is found without the rest of a site's trail.
-- squawk-ignore require-concurrent-index-creation
create index audit_entries_action on audit_entries (site_id, action, at);

-- In a trigger and not in the statement: a node of the release before this one marks what it writes as well. And no one
-- but this trigger chooses the mark: one that lies ahead would keep a chain from ever being signed.
create function head_begins() returns trigger language plpgsql as $$
begin
    new.moved_at := now();
    return new;
end
$$;

create trigger audit_heads_begin
before insert on audit_heads for each row execute function head_begins();

create function head_moves() returns trigger language plpgsql as $$
begin
    if new.chain <> old.chain or new.position not in (old.position, old.position + 1)
        or (new.position = old.position and new.hash <> old.hash)
    then
        raise exception 'the head of a chain only moves on' using errcode = 'insufficient_privilege';
    end if;
    if new.position > old.position then
        new.moved_at := least(coalesce(old.moved_at, now()), now());
    elsif new.moved_at is not null and new.moved_at is distinct from old.moved_at then
        raise exception 'since when a head waits is not for choosing' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;

create trigger audit_heads_move_on
before update on audit_heads for each row execute function head_moves();

create trigger audit_heads_stay
before delete or truncate on audit_heads
for each statement execute function refuse_change();

-- What was signed: the body's bytes hold number, time, the hash of the body before, and every head that had moved
-- (domain/checkpoint.py). It is about the whole trail, and so belongs to no site.
create table audit_checkpoints (
    number bigint primary key check (number >= 1),
    body bytea not null,
    key_id text not null,
    signature bytea not null,
    -- Machine time, by the database's clock; what counts is what was signed, which says the same.
    at timestamptz not null check (isfinite(at))
);

create trigger audit_checkpoints_append_only
before update or delete or truncate on audit_checkpoints
for each statement execute function refuse_change();

-- Whose turn it is to write one: of many workers whoever holds the row.
create table audit_turn (
    singleton boolean primary key default true check (singleton)
);
insert into audit_turn default values;

-- When a member of staff was last noted as having read what: one entry in the trail a quarter of an hour.
create table record_reads (
    staff_id uuid not null references staff (id),
    about_id uuid not null,
    action text not null,
    site_id uuid not null references sites (id),
    participant_id uuid references participants (id),
    at timestamptz not null,
    primary key (staff_id, about_id, action)
);

grant select on audit_checkpoints to nightbell_app, nightbell_worker;
grant insert on audit_checkpoints to nightbell_worker;
grant select on audit_turn to nightbell_app;
grant select, update on audit_turn to nightbell_worker;
grant select, insert, update on record_reads to nightbell_app;

-- migrate:down

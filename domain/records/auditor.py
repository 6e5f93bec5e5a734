"""The auditor: what should have rung and did not, in one statement of bounded cost (design.md, rule 6; cases.md 16).

It trusts nothing that the rest of the program believes of itself, not even the constraints of the tables. Each kind
reads a partial index, oldest first, and stops at `LIMIT`: a look costs what it finds and not what there is.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from domain.records.rows import Connection, many
from domain.watch import Finding

LIMIT = 1_000
"""What a kind counts at most, and the most rows it looks at: a thousand is no less red than a million."""

REMINDER_GRACE = timedelta(minutes=15)
"""All reminders of an hour are due at once, and none of them is urgent; ours."""

LOOK_BACK = timedelta(days=7)
"""How old a report may be that came after the answer to its alert, and is red still; ours."""

CLOCKS_APART = timedelta(seconds=5)
"""How far the instants of two nodes may be apart: each is within two seconds of the database, or claims nothing."""


CHORE_GRACE = timedelta(days=1)
"""A site's chores are daily and look days ahead: one that is a day late is a fault; ours."""


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of finding: what it means, and a statement for `id` and `since`, oldest first and limited.

    $1 is `now` less the grace of a page, $2 less that of a reminder, $3 less `LOOK_BACK`, $4 is `CLOCKS_APART`, $5 is
    `now` less the grace of a site's chores, $6 whether a protocol is in force that must not be.
    """

    means: str
    sql: str


KINDS: Mapping[str, Kind] = {
    "urgent_reports_without_alert": Kind(
        means="Urgent reports that ring nobody, because they have no alert.",
        sql="""
            select id, received_at as since from reports
            where level in ('urgent', 'emergency') and alert_id is null and is_verified
            order by received_at limit 1000
        """,
    ),
    # A report after the contact rings anew, so one whose alert stays answered was heard by nobody. Of the week's
    # reports the newest are looked at. The join is lateral and limited, or the planner might read all alerts.
    "urgent_reports_after_the_answer": Kind(
        means="Urgent reports of the last seven days that came after the patient was last reached, and rang nobody.",
        sql="""
            select recent.id, recent.received_at as since
            from (
                select id, alert_id, received_at from reports
                where level in ('urgent', 'emergency') and alert_id is not null and is_verified and received_at > $3
                order by received_at desc limit 1000
            ) as recent
            left join lateral (
                select state, contacted_at from alerts where alerts.id = recent.alert_id limit 1
            ) as alert on true
            where alert.state is null or (
                alert.state in ('contacted', 'resolved')
                and (alert.contacted_at is null or alert.contacted_at < recent.received_at - $4::interval)
            )
        """,
    ),
    "alerts_without_next_step": Kind(
        means="Unanswered alerts that will never ring again.",
        sql="""
            select id, opened_at as since from alerts
            where due_at is null and state in ('open', 'exhausted', 'acknowledged')
            order by opened_at limit 1000
        """,
    ),
    "alerts_past_their_step": Kind(
        means="Alerts whose next step is late.",
        sql="select id, due_at as since from alerts where due_at < $1 order by due_at limit 1000",
    ),
    "alerts_exhausted": Kind(
        means="Alerts of which every step was rung and nobody answered.",
        sql="""
            select id, round_started_at as since from alerts
            where state = 'exhausted' order by round_started_at limit 1000
        """,
    ),
    # The thousandth counts unseen: a look that ends there must not say that all is well.
    "alerts_nobody_was_told_of": Kind(
        means="Unanswered alerts of which the provider took no page in this round.",
        sql="""
            select id, since
            from (
                select id, round, round_started_at as since, row_number() over (order by round_started_at) as place
                from alerts where state in ('open', 'exhausted') and round_started_at < $1 and not is_drill
                order by round_started_at limit 1000
            ) as unanswered
            where place = 1000 or (
                select true from messages
                where messages.alert_id = unanswered.id and messages.round = unanswered.round
                    and messages.state in ('accepted', 'delivered')
                limit 1
            ) is null
        """,
    ),
    "messages_without_next_look": Kind(
        means="Texts that are not settled and that nobody will look at again.",
        sql="""
            select id, created_at as since from messages
            where due_at is null and state in ('pending', 'sending', 'unknown', 'accepted')
            order by created_at limit 1000
        """,
    ),
    "messages_past_their_time": Kind(
        means="Texts to staff that are late.",
        sql="""
            select id, due_at as since from messages
            where due_at < $1 and alert_id is not null order by due_at limit 1000
        """,
    ),
    "reminders_past_their_time": Kind(
        means="Years that nobody has looked at, and texts to participants and caregivers that are late or were refused "
        "five times.",
        sql="""
            (select id, due_at as since from plans where due_at < $2 order by due_at limit 1000)
            union all
            (
                select id, due_at from messages
                where due_at < $2 and alert_id is null order by due_at limit 1000
            )
            union all
            (
                select id, created_at from messages
                where due_at is not null and alert_id is null and attempts >= 5 and due_at >= $2
                order by created_at limit 1000
            )
            limit 1000
        """,
    ),
    "sites_not_safe": Kind(
        means="Live sites whose last drill failed.",
        sql="""
            select id, unsafe_since as since from sites
            where unsafe_since is not null and live_since is not null order by unsafe_since limit 1000
        """,
    ),
    "sites_past_their_look": Kind(
        means="Live sites at whose rota nobody has looked for a day.",
        sql="""
            select id, coverage_due_at as since from sites
            where coverage_due_at < $5 order by coverage_due_at limit 1000
        """,
    ),
    # What is in force is known to the process alone, which has verified the signatures ($6).
    "sites_on_an_unreleased_protocol": Kind(
        means="Live sites of production whose reports are judged by a protocol that nobody has released, or that does "
        "not hold together any more.",
        sql="""
            select id, live_since as since from sites
            where $6::boolean and live_since is not null order by live_since limit 1000
        """,
    ),
    # Machine time, which is trial time but in a sandbox: what is not signed can be changed unseen (rule 10).
    "audit_chains_unsigned": Kind(
        means="Chains of the audit trail with entries that no checkpoint has signed for ten minutes, or whose mark of "
        "since when they wait lies ahead.",
        sql="""
            select
                case
                    when chain ~ '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then split_part(chain, '/', 2)::uuid
                    else '00000000-0000-0000-0000-000000000000'::uuid
                end as id,
                least(moved_at, now()) as since
            from (
                (
                    select chain, moved_at from audit_heads
                    where moved_at < now() - interval '10 minutes' order by moved_at limit 1000
                )
                union all
                (
                    select chain, moved_at from audit_heads
                    where moved_at > now() + interval '1 minute' order by moved_at desc limit 1000
                )
            ) as unsigned
            order by moved_at limit 1000
        """,
    ),
    "tasks_past_their_time": Kind(
        means="Tasks that a human should have closed and has not.",
        sql="""
            select id, due_at as since from tasks
            where resolved_at is null and due_at < $1 order by due_at limit 1000
        """,
    ),
}
"""By name, which is a field of the safety answer and a label of the metrics. To add a kind is to add one here."""

_STATEMENT = "\nunion all\n".join(
    f"""
    select '{name}' as kind, count(*) as count, min(since) as oldest,
        coalesce((array_agg(id order by since))[1:3], '{{}}') as ids
    from ({kind.sql}) as {name}
    """  # noqa: S608 - names and statements of the table above
    for name, kind in KINDS.items()
)


async def find(
    connection: Connection, now: datetime, grace: timedelta, *, is_unreleased: bool = False
) -> tuple[Finding, ...]:
    """Return one finding of each kind, in their order; what is late by less than `grace` at `now` is not.

    `is_unreleased` says that production judges by a protocol that is not released.
    """
    return await many(
        connection,
        Finding,
        _STATEMENT,
        now - grace,
        now - REMINDER_GRACE,
        now - LOOK_BACK,
        CLOCKS_APART,
        now - CHORE_GRACE,
        is_unreleased,
    )

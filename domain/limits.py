"""How much one phone may hand in, and how often a phone that nobody vouches for may ring (contract.md).

Limits are counted in machine time. Everything that is accepted is stored; what is not is answered, and the site hears
of it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from domain.decision import Change, Context, Decision
from domain.intake import Origin
from domain.report import Sender
from domain.task import Task, TaskKind

MOST_A_DAY = 500
"""Reports of one phone, variants included."""

DAY = timedelta(days=1)

UNVERIFIED_EVERY = timedelta(hours=6)
"""So often may a phone ring that the site has replaced, or whose tokens were stolen."""

FLOOD_TASK_DUE = timedelta(hours=1)
"""A site's alarm; ours."""


class Use(Struct, frozen=True, kw_only=True):
    """What a phone has handed in lately."""

    within_a_day: int
    """Counted up to `MOST_A_DAY`."""
    rang_unverified_at: datetime | None
    """When it last rang while nobody vouched for it, in machine time."""
    flood_task: UUID | None
    """The open task that says so, if there is one."""


def may_ring(sender: Sender, use: Use, machine_now: datetime) -> bool:
    """Say whether a report may begin a round as far as its phone is concerned."""
    last = use.rang_unverified_at
    return sender.is_verified or last is None or machine_now - last >= UNVERIFIED_EVERY


def is_flood(use: Use) -> bool:
    """Say whether a phone has handed in all that it may in a day."""
    return use.within_a_day >= MOST_A_DAY


def alarm(origin: Origin, use: Use, context: Context) -> Decision | None:
    """Tell the site of a flood, once as long as nobody has looked."""
    if use.flood_task is not None:
        return None
    task = Task(
        id=context.entropy.uuid("task/flood"),
        site_id=origin.site.id,
        participant_id=origin.participant.id,
        kind=TaskKind.REPORT_FLOOD,
        about_id=origin.sender.session_id,
        created_at=context.now,
        due_at=context.now + FLOOD_TASK_DUE,
    )
    return context.decide(
        "report.flood", (Change(task),), site_id=origin.site.id, participant_id=origin.participant.id
    )

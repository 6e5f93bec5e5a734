"""A task that nobody has looked at in time is told to others: to the team when it is due, then to its head.

Tasks that are overdue at the same look are one mail. What was closed before is told to nobody, and what is told is
still in every digest and on the work list.
"""

from collections import Counter
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from msgspec.structs import replace

from domain import mailing
from domain.decision import Change, Context, Decision
from domain.delivery import Notice
from domain.mailing import Counted, Mail, Reader
from domain.people import Site
from domain.protocol.schema import Protocol
from domain.task import Task

AGAIN = timedelta(hours=24)
"""The principal investigator is told of what is open still after this; ours."""

TEAM, HEAD = 1, 2
"""`Task.told`: whose turn has come."""

TEMPLATES = {TEAM: "mail.overdue", HEAD: "mail.still-overdue"}


def escalate(
    site: Site, tasks: tuple[Task, ...], readers: tuple[Reader, ...], protocol: Protocol, context: Context
) -> tuple[Decision, ...]:
    """Tell of open tasks that are due to be told of, a level at a time; one decision a participant, and the mail's.

    Without readers the level is counted all the same, and `Task.notices` says that nobody was told.
    """
    notices = {level: _notices(level, site, tasks, readers, protocol, context) for level in TEMPLATES}
    told = [Change(_tell(each, notices[each.told + 1], context), each) for each in tasks]
    everything = [Change(each) for level in notices.values() for each in level]
    mail = context.decide("notice.make", tuple(everything), site_id=site.id) if everything else None
    return (*_by_participant(site, told, context), *([mail] if mail else []))


def _notices(
    level: int,
    site: Site,
    tasks: tuple[Task, ...],
    readers: tuple[Reader, ...],
    protocol: Protocol,
    context: Context,
) -> tuple[Notice, ...]:
    kinds = Counter(each.kind for each in tasks if each.told + 1 == level)
    if not kinds:
        return ()
    mail = Mail(
        template=TEMPLATES[level],
        numbers={"count": kinds.total()},
        lines=tuple(Counted(kind, kinds[kind]) for kind in sorted(kinds)),
        valid_until=context.now + AGAIN,
    )
    return tuple(
        mailing.to_reader(
            mail,
            context.entropy.uuid(f"overdue/{site.id}/{level}/{each.staff_id}"),
            each,
            site,
            protocol,
            context,
        )
        for each in readers
        if (each.is_working if level == TEAM else each.is_principal)
    )


def _tell(task: Task, notices: tuple[Notice, ...], context: Context) -> Task:
    return replace(
        task,
        told=task.told + 1,
        look_at=context.now + AGAIN if task.told + 1 == TEAM else None,
        notices=(*task.notices, *(each.id for each in notices)),
    )


def _by_participant(site: Site, told: list[Change], context: Context) -> tuple[Decision, ...]:
    """Return a decision for each participant, in an order that all workers keep; those about nobody come last."""
    ordered = sorted(told, key=_chain)
    return tuple(
        context.decide(
            "task.escalate",
            tuple(changes),
            site_id=site.id,
            participant_id=UUID(chain) if chain < "~" else None,
        )
        for chain, changes in groupby(ordered, key=_chain)
    )


def _chain(change: Change) -> str:
    task = change.after
    return str(task.participant_id) if isinstance(task, Task) and task.participant_id else "~"

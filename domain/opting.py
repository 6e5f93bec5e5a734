"""STOP and START: a number whose holder wants no texts, so that nobody is silenced unseen (cases.md 15).

A responder is passed by from then on, and each of her sites has a task; a participant's number is given up like a
dead one.
"""

from uuid import UUID

from msgspec.structs import replace

from domain import answering, escalation
from domain.decision import Change, Context, Decision
from domain.delivery import Message
from domain.escalation import Alert
from domain.paging import COVERAGE_TASK_DUE
from domain.people import Contact
from domain.reminding import DEAD_NUMBER_DUE
from domain.task import Task, TaskKind


def stop(contact: Contact, site_ids: tuple[UUID, ...], context: Context) -> Decision | None:
    """Send nothing to a number any more, and tell the sites of whoever holds it; None if it is so already."""
    if contact.unusable_since is not None:
        return None
    silenced = Change(replace(contact, unusable_since=context.now), contact)
    tasks = (Change(_task(contact, site_id, context)) for site_id in site_ids)
    return _about(contact, "contact.stop", (silenced, *tasks), site_ids, context)


def start(contact: Contact, site_ids: tuple[UUID, ...], context: Context) -> Decision | None:
    """Use a number again, at its holder's own word; None if it is in use. Whoever saw to the task closes it."""
    if contact.unusable_since is None:
        return None
    used = Change(replace(contact, unusable_since=None), contact)
    return _about(contact, "contact.start", (used,), site_ids, context)


def pass_on(alert: Alert, page: Message, context: Context) -> Decision | None:
    """Ring the next step at once where the one that waits has rung a number that takes no more texts."""
    hurried = escalation.hurry(
        alert, round_number=page.round, step_index=page.step, all_failed=False, now=context.now
    )
    return (
        None if hurried is None else answering.about("alert.hurry", (Change(hurried, alert),), alert, context)
    )


def _task(contact: Contact, site_id: UUID, context: Context) -> Task:
    is_staff = contact.staff_id is not None
    return Task(
        id=context.entropy.uuid(f"task/stop/{contact.id}/{site_id}"),
        site_id=site_id,
        participant_id=contact.participant_id,
        kind=TaskKind.COVERAGE if is_staff else TaskKind.DEAD_NUMBER,
        about_id=contact.staff_id or contact.account_id or contact.id,
        created_at=context.now,
        due_at=context.now + (COVERAGE_TASK_DUE if is_staff else DEAD_NUMBER_DUE),
    )


def _about(
    contact: Contact, action: str, changes: tuple[Change, ...], site_ids: tuple[UUID, ...], context: Context
) -> Decision:
    site_id = site_ids[0] if len(site_ids) == 1 else None
    return context.decide(action, changes, site_id=site_id, participant_id=contact.participant_id)

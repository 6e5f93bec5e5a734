"""The one way to change anything: a decision, its audit entry, its rows, in the caller's transaction."""

from domain.decision import Change, Decision
from domain.delivery import Attempt, Message
from domain.escalation import Alert
from domain.people import (
    Account,
    ActivationCode,
    Administration,
    Contact,
    Credential,
    Participant,
    Session,
    Shift,
    Site,
    Staff,
)
from domain.records import (
    accounts,
    alerts,
    audit,
    contacts,
    messages,
    participants,
    reports,
    sessions,
    shifts,
    sites,
    staff,
    tasks,
    wakeup,
)
from domain.records.rows import Connection
from domain.records.writing import Writing
from domain.report import Report
from domain.task import Task


async def write(connection: Connection, decision: Decision | None, *, request_id: str = "") -> None:
    """Write a decision whole; None writes nothing. The caller commits, and answers only after that."""
    if decision is None:
        return
    await audit.append(connection, decision, request_id)
    writing = Writing(connection)
    for change in decision.changes:
        await _apply(writing, change)
    if any(isinstance(change.after, Message | Alert) for change in decision.changes):
        await wakeup.notify(connection)


async def _apply(writing: Writing, change: Change) -> None:
    new = change.before is None
    match change.after:
        case Report() as report:
            await reports.insert(writing, report)
        case Alert() as alert:
            await (alerts.insert if new else alerts.update)(writing, alert)
        case Message() as message:
            await (messages.insert if new else messages.update)(writing, message)
        case Attempt() as attempt:
            await (
                messages.insert_attempt(writing, attempt)
                if new
                else messages.update_attempt(writing, attempt)
            )
        case Task() as task:
            await (tasks.insert if new else tasks.update)(writing, task)
        case _:
            await _apply_enrolment(writing, change)


async def _apply_enrolment(writing: Writing, change: Change) -> None:
    new = change.before is None
    match change.after:
        case Session() as session:
            await (sessions.insert if new else sessions.update)(writing, session)
        case ActivationCode() as code:
            await (accounts.insert_code if new else accounts.update_code)(writing, code)
        case Account() as account:
            await accounts.insert(writing, account)
        case Participant() as participant:
            await participants.insert(writing, participant)
        case Administration() as administration:
            await participants.insert_administration(writing, administration)
        case _:
            await _apply_site(writing, change)


async def _apply_site(writing: Writing, change: Change) -> None:
    match change.after:
        case Site() as site:
            await (sites.insert if change.before is None else sites.update)(writing, site)
        case Staff() as person:
            await staff.insert(writing, person)
        case Credential() as credential:
            await staff.insert_credential(writing, credential)
        case Contact() as contact:
            await contacts.insert(writing, contact)
        case Shift() as shift:
            await shifts.insert(writing, shift)
        case other:
            msg = f"no writer for {type(other).__name__}"
            raise AssertionError(msg)

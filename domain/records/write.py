"""The one way to change anything: a decision, its audit entry, its rows, in the caller's transaction."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from domain.acts import AlertAct
from domain.attempt import Attempt
from domain.candidate import EventCandidate
from domain.decision import Change, Decision
from domain.delivery import Message, Notice, ReminderText
from domain.drill import Drill
from domain.escalation import Alert
from domain.key_rotation import KeyRotation
from domain.occasion import OccasionRecord
from domain.people import (
    Account,
    ActivationCode,
    Administration,
    CalendarFeed,
    ComplicationRecord,
    Contact,
    Credential,
    Participant,
    Session,
    Shift,
    Site,
    Staff,
)
from domain.plan import PlanVersion
from domain.protocols import ProtocolApproval, RecordedProtocol
from domain.records import (
    accounts,
    acts,
    alerts,
    attempts,
    audit,
    contacts,
    drills,
    messages,
    notices,
    participants,
    plans,
    policies,
    protocols,
    reminders,
    reports,
    rota,
    sealed_rows,
    sessions,
    shifts,
    signatures,
    sites,
    staff,
    staff_access,
    tasks,
    wakeup,
)
from domain.records.rows import Connection
from domain.records.writing import Writing
from domain.reminder import Consent, PhoneReceipt, Reminder
from domain.report import Report
from domain.signature import Signature
from domain.site_policy import SitePolicy
from domain.staff_access import RecoveryCode, StaffInvitation
from domain.task import Task

_WAKING = (Message, Alert, ReminderText, Notice, PlanVersion)
"""What a worker must hear of at once."""


async def write(connection: Connection, decision: Decision | None, *, request_id: str = "") -> None:
    """Write a decision whole; None writes nothing. The caller commits, and answers only after that."""
    if decision is None:
        return
    await audit.append(connection, decision, request_id)
    writing = Writing(connection)
    for change in decision.changes:
        await _apply(writing, change)
    if any(isinstance(change.after, _WAKING) for change in decision.changes):
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
            await (attempts.insert(writing, attempt) if new else attempts.update(writing, attempt))
        case Task() as task:
            await (tasks.insert if new else tasks.update)(writing, task)
        case _:
            await _apply_answer(writing, change)


async def _apply_answer(writing: Writing, change: Change) -> None:
    new = change.before is None
    match change.after:
        case Notice() as notice:
            await (notices.insert_notice if new else messages.update)(writing, notice)
        case AlertAct() as act:
            await acts.insert(writing, act)
        case SitePolicy() as policy:
            await policies.insert(writing, policy)
        case EventCandidate() as candidate:
            await acts.insert_candidate(writing, candidate)
        case Drill() as drill:
            await (drills.insert if new else drills.update)(writing, drill)
        case _:
            await _apply_year(writing, change)


async def _apply_year(writing: Writing, change: Change) -> None:
    new = change.before is None
    match change.after:
        case PlanVersion() as plan:
            await (plans.insert if new else plans.close)(writing, plan)
        case OccasionRecord() as record:
            await (plans.insert_record if new else plans.update_record)(writing, record)
        case ReminderText() as text:
            await (messages.insert_reminder if new else messages.update)(writing, text)
        case Reminder() as reminder:
            await reminders.insert(writing, reminder)
        case PhoneReceipt() as receipt:
            await reminders.insert_receipt(writing, receipt)
        case Consent() as consent:
            await (reminders.insert_consent if new else reminders.withdraw_consent)(writing, consent)
        case CalendarFeed() as feed:
            await (reminders.insert_feed if new else reminders.revoke_feed)(writing, feed)
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
            await (accounts.insert if new else accounts.update)(writing, account)
        case Participant() as participant:
            await (participants.insert if new else participants.update)(writing, participant)
        case Administration() as administration:
            await (participants.insert_administration if new else participants.update_administration)(
                writing, administration
            )
        case ComplicationRecord() as complication:
            await participants.insert_complication(writing, complication)
        case _:
            await _apply_access(writing, change)


async def _apply_access(writing: Writing, change: Change) -> None:
    new = change.before is None
    match change.after:
        case Credential() as credential:
            await (staff.insert_credential if new else staff.update_credential)(writing, credential)
        case StaffInvitation() as invitation:
            await (staff_access.insert if new else staff_access.update)(writing, invitation)
        case RecoveryCode() as code:
            await (staff_access.insert_code if new else staff_access.update_code)(writing, code)
        case _:
            await _apply_site(writing, change)


async def _apply_site(writing: Writing, change: Change) -> None:
    match change.after:
        case Site() as site:
            await _site_writer(change)(writing, site)
        case Staff() as person:
            await (staff.insert if change.before is None else staff.close)(writing, person)
        case Contact() as contact:
            await _contact_writer(change)(writing, contact)
        case Shift() as shift:
            await (shifts.insert if change.before is None else rota.remove)(writing, shift)
        case _:
            await _apply_signed(writing, change)


async def _apply_signed(writing: Writing, change: Change) -> None:
    match change.after:
        case RecordedProtocol() as protocol:
            await protocols.insert(writing, protocol)
        case ProtocolApproval() as approval:
            await protocols.insert_approval(writing, approval)
        case Signature() as signature:
            await signatures.insert(writing, signature)
        case _:
            await _apply_system(writing, change)


async def _apply_system(writing: Writing, change: Change) -> None:
    match change.after:
        case KeyRotation() as run:
            await sealed_rows.insert_rotation(writing, run)
        case other:
            msg = f"no writer for {type(other).__name__}"
            raise AssertionError(msg)


def _site_writer(change: Change) -> Callable[[Writing, Site], Awaitable[None]]:
    before, after = change.before, change.after
    if not isinstance(before, Site) or not isinstance(after, Site):
        return sites.insert
    # All that a worker may change of a site.
    drilled = replace(before, drill_due_at=after.drill_due_at, unsafe_since=after.unsafe_since)
    return sites.set_drills if drilled == after else sites.update


def _contact_writer(change: Change) -> Callable[[Writing, Contact], Awaitable[None]]:
    before, after = change.before, change.after
    if not isinstance(before, Contact) or not isinstance(after, Contact):
        return contacts.insert
    same_number = before.sealed == after.sealed
    return contacts.set_unusable if same_number else contacts.update

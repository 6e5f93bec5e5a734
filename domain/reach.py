"""How a participant or caregiver is reached: her consent to SMS, what her phones say, her calendar's secret address."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.errors import BodyInvalid, Fault, ParticipationEnded
from domain.people import Account, CalendarFeed, Contact, Participant, ParticipantState, Session
from domain.reminder import Consent, PhoneReceipt, ReceiptKind


class Told(Struct, frozen=True):
    """One thing a phone says of a reminder, by its own clock."""

    reminder_id: UUID
    kind: ReceiptKind
    device_time: datetime


class Filed(Struct, frozen=True, kw_only=True):
    """What is on file for an account: the consent in force and the number."""

    consent: Consent | None
    contact: Contact | None


def consent(
    participant: Participant,
    account: Account,
    filed: Filed,
    contact: Contact,
    given_on: date,
    today: date,
    staff_id: UUID,
    context: Context,
    version: str = "",
) -> Decision:
    """Record a consent to SMS with the number it is for; an earlier one is closed, and stays.

    Raises ParticipationEnded, and BodyInvalid for a consent that lies ahead.
    """
    if participant.state is ParticipantState.ENDED:
        raise ParticipationEnded("This participation has ended.")
    if given_on > today:
        fault = Fault("/consentedOn", "must not be in the future")
        raise BodyInvalid("What has not happened cannot be recorded.", faults=(fault,))
    given = Consent(
        id=context.entropy.uuid("consent"),
        site_id=account.site_id,
        participant_id=account.participant_id,
        account_id=account.id,
        given_on=given_on,
        recorded_at=context.now,
        recorded_by=staff_id,
        version=version,
    )
    changes = (*_withdrawn(filed.consent, context), Change(given), Change(contact, filed.contact))
    return _about(account, "sms-consent.record", changes, context)


def withdraw(account: Account, known: Consent | None, context: Context) -> Decision | None:
    """Take a consent back; None if there is none in force. The number stays on file, and gets nothing."""
    changes = _withdrawn(known, context)
    return _about(account, "sms-consent.withdraw", changes, context) if changes else None


def file_number(
    account: Account, filed: Filed, contact: Contact, context: Context, *, is_new: bool
) -> Decision | None:
    """Keep a number to call her at, with or without a consent to SMS; None if it is the one on file.

    A consent is for one number: it is not carried over to another, but withdrawn. `is_new` opens the account.
    """
    held = filed.contact
    if held is not None and held.is_on_file and held.blind_index == contact.blind_index:
        return None
    opened = (Change(account),) if is_new else ()
    changes = (*opened, *_withdrawn(filed.consent, context), Change(contact, held))
    return _about(account, "phone-number.record", changes, context)


def remove_number(account: Account, filed: Filed, context: Context) -> Decision | None:
    """Forget a number, and the consent that was for it; None if there is none on file."""
    held = filed.contact
    if held is None or not held.is_on_file:
        return None
    empty = replace(held, sealed=b"", blind_index=b"", prefix=None, unusable_since=context.now)
    changes = (*_withdrawn(filed.consent, context), Change(empty, held))
    return _about(account, "phone-number.remove", changes, context)


def take_receipts(
    session: Session,
    account: Account,
    version: int,
    told: tuple[Told, ...],
    known: tuple[PhoneReceipt, ...],
    context: Context,
) -> Decision | None:
    """Note what a phone says, each thing once, and which version of the plan it holds; None if nothing is new."""
    seen = {(each.reminder_id, each.kind) for each in known}
    fresh: dict[tuple[UUID, ReceiptKind], Change] = {}
    for each in told:
        key = (each.reminder_id, each.kind)
        if key not in seen:
            fresh.setdefault(key, Change(_receipt(session, account, each, context)))
    held = replace(session, plan_version=version)
    changes = (*([] if held == session else [Change(held, session)]), *fresh.values())
    return _about(account, "reminder-receipt.record", changes, context) if changes else None


def open_feed(
    account: Account, known: CalendarFeed | None, secret_hash: bytes, context: Context
) -> tuple[CalendarFeed, Decision]:
    """Give an account's calendar a secret address; the one before leads nowhere any more."""
    feed = CalendarFeed(
        id=context.entropy.uuid("calendar-feed"),
        site_id=account.site_id,
        participant_id=account.participant_id,
        account_id=account.id,
        secret_hash=secret_hash,
        made_at=context.now,
    )
    changes = (*_revoked(known, context), Change(feed))
    return feed, _about(account, "calendar-feed.make", changes, context)


def close_feed(account: Account, known: CalendarFeed | None, context: Context) -> Decision | None:
    """Let the secret address lead nowhere; None if there is none."""
    changes = _revoked(known, context)
    return _about(account, "calendar-feed.revoke", changes, context) if changes else None


def _receipt(session: Session, account: Account, told: Told, context: Context) -> PhoneReceipt:
    return PhoneReceipt(
        id=context.entropy.uuid(f"receipt/{told.reminder_id}/{told.kind}"),
        site_id=account.site_id,
        participant_id=account.participant_id,
        account_id=account.id,
        session_id=session.id,
        reminder_id=told.reminder_id,
        kind=told.kind,
        device_time=told.device_time,
        told_at=context.now,
    )


def _withdrawn(known: Consent | None, context: Context) -> tuple[Change, ...]:
    return () if known is None else (Change(replace(known, withdrawn_at=context.now), known),)


def _revoked(known: CalendarFeed | None, context: Context) -> tuple[Change, ...]:
    return () if known is None else (Change(replace(known, revoked_at=context.now), known),)


def _about(account: Account, action: str, changes: tuple[Change, ...], context: Context) -> Decision:
    return context.decide(action, changes, site_id=account.site_id, participant_id=account.participant_id)

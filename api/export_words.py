"""What is held about somebody, as she reads it."""

from msgspec import UNSET, UnsetType

from api.shapes.base import Instant, Language
from api.shapes.export import (
    HeldAlert,
    HeldCalendar,
    HeldCode,
    HeldContact,
    HeldDevice,
    HeldMention,
    HeldReceipt,
    HeldReminder,
    HeldText,
    HeldTrailLine,
)
from api.words import known
from domain.people import ActivationCode, CalendarFeed, Contact, Session
from domain.records.holdings import AlertLine, SentText, TrailLine
from domain.records.sealing import Vault
from domain.reminder import PhoneReceipt, Reminder
from domain.report import Report


def contact(vault: Vault, each: Contact) -> HeldContact:
    """Show a number or an address to whom it belongs."""
    return HeldContact(
        kind=each.kind.value, value=vault.open_contact(each), unusable_since=known(each.unusable_since)
    )


def mention(each: Report) -> HeldMention:
    """Say that somebody has reported."""
    return HeldMention(received_at=each.received_at, level=each.triage.level.value)


def alert(each: AlertLine) -> HeldAlert:
    """Show an alert."""
    return HeldAlert(
        opened_at=each.opened_at,
        level="emergency" if each.level == "emergency" else "urgent",
        state=each.state,
        contacted_at=known(each.contacted_at),
        resolved_at=known(each.resolved_at),
    )


def device(each: Session) -> HeldDevice:
    """Show a phone."""
    because: str | UnsetType = UNSET if each.revoked_because is None else each.revoked_because.value
    return HeldDevice(
        device_id=each.device_id,
        signed_in_at=each.created_at,
        last_seen_at=each.rotated_at,
        ended_at=known(each.revoked_at),
        ended_because=because,
    )


def code(each: ActivationCode) -> HeldCode:
    """Show that a code was issued."""
    return HeldCode(
        issued_at=each.issued_at,
        expires_at=each.expires_at,
        redeemed_at=known(each.redeemed_at),
        revoked_at=known(each.revoked_at),
    )


def calendar(each: CalendarFeed) -> HeldCalendar:
    """Show that a calendar was made."""
    return HeldCalendar(made_at=each.made_at, revoked_at=known(each.revoked_at))


def reminder(each: Reminder) -> HeldReminder:
    """Show what somebody was reminded of."""
    return HeldReminder(
        reminder_id=each.id, kind=each.kind.value, week=each.week, target_date=each.target, at=each.at
    )


def receipt(each: PhoneReceipt) -> HeldReceipt:
    """Show what a phone said."""
    return HeldReceipt(
        reminder_id=each.reminder_id,
        event=each.kind.value,
        device_time=each.device_time,
        told_at=each.told_at,
    )


def text(each: SentText) -> HeldText:
    """Show what became of a text."""
    return HeldText(
        template=each.template,
        language=spoken(each.language),
        state=each.state,
        made_at=each.created_at,
        accepted_at=known(each.accepted_at),
        delivered_at=known(each.delivered_at),
    )


def trail_line(each: TrailLine) -> HeldTrailLine:
    """Show who did something, and when."""
    at: Instant = each.at
    return HeldTrailLine(action=each.action, at=at, by=each.role, actor_id=known(each.actor_id))


def spoken(language: str) -> Language:
    """Name a language as the contract does."""
    return "en" if language == "en" else "zh-CN"

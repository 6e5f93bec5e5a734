"""Everything that is held about somebody, as one document for her alone."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.advice import LevelName
from api.shapes.alerts import StaffReport
from api.shapes.base import AccountRole, Instant, Language, View
from api.shapes.schedule import ScheduleView
from api.shapes.site import ComplicationView, ConsentView, EndView


class HeldContact(View, frozen=True, kw_only=True):
    """A number or an address, in clear."""

    kind: Literal["phone", "email"]
    value: str
    unusable_since: Instant | UnsetType = UNSET
    """No text goes there since."""


class HeldMention(View, frozen=True, kw_only=True):
    """That the caregiver has reported; her words are hers, and the site may show them."""

    received_at: Instant
    level: LevelName


class HeldAlert(View, frozen=True, kw_only=True):
    """An alert about the participant: when it rang and when somebody had reached her."""

    opened_at: Instant
    level: LevelName
    state: Annotated[str, Meta(examples=["resolved"])]
    contacted_at: Instant | UnsetType = UNSET
    resolved_at: Instant | UnsetType = UNSET


class HeldDevice(View, frozen=True, kw_only=True):
    """A phone that is, or was, signed in."""

    device_id: UUID
    signed_in_at: Instant
    last_seen_at: Instant
    """When its tokens were last renewed."""
    ended_at: Instant | UnsetType = UNSET
    ended_because: Annotated[str, Meta(examples=["signed-out"])] | UnsetType = UNSET


class HeldCode(View, frozen=True, kw_only=True):
    """A one-time code; of itself only a hash is kept."""

    issued_at: Instant
    expires_at: Instant
    redeemed_at: Instant | UnsetType = UNSET
    revoked_at: Instant | UnsetType = UNSET


class HeldCalendar(View, frozen=True, kw_only=True):
    """A calendar's address; of itself only a hash is kept."""

    made_at: Instant
    revoked_at: Instant | UnsetType = UNSET


class HeldReminder(View, frozen=True, kw_only=True):
    """What she was reminded of."""

    reminder_id: UUID
    kind: Literal["visit", "check-in"]
    week: int
    target_date: date
    at: Instant


class HeldReceipt(View, frozen=True, kw_only=True):
    """What a phone said of a reminder, by its own clock."""

    reminder_id: UUID
    event: Literal["scheduled", "shown", "opened"]
    device_time: Instant
    told_at: Instant


class HeldText(View, frozen=True, kw_only=True):
    """A text to her, by the name of its words, and what became of it."""

    template: Annotated[str, Meta(examples=["sms.check-in"])]
    language: Language
    state: Annotated[str, Meta(examples=["delivered"])]
    made_at: Instant
    accepted_at: Instant | UnsetType = UNSET
    delivered_at: Instant | UnsetType = UNSET


class HeldTrailLine(View, frozen=True, kw_only=True):
    """Who has done something about her record, and when. Whose id a member of staff's is, the site says."""

    action: Annotated[str, Meta(examples=["report.submit"])]
    at: Instant
    by: Annotated[str, Meta(examples=["participant"])]
    actor_id: UUID | UnsetType = UNSET


class Export(View, frozen=True, kw_only=True):
    """Everything that is held about the caller, oldest first. A caregiver gets what is about herself."""

    role: AccountRole
    subject_number: str
    site: str
    state: Literal["enrolled", "ended"]
    end: EndView | UnsetType = UNSET
    language: Language
    time_zone: str
    reminder_hour: int
    account_created_at: Instant
    consents: tuple[ConsentView, ...]
    contacts: tuple[HeldContact, ...]
    schedule: ScheduleView
    complications: tuple[ComplicationView, ...]
    """The participant's alone."""
    reports: tuple[StaffReport, ...]
    """Her own, with every answer."""
    caregiver_reports: tuple[HeldMention, ...]
    """The participant's alone: that there are, not what they say."""
    alerts: tuple[HeldAlert, ...]
    """The participant's alone."""
    reminders: tuple[HeldReminder, ...]
    receipts: tuple[HeldReceipt, ...]
    texts: tuple[HeldText, ...]
    devices: tuple[HeldDevice, ...]
    codes: tuple[HeldCode, ...]
    calendars: tuple[HeldCalendar, ...]
    trail: tuple[HeldTrailLine, ...]
    """The participant's whole chain; of a caregiver, what she has done herself."""

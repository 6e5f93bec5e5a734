"""What site staff register and record."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import AccountRole, Address, Body, Instant, Language, TimeZoneName, View
from api.shapes.schedule import Reason

PHONE = r"^\+[1-9][0-9]{6,14}\Z"
"""E.164: a plus sign, the country, the number, no blanks."""


class ParticipantRegistration(Body, frozen=True, kw_only=True):
    """A participant by subject number; no name anywhere."""

    site_id: UUID
    subject_number: Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}\Z", examples=["ZN-0007"])]
    phase: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z", examples=["phase-1"])]


class AdministrationView(View, frozen=True, kw_only=True):
    """A recorded administration."""

    number: int
    given_on: date
    recorded_at: Instant


EndReasonName = Literal["withdrawn", "transplanted", "died", "completed", "lost"]
ComplicationName = Literal["variceal-bleeding", "sepsis", "hepatic-encephalopathy", "hepatorenal-syndrome"]


class EndView(View, frozen=True, kw_only=True):
    """Why and when the participation ended. Nothing goes to participant or caregiver since it was recorded."""

    reason: EndReasonName
    ended_on: date
    recorded_at: Instant


class ComplicationView(View, frozen=True, kw_only=True):
    """A complication that the site has recorded."""

    complication: ComplicationName
    occurred_on: date
    recorded_at: Instant


class ParticipantView(View, frozen=True, kw_only=True):
    """A participant as her site sees her."""

    participant_id: UUID
    site_id: UUID
    subject_number: str
    phase: str
    state: Literal["enrolled", "ended"]
    registered_at: Instant
    end: EndView | UnsetType = UNSET
    administrations: tuple[AdministrationView, ...]
    complications: tuple[ComplicationView, ...]
    numbers_on_file: tuple[AccountRole, ...]
    """Of whom a number to call is on file; a number itself is shown to whoever holds an alert, and to nobody else."""


class ParticipantSummary(View, frozen=True, kw_only=True):
    """A participant in the list."""

    participant_id: UUID
    site_id: UUID
    subject_number: str
    phase: str
    state: Literal["enrolled", "ended"]
    registered_at: Instant
    numbers_on_file: tuple[AccountRole, ...]


class ParticipantPage(View, frozen=True, kw_only=True):
    """Participants of my sites by subject number."""

    participants: tuple[ParticipantSummary, ...]
    next_cursor: str | UnsetType = UNSET


class AdministrationRecord(Body, frozen=True, kw_only=True):
    """The day of an administration, in the site's calendar."""

    given_on: date


class AdministrationCorrection(Body, frozen=True, kw_only=True):
    """The right day of an administration, and why the wrong one was recorded."""

    given_on: date
    reason: Reason


class ParticipationEnd(Body, frozen=True, kw_only=True):
    """Why and on which day of the site the participation ended."""

    reason: EndReasonName
    ended_on: date


class ComplicationReport(Body, frozen=True, kw_only=True):
    """One of the four complications that the trial counts, and the day on which it occurred."""

    complication: ComplicationName
    occurred_on: date


PaperVersion = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,39}\Z", examples=["v2.1 2026-10-01"])
]
"""The version of a paper that was signed, as the site's file names it."""


class ConsentRecord(Body, frozen=True, kw_only=True):
    """A consent that was signed on paper: on which day of the site, on which version."""

    consented_on: date
    version: PaperVersion


ConsentKindName = Literal["sms", "data", "caregiver-access"]


class ConsentView(View, frozen=True, kw_only=True):
    """One consent: who has recorded it, when, on which paper; taken back or in force."""

    kind: ConsentKindName
    role: AccountRole | UnsetType = UNSET
    """Whose number it is for, of a consent to SMS; the others are the participant's."""
    consented_on: date
    version: str
    recorded_at: Instant
    recorded_by: UUID
    withdrawn_at: Instant | UnsetType = UNSET


class ConsentList(View, frozen=True, kw_only=True):
    """Every consent there ever was, of her and of her caregiver, oldest first."""

    consents: tuple[ConsentView, ...]


class SmsConsent(Body, frozen=True, kw_only=True):
    """A consent to be reminded by SMS, and the number it is for. The number is never shown again."""

    phone: Annotated[str, Meta(pattern=PHONE, examples=["+8619900000100"])]
    """E.164."""
    consented_on: date
    version: PaperVersion | UnsetType = UNSET
    """Of the paper that she signed."""


class PhoneNumber(Body, frozen=True, kw_only=True):
    """A number at which she is called; it needs no consent to SMS, and is none."""

    phone: Annotated[str, Meta(pattern=PHONE, examples=["+8619900000100"])]
    """E.164."""
    language: Language = "zh-CN"
    """In which she is spoken to, where this opens her account; one that is there keeps its own."""


class PhoneNumberView(View, frozen=True, kw_only=True):
    """That a number is on file, never which, and whether texts may go there."""

    role: AccountRole
    sms_consent: bool


class SmsConsentView(View, frozen=True, kw_only=True):
    """The consent that is in force."""

    role: Literal["participant", "caregiver"]
    consented_on: date
    recorded_at: Instant


class Holidays(Body, frozen=True, kw_only=True):
    """All days on which a site is closed. Reminders of visits keep off them; the bell does not."""

    days: Annotated[tuple[date, ...], Meta(max_length=366)]


class HolidayList(View, frozen=True, kw_only=True):
    """The days on which a site is closed, in order."""

    days: tuple[date, ...]


class CodeRequest(Body, frozen=True, kw_only=True):
    """For whom the code is, and how the account starts; an account that exists keeps its settings."""

    role: Literal["participant", "caregiver"]
    language: Language = "zh-CN"
    time_zone: TimeZoneName | UnsetType = UNSET
    """The site's unless given."""
    ends_phones: bool = False
    """Sign out every phone that this account has now: one was lost, or sold. What is unsent on it can still be handed
    in for 30 days."""


class IssuedCode(View, frozen=True, kw_only=True):
    """A one-time code, shown this once; a newer one kills it. It is good for 72 hours."""

    code: str
    """Twelve letters in groups of four, to be typed."""
    role: Literal["participant", "caregiver"]
    expires_at: Instant
    link: Address
    """`https://<this server>/activate#code=<code>`: for the app to open. What stands behind the # no browser sends."""
    qr_svg: str
    """The link as a QR code in SVG, to be shown or printed for the phone to scan. It is as secret as the code."""


class DeviceView(View, frozen=True, kw_only=True):
    """A phone that has redeemed a code. Nothing is known of it but when it came and when it last renewed its tokens."""

    session_id: UUID
    """What a task about this phone names as `aboutId`."""
    role: AccountRole
    state: Literal["signed-in", "expired", "signed-out", "replaced", "reused", "ended", "consent-withdrawn"]
    """`reused`: a token of it was used twice, and somebody else may hold it. `ended`: the participation has.
    `consent-withdrawn`: the consent that its sign-in rested on was taken back."""
    activated_at: Instant
    last_rotated_at: Instant
    ends_at: Instant
    """When it was signed out, or will be if it is not used. It may hand in what is unsent for 30 days more."""


class DeviceList(View, frozen=True, kw_only=True):
    """The phones of a participant and her caregiver, the newest first."""

    devices: tuple[DeviceView, ...]

"""What only a sandbox understands."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.shapes.base import Body, Duration, Instant, Language, View
from api.shapes.sandbox_states import ParticipantState, SignedInDevice
from api.shapes.site import PHONE

PhoneNumber = Annotated[str, Meta(pattern=PHONE, examples=["+8619900000100"])]


class ClockMove(Body, frozen=True, kw_only=True):
    """How far to move trial time ahead, as an ISO 8601 duration; at most 400 days at once."""

    advance: Duration


class ClockView(View, frozen=True, kw_only=True):
    """Trial time now."""

    now: Instant
    unanswered_alert_id: UUID | UnsetType = UNSET
    """Time was not moved all the way: everybody has been rung for this alert for a day, and nobody has answered. A bell
    rings until somebody does: acknowledge it and record the contact, then move on."""
    left: Duration | UnsetType = UNSET
    """Time was not moved all the way, for one move may take two minutes: move on by this."""


class PhoneMessageView(View, frozen=True, kw_only=True):
    """A text that a phone received."""

    body: str
    received_at: Instant
    status: str


class PhoneCallView(View, frozen=True, kw_only=True):
    """A call to a phone: what it says, or has said to whoever picked up."""

    words: tuple[str, ...]
    began_at: Instant
    status: str


class Phone(View, frozen=True, kw_only=True):
    """What a phone received, oldest first."""

    messages: tuple[PhoneMessageView, ...]
    calls: tuple[PhoneCallView, ...]


class PhoneReply(Body, frozen=True, kw_only=True):
    """A text from a phone to our number, such as the code of a page."""

    body: Annotated[str, Meta(max_length=1600, examples=["K7Q4"])]


class ReplyAnswer(View, frozen=True, kw_only=True):
    """What we answer a text with, in the provider's markup."""

    twiml: str


class KeysPressed(Body, frozen=True, kw_only=True):
    """The key that is pressed in a call."""

    digits: Annotated[str, Meta(pattern=r"^[0-9*#]\Z", examples=["1"])]


class Spoken(View, frozen=True, kw_only=True):
    """What a call says after a key."""

    words: tuple[str, ...]


class StaffKey(View, frozen=True, kw_only=True):
    """A seeded member of staff, and what signs her in now."""

    name: str
    role: str
    phone: str
    email: str
    password: str
    totp: str
    """Good once: after a sign-in or a proof wait for the next, up to 30 seconds."""
    pin: str
    """By which she answers a link or a code."""


class StaffKeys(View, frozen=True, kw_only=True):
    """The cast."""

    site_id: UUID
    staff: tuple[StaffKey, ...]


class SeededParticipant(View, frozen=True, kw_only=True):
    """A fresh participant, and a code for her and for her caregiver."""

    participant_id: UUID
    subject_number: str
    participant_code: str
    caregiver_code: str
    alert_id: UUID | UnsetType = UNSET
    """With a state in which an alert is open."""
    report_ids: tuple[UUID, ...] | UnsetType = UNSET
    """With a state: what she and her caregiver have reported, oldest first."""
    participant_device: SignedInDevice | UnsetType = UNSET
    """With `signIn`."""
    caregiver_device: SignedInDevice | UnsetType = UNSET
    """With `signIn`."""


class SeedRequest(Body, frozen=True, kw_only=True):
    """In which phase, how many days ago the administration was, and what her year has been since."""

    phase: Literal["phase-1", "phase-2"] = "phase-1"
    days_since_administration: Annotated[int, Meta(ge=0, le=400)] = 0
    """With a state, or `signIn`: so many days more than its weeks, at most six."""
    participant_phone: PhoneNumber | UnsetType = UNSET
    """With a number she has consented to be reminded by SMS; read it at `/sandbox/phones/{number}/messages`."""
    caregiver_phone: PhoneNumber | UnsetType = UNSET
    language: Language = "zh-CN"
    """Of her account and her caregiver's."""
    state: ParticipantState | UnsetType = UNSET
    """Without it, or a name, what lies behind counts as missed before anybody could have asked."""
    named_state: Annotated[str, Meta(max_length=64, examples=["week-12-silent-and-ringing"])] | UnsetType = (
        UNSET
    )
    """One of `GET /sandbox/states`, in place of `state`."""
    sign_in: bool = False
    """Whether the answer has a signed-in phone of each, so that a test begins with the first screen behind that."""

"""Reminders, as the phone sets its own alarms from them, and what it says back."""

from datetime import UTC, date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from api.shapes.base import Address, Body, Instant, View
from api.shapes.schedule import NamedText, OccasionKindName


class ReminderPart(View, frozen=True, kw_only=True):
    """One of the things a reminder is about; only this visit's preparation is named."""

    kind: OccasionKindName
    week: int
    target_date: date
    text: str
    """To be shown inside the app only."""
    preparation: tuple[NamedText, ...]


class ReminderView(View, frozen=True, kw_only=True):
    """One alarm: all that is due to one reader at one time is one reminder."""

    reminder_id: UUID
    at: Instant
    valid_until: Instant
    """Do not show it later than this."""
    lock_screen_title: str
    lock_screen_text: str
    """Neutral: anybody may see it."""
    ask_first: bool
    """Ask this list again when it rings, and show it only if it is still there: whether the visit or check-in is done
    may be known to the server alone. If the server cannot be asked, show it."""
    about: tuple[ReminderPart, ...]


class ReminderList(View, frozen=True, kw_only=True):
    """What the phone should show and when, earliest first, in my time zone and at my hour."""

    plan_version: int
    """Name it in the receipts; it moves with every re-plan, and then all alarms are to be set anew."""
    time_zone: str
    reminders: tuple[ReminderView, ...]


class ReceiptEntry(Body, frozen=True, kw_only=True):
    """What happened to one reminder on this phone, and when by its clock."""

    reminder_id: UUID
    event: Literal["scheduled", "shown", "opened"]
    at: Instant

    def __post_init__(self) -> None:
        """Refuse an instant that UTC has no year for: it could not be kept."""
        try:
            self.at.astimezone(UTC)
        except OverflowError:
            raise ValueError("An instant lies in the years 1 to 9999 of UTC") from None


class ReminderReceipts(Body, frozen=True, kw_only=True):
    """What this phone has set, shown and opened, under which version of the plan."""

    plan_version: Annotated[int, Meta(ge=0, le=1_000_000)]
    receipts: Annotated[tuple[ReceiptEntry, ...], Meta(max_length=400)]


class FeedView(View, frozen=True, kw_only=True):
    """The secret address of my calendar, shown this once; a newer one kills it."""

    url: Address
    made_at: Instant

"""What a person is told to do, and how far her page has come."""

from typing import Literal

from msgspec import UNSET, UnsetType

from api.shapes.base import Instant, View

LevelName = Literal["none", "routine", "urgent", "emergency"]
PageStatusName = Literal[
    "not-needed",
    "not-told",
    "sending",
    "sent",
    "delivered",
    "added",
    "not-yet-seen",
    "seen-by-doctor",
    "seen-by-team",
    "contacted",
]


class Advice(View, frozen=True, kw_only=True):
    """One clear next step, in the reader's language, and what the fired rules add to it."""

    headline: str
    text: str
    further: tuple[str, ...]
    emergency_number: str


class PageView(View, frozen=True, kw_only=True):
    """The truth about the page to staff, as it stands now."""

    status: PageStatusName
    text: str
    """The sentence to show; it keeps "go now, call 120" until a contact is recorded."""
    go_now: bool
    sent_at: Instant | UnsetType = UNSET
    delivered_at: Instant | UnsetType = UNSET
    seen_at: Instant | UnsetType = UNSET
    contacted_at: Instant | UnsetType = UNSET


class WhatToDo(View, frozen=True, kw_only=True):
    """Where a report met a problem: what to do now, as far as its answers could be read, and who has been told."""

    level: LevelName
    advice: Advice
    page: PageView

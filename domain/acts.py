"""What people do about alerts, as it is recorded: who, what, by which way, when (contract.md, Site staff)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class ActKind(StrEnum):
    """What somebody did."""

    ACKNOWLEDGE = "acknowledge"
    DECLINE = "decline"
    REVEAL = "reveal"
    TRY = "try"
    """Tried to reach the patient, and nobody answered: no contact, so the acknowledgement lapses all the same."""
    CONTACT = "contact"
    RESOLVE = "resolve"


class Via(StrEnum):
    """How somebody answered."""

    WORK_LIST = "work-list"
    CODE = "code"
    LINK = "link"
    REPLY = "reply"
    KEYPAD = "keypad"


class AlertAct(Struct, frozen=True, kw_only=True):
    """One thing that a person did about an alert; never changed. `said` is the outcome or disposition, if any.

    `note` is staff's own words to each other: for the timeline, never for a log or a text.
    """

    id: UUID
    site_id: UUID
    participant_id: UUID | None
    alert_id: UUID
    staff_id: UUID
    kind: ActKind
    via: Via
    round: int
    at: datetime
    said: str = ""
    note: str = ""


def note_of_resolution(done: Sequence[AlertAct]) -> str:
    """Return what whoever put an alert away has noted, given all that was done about it."""
    return next((each.note for each in done if each.kind is ActKind.RESOLVE), "")

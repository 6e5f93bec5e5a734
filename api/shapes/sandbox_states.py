"""In which state a seeded participant is: parts that can be put together, and names for what is often wanted."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from api.shapes.base import Body, View
from api.shapes.enrolment import DeviceTokens

AlertWanted = Literal["none", "ringing", "taken", "reached"]
EndWanted = Literal["none", "withdrawn", "transplanted", "died", "completed", "lost"]


class ParticipantState(Body, frozen=True, kw_only=True):
    """What her year has been until now; whatever is left out is as it mostly is: all done, nothing open.

    Her plan begins `week` weeks ago. What lies behind was decided then, as if it had been that day: `as of` trial time,
    so that schedule, timeline and audit trail show those days. Texts and pages of that time were never sent.
    """

    week: Annotated[int, Meta(ge=0, le=52, examples=[12])] = 0
    """Today is the day of this week's check-in, which is open; all before it lie behind."""
    missed_check_ins: Annotated[int, Meta(ge=0, le=52, examples=[2])] = 0
    """The last so many that lie behind were missed. Their silence was told, and an alert of it was answered."""
    missed_visits: Annotated[int, Meta(ge=0, le=8)] = 0
    """The last so many that lie behind did not take place; the others did, on their day."""
    open_alert: AlertWanted = "none"
    """An emergency that her caregiver has reported just now: `ringing`, `taken` by Bob, or she was `reached`."""
    ended: EndWanted = "none"
    """Why the participation has ended today, if it has: phones are signed out, codes are dead."""
    withdrawn_consent: Literal["none", "data", "caregiver-access"] = "none"
    """What she has taken back just now; what rests on it is gone."""
    phone_replaced: bool = False
    """Her phone was replaced just now: the one she had is signed out, and her code is for the new one."""


class NamedState(View, frozen=True, kw_only=True):
    """A state by name, and what to send for it; take it as it is, or change it."""

    name: str
    en: str
    zh: Annotated[str, Meta(description="The same in Chinese.")]
    state: ParticipantState


class NamedStates(View, frozen=True, kw_only=True):
    """States that app tests often want."""

    states: tuple[NamedState, ...]


class SignedInDevice(DeviceTokens, frozen=True, kw_only=True):
    """A phone that is signed in: what it holds, and its own id."""

    device_id: UUID

"""The plan of a year, as the app shows it."""

from datetime import date
from typing import Literal

from api.shapes.base import View


class NamedText(View, frozen=True, kw_only=True):
    """Something of the protocol: its id, and its name in the reader's language."""

    id: str
    text: str


class OccasionView(View, frozen=True, kw_only=True):
    """A visit or a weekly check-in. Dates are days of the site's time zone; both ends of the window count."""

    kind: Literal["visit", "check-in"]
    week: int
    target_date: date
    opens_on: date
    closes_on: date
    state: Literal["upcoming", "open", "done", "missed", "cancelled"]
    assessments: tuple[NamedText, ...]
    preparation: tuple[NamedText, ...]


class ScheduleView(View, frozen=True, kw_only=True):
    """All visits and check-ins of the 52 weeks; empty before the first administration."""

    version: int
    """Moves with every re-plan."""
    time_zone: str
    occasions: tuple[OccasionView, ...]

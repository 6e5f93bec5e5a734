"""What a site should look at: due within some days, past its day, about to close, just missed."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain.occasion import OccasionState, Standing
from domain.plan import Course

CLOSING = timedelta(days=3)
"""A window that ends within this is about to close; ours."""


class Why(StrEnum):
    """Why an occasion is on the list."""

    DUE = "due"
    OVERDUE = "overdue"
    CLOSING = "closing"
    MISSED = "missed"


class Due(Struct, frozen=True):
    """An occasion of a participant, and why it is on the list."""

    participant_id: UUID
    standing: Standing
    why: tuple[Why, ...]

    @property
    def place(self) -> str:
        """Its place in the list, as a text that sorts alike: by the day its window closes."""
        occasion = self.standing.occasion
        return f"{occasion.closes}/{occasion.target}/{self.participant_id}/{occasion.kind}/{occasion.week:02}"


def due_list(courses: tuple[Course, ...], today: date, within: timedelta) -> tuple[Due, ...]:
    """Return what is due at a site, by the day its window closes.

    `within` reaches ahead for what is planned, and back for what was missed; what is overdue is always there.
    """
    found = (
        Due(course.plan.participant_id, each, why)
        for course in courses
        for each in course.standings
        if (why := tuple(_why(each, today, within)))
    )
    return tuple(sorted(found, key=lambda each: each.place))


def _why(standing: Standing, today: date, within: timedelta) -> Iterator[Why]:
    occasion = standing.occasion
    if standing.is_ahead:
        if today <= occasion.target < today + within:
            yield Why.DUE
        if occasion.target < today:
            yield Why.OVERDUE
        if occasion.opens <= today and occasion.closes < today + CLOSING:
            yield Why.CLOSING
    elif standing.state is OccasionState.MISSED and today - within <= occasion.closes:
        yield Why.MISSED

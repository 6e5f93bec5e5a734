"""One participant's year as every decision about it sees it: her plan, what became of it, and who may be reminded."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.ladder import Reader
from domain.occasion import OccasionRecord, standing
from domain.people import Participant, ParticipantState, Role
from domain.plan import Course
from domain.protocol.reminders import Complication
from domain.reminder import Reminder


class Addressee(Struct, frozen=True, kw_only=True):
    """A participant or caregiver who may be reminded, and what her phone has said.

    `scheduled` holds the reminders for which a phone that is signed in and knows this version of the plan has set
    its alarm; `confirmed` those that were shown or opened.
    """

    reader: Reader
    language: str
    has_sms: bool
    """A consent in force, and a number on file that works."""
    consented_at: datetime | None = None
    """When the consent in force was recorded, and with it the number."""
    number: bytes | None = None
    """The blind index of her number: two who share a phone are told once."""
    scheduled: frozenset[UUID] = frozenset()
    confirmed: frozenset[UUID] = frozenset()


class Year(Struct, frozen=True, kw_only=True):
    """Everything that decides about reminders and silence, loaded together."""

    participant: Participant
    zone: ZoneInfo
    """The site's: target days and windows are days of it (trial.md §1)."""
    today: date
    """The day of the site."""
    holidays: frozenset[date]
    """Days on which the site is closed."""
    course: Course
    addressees: tuple[Addressee, ...]
    """The participant before the caregiver: in this order they are asked (trial.md §3)."""
    made: tuple[Reminder, ...]
    given_on: tuple[date, ...]
    """The days of all administrations."""
    complications: frozenset[Complication]
    """What the site has recorded."""
    is_asked: bool = True
    """False once the consent to the processing of her data is withdrawn: nothing more is asked of anybody."""

    @property
    def goes_on(self) -> bool:
        """Whether the participation goes on; when it has ended, nothing goes to participant or caregiver."""
        return self.participant.state is ParticipantState.ENROLLED and self.is_asked

    def addressee(self, account_id: UUID) -> Addressee | None:
        """Return who has this account."""
        return next((each for each in self.addressees if each.reader.account_id == account_id), None)

    def of_role(self, role: Role) -> Addressee | None:
        """Return the participant or the caregiver."""
        return next((each for each in self.addressees if each.reader.role == role), None)

    def until(self, day: date) -> "Year":
        """Return the year without what lies after a day."""
        near = tuple(each for each in self.course.standings if each.occasion.target <= day)
        return replace(self, course=replace(self.course, standings=near))

    def with_made(self, made: tuple[Reminder, ...]) -> "Year":
        """Return the year after these reminders were made."""
        return replace(self, made=(*self.made, *made))

    def with_records(self, records: tuple[OccasionRecord, ...]) -> "Year":
        """Return the year after these facts were recorded."""
        fresh = {(each.kind, each.week): each for each in records}
        standings = tuple(
            standing(each.occasion, fresh[each.key], self.today, closed=False) if each.key in fresh else each
            for each in self.course.standings
        )
        return replace(self, course=replace(self.course, standings=standings))

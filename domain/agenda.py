"""What a reader's phone shows and when: all her calls of one time of one day are one reminder (trial.md §1 and §3)."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from msgspec import Struct

from domain import walk
from domain.ladder import Call
from domain.occasion import Standing
from domain.protocol.reminders import Reminders
from domain.schedule import Occasion, OccasionKind
from domain.year import Addressee, Year


class Part(Struct, frozen=True):
    """One thing a reminder is about, and the key of the text that says it."""

    occasion: Occasion
    text: str


class Alarm(Struct, frozen=True, kw_only=True):
    """One reminder on a phone: when it is shown, until when it holds, and what it is about."""

    id: UUID
    at: datetime
    until: datetime
    parts: tuple[Part, ...]
    ask_first: bool
    """It speaks of something not done, which only the server may know by then."""

    @property
    def is_of_visit(self) -> bool:
        """Whether a visit is among what it is about."""
        return any(each.occasion.kind is OccasionKind.VISIT for each in self.parts)


def alarms(
    year: Year, addressee: Addressee, reminders: Reminders, since: datetime, until: datetime, now: datetime
) -> tuple[Alarm, ...]:
    """Return what is still to be shown from `since` on and before `until`, earliest first; nothing after the end.

    What has rung by `now` is among it for as long as it may be shown: a phone asks again at that very moment, and one
    that was off shows it late.
    """
    if not year.goes_on:
        return ()
    calls = [each for each in walk.calls(year, addressee, reminders) if since <= each.at < until]
    found = (_alarm(year, tuple(each), now) for _, each in groupby(calls, key=lambda call: call.at))
    return tuple(each for each in found if each.parts)


def text_of(call: Call) -> str:
    """Return the key of the sentence that says a call."""
    return f"reminder.{call.occasion.kind}.{call.rung}"


def _alarm(year: Year, calls: tuple[Call, ...], now: datetime) -> Alarm:
    """Return the alarm of some calls, with what of it may still be said: its id stays while one after another ends."""
    # The id that its text goes by too (domain/reminding.py), where her own hour is that of the evening.
    last = max(calls, key=walk.when)
    holding = tuple(each for each in calls if now < each.until)
    parts = tuple(sorted(_parts(year, holding), key=_nearest_first))
    return Alarm(
        id=last.reminder_id,
        at=last.at,
        until=max(each.until for each in calls),
        parts=parts,
        ask_first=any(_may_be_done(each.occasion, last.day) for each in parts),
    )


def _parts(year: Year, calls: tuple[Call, ...]) -> Iterator[Part]:
    """Speak of the visit too in the check-in of its day: in a visit week they are one message (trial.md §1)."""
    visits = [each for each in calls if each.occasion.kind is OccasionKind.VISIT]
    yield from (Part(each.occasion, text_of(each)) for each in visits)
    for call in calls:
        if call.occasion.kind is OccasionKind.CHECK_IN:
            yield from (_today(each) for each in walk.visits_with(call, year))
            yield Part(call.occasion, text_of(call))


def _today(standing: Standing) -> Part:
    return Part(standing.occasion, "reminder.visit.today")


def _may_be_done(occasion: Occasion, day: date) -> bool:
    """Say whether it may be done by then without this phone's knowing: a visit from the first day of its window on."""
    return day >= occasion.opens if occasion.kind is OccasionKind.VISIT else day > occasion.target


def _nearest_first(part: Part) -> tuple[date, bool]:
    return part.occasion.target, part.occasion.kind is not OccasionKind.VISIT

"""Who is called for what, one after the other: the calls of a year that were not made yet, and when each may be.

A check-in that nobody answers walks from the participant to the caregiver, and then to the site (`silence`): whoever
was asked has time to answer before the next one is called, also after an outage. A visit that was let pass is asked for
once more, on the day after its own (trial.md §3).
"""

from collections.abc import Iterator
from datetime import date, datetime

from domain import ladder
from domain.ladder import Call
from domain.local_time import local_date
from domain.occasion import OccasionState, Standing
from domain.protocol.reminders import Reminders
from domain.reminder import Reminder
from domain.schedule import OccasionKind
from domain.year import Addressee, Year


def calls(year: Year, addressee: Addressee, reminders: Reminders) -> tuple[Call, ...]:
    """Return every call of an addressee, made or not, earliest first; none that another one has made needless."""
    said: dict[tuple[OccasionKind, int, date], list[Reminder]] = {}
    for made in year.made:
        if made.account_id == addressee.reader.account_id:
            said.setdefault((made.kind, made.week, made.target), []).append(made)
    found = (
        call
        for each in year.course.standings
        if is_spoken_of(each)
        for call in ladder.ladder(each.occasion, addressee.reader, reminders, year.zone, year.holidays)
        if _is_of_its_state(each, call)
        and not any(_spares(made, call, addressee, reminders) for made in said.get(call.about, ()))
    )
    return tuple(sorted(found, key=when))


def pending(year: Year, addressee: Addressee, reminders: Reminders) -> tuple[Call, ...]:
    """Return the calls of an addressee that were not made yet, earliest first."""
    made = {each.key for each in year.made}
    return tuple(each for each in calls(year, addressee, reminders) if each.key not in made)


def visits_with(call: Call, year: Year) -> tuple[Standing, ...]:
    """Return the visits of the day on which a check-in is asked for first: they are one message (trial.md §1)."""
    if call.occasion.kind is OccasionKind.VISIT or call.day != call.occasion.target:
        return ()
    visits = year.course.of_kind(OccasionKind.VISIT)
    return tuple(each for each in visits if each.is_ahead and each.occasion.target == call.day)


def called_at(call: Call, year: Year, reminders: Reminders, now: datetime) -> datetime:
    """Return when a call can be made from `now` on: after whoever was asked before has had time, and by day."""
    addressee = year.addressee(call.account_id)
    zone = year.zone if addressee is None else addressee.reader.zone
    return ladder.allowed_from(max((now, call.at, *_turn(call, year, reminders, now))), zone, reminders.hours)


def is_spoken_of(standing: Standing) -> bool:
    """Say whether anybody is reminded of it: it lies ahead, or it is a visit that was let pass, not called off."""
    let_pass = (
        standing.state is OccasionState.MISSED
        and standing.occasion.kind is OccasionKind.VISIT
        and standing.record is not None
        and not standing.record.is_called_off
    )
    return standing.is_ahead or let_pass


def when(call: Call) -> tuple[datetime, OccasionKind]:
    """Order calls by their instant, a check-in before a visit."""
    return call.at, call.occasion.kind


def _turn(call: Call, year: Year, reminders: Reminders, now: datetime) -> Iterator[datetime]:
    """Yield when others have had time to answer: whoever was asked, and whoever is still to be asked before her."""
    if call.occasion.kind is not OccasionKind.CHECK_IN:
        return
    spoken_of = (call.occasion.kind, call.occasion.week, call.occasion.target)
    asked = [each for each in year.made if (each.kind, each.week, each.target) == spoken_of]
    waits = [each.made_at for each in asked if each.account_id != call.account_id]
    for addressee in year.addressees:
        if addressee.reader.account_id == call.account_id:
            break
        if all(each.account_id != addressee.reader.account_id for each in asked):
            waits += _first_asked(call, addressee, year, reminders, now)
    yield from (each + reminders.silence.answer_within for each in waits)


def _first_asked(
    call: Call, addressee: Addressee, year: Year, reminders: Reminders, now: datetime
) -> list[datetime]:
    """Return when somebody will be asked for the first time what `call` asks too; nothing if she cannot be any more."""
    hers = ladder.ladder(call.occasion, addressee.reader, reminders, year.zone, year.holidays)
    timed = ((called_at(each, year, reminders, now), each.until) for each in hers)
    return [at for at, until in timed if at < until][:1]


def _is_of_its_state(standing: Standing, call: Call) -> bool:
    return standing.is_ahead or call.day > standing.occasion.target


def _spares(made: Reminder, call: Call, addressee: Addressee, reminders: Reminders) -> bool:
    """Say whether what was made stands for a call of the same occasion: only when holidays have changed in between."""
    if made.rung == call.rung:
        return False
    rungs = reminders.visits if call.occasion.kind is OccasionKind.VISIT else reminders.check_ins
    order = [each.id for each in rungs]
    is_later = made.rung in order and order.index(made.rung) > order.index(call.rung)
    return is_later or (call.is_moved and local_date(made.made_at, addressee.reader.zone) >= call.day)

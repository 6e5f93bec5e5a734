"""Whether the ladders leave nobody unasked and nobody asked at night, and a silence is always heard (trial.md §3)."""

from collections import Counter
from collections.abc import Iterator
from datetime import time, timedelta
from itertools import pairwise

from domain.errors import Fault
from domain.protocol.clocks import DayHours
from domain.protocol.reminders import Reminders, Rung, Slot
from domain.protocol.schema import Audience, Calendar, Form, Protocol

_FILE = "reminders.toml"


def check_reminders(protocol: Protocol) -> Iterator[Fault]:
    """Yield every fault of `reminders.toml`, and of the forms with which one checks in."""
    reminders = protocol.reminders
    yield from _hours(reminders)
    yield from _ladder(reminders.visits, f"{_FILE}: visit")
    yield from _ladder(reminders.check_ins, f"{_FILE}: check-in")
    yield from _walk(reminders.check_ins)
    yield from _silence(reminders, protocol.calendar)
    yield from _forms(protocol.calendar, protocol.forms)


def _hours(reminders: Reminders) -> Iterator[Fault]:
    hours, wait = reminders.hours, reminders.app_confirms_within
    for name, at in (("start", hours.start), ("end", hours.end)):
        if at != at.replace(minute=0, second=0, microsecond=0):
            yield Fault(f"{_FILE}: hours.{name}", "Must be a whole hour, as those that people choose.")
    if hours.start >= hours.end:
        yield Fault(f"{_FILE}: hours.end", "Must be later than the start.")
    if not hours.start <= reminders.evening < hours.end:
        yield Fault(f"{_FILE}: evening", "Must be within the hours.")
    latest = max(_of_day(reminders.evening), _latest(hours))
    if latest + wait >= _of_day(hours.end):
        yield Fault(f"{_FILE}: app-confirms-within", "A text of the last hour would go out after the hours.")
    if reminders.receipt_within <= timedelta(0):
        yield Fault(f"{_FILE}: receipt-within", "Must be longer than nothing.")


def _ladder(rungs: tuple[Rung, ...], at: str) -> Iterator[Fault]:
    if not rungs:
        yield Fault(at, "Somebody must be reminded.")
    counted = Counter(rung.id for rung in rungs)
    for place, rung in enumerate(rungs):
        if counted[rung.id] > 1:
            yield Fault(f"{at}[{place}].id", f"{rung.id} is there more than once.")
        if not rung.to:
            yield Fault(f"{at}[{place}].to", "Somebody must be reminded.")
    for place, (earlier, later) in enumerate(pairwise(rungs), start=1):
        if not _comes_later(earlier, later):
            yield Fault(
                f"{at}[{place}].days", "Must be later than the one before: each has an instant of its own."
            )


def _comes_later(earlier: Rung, later: Rung) -> bool:
    if later.days != earlier.days:
        return later.days > earlier.days
    return (earlier.at, later.at) == (Slot.CHOSEN_HOUR, Slot.EVENING) and not set(earlier.to) & set(later.to)


def _walk(rungs: tuple[Rung, ...]) -> Iterator[Fault]:
    asked = [who for rung in rungs for who in rung.to]
    if rungs and (rungs[0].days, rungs[0].at) != (0, Slot.CHOSEN_HOUR):
        yield Fault(f"{_FILE}: check-in[0].days", "A check-in is asked for on its day, at the chosen hour.")
    if asked and (asked[0] != "participant" or "caregiver" not in asked):
        yield Fault(f"{_FILE}: check-in", "The participant is asked first, and then the caregiver.")


def _silence(reminders: Reminders, calendar: Calendar) -> Iterator[Fault]:
    at, silence, hours = f"{_FILE}: silence", reminders.silence, reminders.hours
    for name in ("after", "answer_within", "task_due", "urgent_task_due"):
        if getattr(silence, name) <= timedelta(0):
            yield Fault(f"{at}.{name.replace('_', '-')}", "Must be longer than nothing.")
    if any(timedelta(days=rung.days) >= silence.after for rung in reminders.check_ins):
        yield Fault(f"{at}.after", "Everybody must be asked before the site is told.")
    last_day = timedelta(days=calendar.check_ins.window.value.days_after)
    if _latest(hours) + silence.after >= last_day + _of_day(hours.end):
        yield Fault(f"{at}.after", "The site must be told before the check-in closes.")
    if silence.urgent_last_day < silence.urgent_first_day:
        yield Fault(f"{at}.urgent-last-day", "Must not be before the first day.")
    if silence.urgent_task_due > silence.task_due:
        yield Fault(f"{at}.urgent-task-due", "Urgent is not slower than routine.")


def _forms(calendar: Calendar, forms: tuple[Form, ...]) -> Iterator[Fault]:
    of_participants = {form.id for form in forms if form.audience is Audience.PARTICIPANT}
    if not calendar.check_ins.forms:
        yield Fault("calendar.toml: check-ins.forms", "Nobody could check in.")
    for place, form in enumerate(calendar.check_ins.forms):
        if form not in of_participants:
            yield Fault(f"calendar.toml: check-ins.forms[{place}]", f"Participants have no form {form}.")


def _latest(hours: DayHours) -> timedelta:
    """Return the latest hour that somebody can choose: the last whole one."""
    return _of_day(hours.end) - timedelta(hours=1)


def _of_day(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)

"""Whether calendar and clocks leave no gap: visits, check-ins, safety windows, escalation."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final

from domain.errors import Fault
from domain.protocol.clocks import Escalation, Policy
from domain.protocol.schema import Calendar, SafetyWindow, Visit, Window

LEFT_OPEN: Final = ("baseline-and-screening", "pharmacokinetic-samples", "immunogenicity-samples", "fasting")
"""What the registration text does not say and no visit plans (trial.md §1)."""

_LAST_WEEK: Final = 52


def check_calendar(calendar: Calendar) -> Iterator[Fault]:
    """Yield every fault of `calendar.toml`."""
    yield from _visits(calendar)
    yield from _assessments(calendar)
    yield from _check_ins(calendar)
    yield from _phases(calendar)
    yield from _safety_windows(calendar.safety_windows)
    for name in LEFT_OPEN:
        if name not in calendar.left_open:
            yield Fault(f"calendar.toml: left-open.{name}", "The registration text leaves this open; say so.")


def check_escalation(escalation: Escalation) -> Iterator[Fault]:
    """Yield every fault of `escalation.toml`."""
    if escalation.day.start >= escalation.day.end:
        yield Fault("escalation.toml: day.end", "Must be later than the start.")
    yield from _policy(escalation.emergency, "escalation.toml: emergency")
    yield from _policy(escalation.urgent, "escalation.toml: urgent")
    named = timedelta(minutes=escalation.acknowledge_minutes_named)
    if any(
        named > step.wait for policy in (escalation.emergency, escalation.urgent) for step in policy.steps
    ):
        yield Fault("escalation.toml: acknowledge-minutes-named", "Names more time than a step waits.")
    if escalation.urgent.first_message_within < escalation.emergency.first_message_within:
        yield Fault(
            "escalation.toml: emergency.first-message-within", "An emergency is not slower than urgent."
        )


def _visits(calendar: Calendar) -> Iterator[Fault]:
    if not calendar.visits:
        yield Fault("calendar.toml: visits", "A trial has visits.")
    for place, (earlier, later) in enumerate(pairwise(calendar.visits), start=1):
        if later.week <= earlier.week:
            yield Fault(f"calendar.toml: visits[{place}].week", f"Must be after week {earlier.week}.")
    for place, visit in enumerate(calendar.visits):
        yield from _visit(visit, calendar.assessments, f"calendar.toml: visits[{place}]")


def _visit(visit: Visit, known: tuple[str, ...], at: str) -> Iterator[Fault]:
    if not visit.assessments:
        yield Fault(f"{at}.assessments", "A visit has assessments.")
    counted = Counter(visit.assessments)
    for place, assessment in enumerate(visit.assessments):
        if assessment not in known:
            yield Fault(f"{at}.assessments[{place}]", f"There is no assessment {assessment}.")
        if counted[assessment] > 1:
            yield Fault(f"{at}.assessments[{place}]", f"{assessment} is there more than once.")


def _assessments(calendar: Calendar) -> Iterator[Fault]:
    used = {assessment for visit in calendar.visits for assessment in visit.assessments}
    counted = Counter(calendar.assessments)
    for place, assessment in enumerate(calendar.assessments):
        if assessment not in used:
            yield Fault(f"calendar.toml: assessments[{place}]", f"No visit has {assessment}.")
        if counted[assessment] > 1:
            yield Fault(f"calendar.toml: assessments[{place}]", f"{assessment} is there more than once.")


def _check_ins(calendar: Calendar) -> Iterator[Fault]:
    at = "calendar.toml: check-ins"
    if calendar.check_ins.first_week != 1:
        yield Fault(f"{at}.first-week", "A check-in is due in every week, from week 1.")
    if calendar.check_ins.last_week != _LAST_WEEK:
        yield Fault(f"{at}.last-week", f"A check-in is due in every week, up to week {_LAST_WEEK}.")
    if not _fits(calendar.check_ins.window.value, weeks=1):
        yield Fault(f"{at}.window.value", "Two check-ins would be open on one day.")


def _phases(calendar: Calendar) -> Iterator[Fault]:
    if not calendar.phases:
        yield Fault("calendar.toml: phases", "A trial has at least one phase.")
    closest = min(
        (later.week - earlier.week for earlier, later in pairwise(calendar.visits)), default=_LAST_WEEK
    )
    for name, phase in calendar.phases.items():
        if not _fits(phase.visit_window.value, weeks=closest):
            yield Fault(
                f"calendar.toml: phases.{name}.visit-window.value", "Two visits would be open on one day."
            )


def _fits(window: Window, weeks: int) -> bool:
    """Return whether occasions that many weeks apart never share a day."""
    return window.days_before + window.days_after < 7 * weeks


def _safety_windows(windows: tuple[SafetyWindow, ...]) -> Iterator[Fault]:
    at = "calendar.toml: safety-windows"
    if not windows or windows[0].first_day != 0:
        yield Fault(at, "They start at day 0.")
    if not windows or windows[-1].last_day != 7 * _LAST_WEEK:
        yield Fault(at, f"They end at day {7 * _LAST_WEEK}.")
    counted = Counter(window.id for window in windows)
    for place, window in enumerate(windows):
        if window.last_day < window.first_day:
            yield Fault(f"{at}[{place}].last-day", "Must not be before the first day.")
        if counted[window.id] > 1:
            yield Fault(f"{at}[{place}].id", f"{window.id} is there more than once.")
    for place, (earlier, later) in enumerate(pairwise(windows), start=1):
        if later.first_day != earlier.last_day + 1:
            yield Fault(f"{at}[{place}].first-day", f"Must be {earlier.last_day + 1}: no gap and no overlap.")


def _policy(policy: Policy, at: str) -> Iterator[Fault]:
    if not policy.steps:
        yield Fault(f"{at}.steps", "An alert needs somebody to ring.")
    rung = Counter(step.target for step in policy.steps)
    for place, step in enumerate(policy.steps):
        if step.wait <= policy.receipt_within:
            yield Fault(f"{at}.steps[{place}].wait", "Must be longer than receipt-within.")
        if not step.channels:
            yield Fault(f"{at}.steps[{place}].channels", "Somebody must be rung by something.")
        if rung[step.target] > 1:
            yield Fault(f"{at}.steps[{place}].target", f"{step.target} is rung more than once.")
    for key, duration in _durations(policy):
        if duration <= timedelta(0):
            yield Fault(f"{at}.{key}", "Must be longer than nothing.")


def _durations(policy: Policy) -> Iterator[tuple[str, timedelta]]:
    yield "first-message-within", policy.first_message_within
    yield "exhausted-repeat", policy.exhausted_repeat
    yield "contact-within", policy.contact_within
    yield "join-for", policy.join_for
    yield "receipt-within", policy.receipt_within

"""The policy frozen into an alert when it opens: whom it rings, how long it waits, by day and by night.

An EMERGENCY climbs alike at any hour; an URGENT one climbs as an EMERGENCY at night (trial.md §3). It is stored with
the alert and read by later releases too: a field that is missing has its default, one that is unknown is passed over.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.local_time import instant, is_day, local_date
from domain.protocol.clocks import DayHours, Escalation, Policy
from domain.protocol.schema import Level
from domain.rung import Rung
from domain.site_policy import Courses, SitePolicy


class Course(Struct, frozen=True, kw_only=True):
    """One level's course as it was when the alert opened; see `domain.protocol.clocks.Policy` for the words."""

    steps: tuple[Rung, ...]
    exhausted_repeat: timedelta = timedelta(minutes=10)
    contact_within: timedelta = timedelta(minutes=10)
    join_for: timedelta = timedelta(minutes=15)
    receipt_within: timedelta = timedelta(seconds=90)

    def rung(self, index: int) -> Rung:
        """Return step `index`; the last one where this course is shorter than the climb so far."""
        return self.steps[min(index, len(self.steps) - 1)]


class Climb(Struct, frozen=True, kw_only=True):
    """The courses by day and by night, and the site's day, from its start up to but not including its end."""

    by_day: Course
    by_night: Course
    day_start: time
    day_end: time
    time_zone: str
    policy: int = 0
    """The version of the site's policy that it was made from; 0 for the protocol's own."""

    def at(self, now: datetime) -> Course:
        """Return the course in force at `now`."""
        hours = DayHours(start=self.day_start, end=self.day_end)
        return self.by_day if is_day(now, ZoneInfo(self.time_zone), hours) else self.by_night

    def wait(self, index: int, now: datetime) -> timedelta:
        """Return how long step `index`, rung at `now`, may wait; a wait that reaches the night is cut to it."""
        wait = self.at(now).rung(index).wait
        if self.at(now) is self.by_night:
            return wait
        zone = ZoneInfo(self.time_zone)
        nightfall = instant(local_date(now, zone), self.day_end, zone)
        return min(wait, nightfall - now + self.by_night.rung(index).wait)


def climb_for(
    escalation: Escalation, level: Level, time_zone: str, policy: SitePolicy | None = None
) -> Climb:
    """Return the climb to freeze into an alert of `level` at a site in `time_zone`, by its own policy if it has one."""
    by_day = escalation.emergency if level is Level.EMERGENCY else escalation.urgent
    courses = None if policy is None else _courses(policy, level)
    return Climb(
        by_day=_course(by_day, courses.day if courses else None),
        # At night URGENT is routed as EMERGENCY (trial.md §3).
        by_night=_course(escalation.emergency, courses.night if courses else None),
        day_start=escalation.day.start,
        day_end=escalation.day.end,
        time_zone=time_zone,
        policy=0 if policy is None else policy.version,
    )


def _courses(policy: SitePolicy, level: Level) -> Courses:
    return policy.body.emergency if level is Level.EMERGENCY else policy.body.urgent


def _course(policy: Policy, steps: tuple[Rung, ...] | None) -> Course:
    own = tuple(Rung(step.target.value, step.wait, step.channels) for step in policy.steps)
    return Course(
        steps=own if steps is None else steps,
        exhausted_repeat=policy.exhausted_repeat,
        contact_within=policy.contact_within,
        join_for=policy.join_for,
        receipt_within=policy.receipt_within,
    )

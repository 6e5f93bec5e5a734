"""What is decided about drills: one begins, is waited for, ends; and when the next one runs by itself."""

from datetime import datetime, time, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain import escalation, local_time, paging
from domain.climb import Climb, Course
from domain.decision import Change, Context, Decision
from domain.drill import WITHIN, Drill, DrillState, Heard, Why, end, failure, is_passed, next_shift
from domain.errors import AlertUnanswered, DrillRunning, TextsSpent
from domain.escalation import Alert, AlertState, Ringing
from domain.people import Site
from domain.protocol.clocks import DayHours, Escalation
from domain.protocol.schema import Level
from domain.roster import Roster, staff_target
from domain.rota import Span
from domain.rung import Rung
from domain.task import Task, TaskKind

HOURS = DayHours(start=time(8), end=time(20))
"""When a drill runs by itself, by the site's clock; ours, as for reminders (trial.md §3)."""

PUT_OFF = timedelta(hours=1)
"""How long one that is due waits: an alert is unanswered, another drill runs, the texts of the day are spent; ours."""

LOOK_AGAIN = timedelta(minutes=1)
"""How soon to ask again whether the page of a drill that somebody has taken arrived; ours."""

TASK_DUE = timedelta(hours=24)
"""A failed drill is looked at within a day; ours."""


class Standing(Struct, frozen=True, kw_only=True):
    """What a drill at a site is decided on, loaded under the site's lock."""

    site: Site
    first_tier: tuple[Span, ...]
    roster: Roster
    runs: bool = False
    """A drill runs at the site already."""
    somebody_waits: bool = False
    """An alert about a patient of the site is unanswered."""


def ask(standing: Standing, escalation: Escalation, context: Context) -> tuple[Drill, Decision]:
    """Begin a drill that somebody asks for; raise DrillRunning, AlertUnanswered or TextsSpent."""
    if standing.runs:
        raise DrillRunning("A drill runs at this site already.")
    if standing.somebody_waits:
        raise AlertUnanswered("An alert of this site is unanswered.")
    if _is_only_spent(standing, context.now):
        raise TextsSpent("What the next shift's phones may still get today is kept for emergencies.")
    drill, changes = _begun(standing, escalation, context)
    return drill, context.decide("drill.start", changes, site_id=drill.site_id)


def run_due(standing: Standing, escalation: Escalation, context: Context) -> Decision | None:
    """Begin the drill that is due at a site by its schedule, or put it off; None if none is due any more."""
    site = standing.site
    if site.drill_due_at is None or site.drill_due_at > context.now:
        return None
    hindered = standing.runs or standing.somebody_waits or _is_only_spent(standing, context.now)
    if hindered or not _may_run(site, context.now):
        later = replace(site, drill_due_at=_put_off(site, context.now))
        return context.decide("drill.put-off", (Change(later, site),), site_id=site.id)
    planned = replace(site, drill_due_at=_following(site, context.now))
    _, changes = _begun(standing, escalation, context)
    return context.decide("drill.start", (*changes, Change(planned, site)), site_id=site.id)


def schedule(site: Site, every: int | None, at: time | None, context: Context) -> Site:
    """Return the site with drills every so many days, from the next `at` on; without, unless both are given."""
    if every is None or at is None:
        return replace(site, drill_every=None, drill_at=None, drill_due_at=None)
    if (site.drill_every, site.drill_at) == (every, at):
        return site
    return replace(site, drill_every=every, drill_at=at, drill_due_at=_next_at(site, at, context.now))


def look(drill: Drill, heard: Heard, site: Site, context: Context) -> Decision | None:
    """Do what is due on a drill: end it, or wait on; None if nothing is due. It never climbs, lapses or exhausts."""
    alert = heard.alert
    if alert.due_at is None or alert.due_at > context.now:
        return None
    if is_passed(drill, heard):
        return _passed(drill, heard, site, context)
    why = failure(drill, heard, context.now)
    if why is not None:
        return _failed(drill, heard, site, why, context)
    taken = alert.state is AlertState.ACKNOWLEDGED
    due_at = min(context.now + LOOK_AGAIN, drill.ends_by) if taken else drill.ends_by
    return context.decide("drill.wait", (Change(replace(alert, due_at=due_at), alert),), site_id=site.id)


def _begun(standing: Standing, clocks: Escalation, context: Context) -> tuple[Drill, tuple[Change, ...]]:
    """Ring the people of the next shift together. Where nobody of them can be rung, it is due, and fails, at once."""
    shift = next_shift(standing.first_tier, context.now)
    channels = clocks.urgent.steps[0].channels
    course = Course(
        steps=tuple(Rung(staff_target(each), WITHIN, channels) for each in shift),
        receipt_within=clocks.urgent.receipt_within,
    )
    alert = _alert(standing.site, course, context)
    by_target = standing.roster.by_target
    calls = tuple(
        call
        for rung in course.steps
        for call in escalation.whom(alert, by_target.get(rung.target, ()), rung.channels)
    )
    ends_by = context.now + WITHIN
    rung = replace(alert, step=1, due_at=ends_by if calls else context.now)
    drill = Drill(
        id=context.entropy.uuid("drill"),
        site_id=alert.site_id,
        alert_id=alert.id,
        asked_by=context.actor.id,
        shift=shift,
        started_at=context.now,
        ends_by=ends_by,
    )
    pages = paging.pages(Ringing(rung, calls, 0), int(WITHIN.total_seconds()) // 60, context)
    return drill, (Change(rung), Change(drill), *map(Change, pages))


def _alert(site: Site, course: Course, context: Context) -> Alert:
    """Return the alert of a drill: URGENT, so that it can spend no text that is kept for emergencies (trial.md §4)."""
    return Alert(
        id=context.entropy.uuid("drill-alert"),
        site_id=site.id,
        participant_id=None,
        level=Level.URGENT,
        signals=(),
        state=AlertState.OPEN,
        opened_at=context.now,
        climb=Climb(
            by_day=course,
            by_night=course,
            day_start=HOURS.start,
            day_end=HOURS.end,
            time_zone=site.time_zone,
        ),
        round=1,
        round_started_at=context.now,
        step=0,
        due_at=context.now,
        is_drill=True,
    )


def _passed(drill: Drill, heard: Heard, site: Site, context: Context) -> Decision:
    ended = replace(_closed(drill, heard, context), state=DrillState.PASSED)
    safe = replace(site, unsafe_since=None)
    changes = (Change(ended, drill), Change(end(heard.alert, context.now), heard.alert), *_moved(safe, site))
    return context.decide("drill.pass", changes, site_id=site.id)


def _failed(drill: Drill, heard: Heard, site: Site, why: Why, context: Context) -> Decision:
    """End a drill that was in vain: the site is not safe to rely on, and somebody must look at why."""
    ended = replace(_closed(drill, heard, context), state=DrillState.FAILED, why=why)
    unsafe = replace(site, unsafe_since=site.unsafe_since or context.now)
    changes = (
        Change(ended, drill),
        Change(end(heard.alert, context.now), heard.alert),
        *_moved(unsafe, site),
        Change(_task(drill, context)),
    )
    return context.decide("drill.fail", changes, site_id=site.id, reason=why)


def _is_only_spent(standing: Standing, now: datetime) -> bool:
    """Say whether the next shift can be rung for an emergency and for nothing less: a drill would prove nothing."""
    targets = map(staff_target, next_shift(standing.first_tier, now))
    people = tuple(each for target in targets for each in standing.roster.by_target.get(target, ()))
    return any(each.emergency for each in people) and not any(each.urgent for each in people)


def _closed(drill: Drill, heard: Heard, context: Context) -> Drill:
    accepted = [each.accepted_at for each in heard.messages if each.accepted_at is not None]
    delivered = [each.delivered_at for each in heard.messages if each.delivered_at is not None]
    return replace(
        drill,
        first_accepted_at=min(accepted, default=None),
        first_delivered_at=min(delivered, default=None),
        acknowledged_by=heard.alert.acknowledged_by,
        acknowledged_at=heard.alert.acknowledged_at,
        ended_at=context.now,
    )


def _moved(after: Site, before: Site) -> tuple[Change, ...]:
    return () if after == before else (Change(after, before),)


def _task(drill: Drill, context: Context) -> Task:
    return Task(
        id=context.entropy.uuid(f"drill-failed/{drill.id}"),
        site_id=drill.site_id,
        participant_id=None,
        kind=TaskKind.DRILL_FAILED,
        about_id=drill.id,
        created_at=context.now,
        due_at=context.now + TASK_DUE,
    )


def _may_run(site: Site, now: datetime) -> bool:
    return local_time.is_day(now, local_time.zone(site.time_zone), HOURS)


def _put_off(site: Site, now: datetime) -> datetime:
    """Return an hour later, or the next day's own time where that would be the evening."""
    later = now + PUT_OFF
    return later if _may_run(site, later) and _may_run(site, now) else _next_at(site, site.drill_at, now)


def _next_at(site: Site, at: time | None, now: datetime) -> datetime:
    """Return the first instant after `now` at which the site's clock shows `at`."""
    zone = local_time.zone(site.time_zone)
    at = at or HOURS.start
    today = local_time.local_date(now, zone)
    instant = local_time.instant(today, at, zone)
    return instant if instant > now else local_time.instant(today + timedelta(days=1), at, zone)


def _following(site: Site, now: datetime) -> datetime:
    """Return when the drill after this one is due, counted from the day on which it runs."""
    zone = local_time.zone(site.time_zone)
    day = local_time.local_date(now, zone) + timedelta(days=site.drill_every or 1)
    return local_time.instant(day, site.drill_at or HOURS.start, zone)

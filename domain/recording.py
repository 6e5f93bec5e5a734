"""What becomes of one occasion, as a record: done, missed, given another day, opened again, or silent.

Each function takes the occasion as it stands, and returns its record afterwards; an event that its state does not
list raises IllegalEvent.
"""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain.decision import Change
from domain.entropy import Entropy
from domain.occasion import OccasionEvent, OccasionRecord, OccasionState, Standing, ends_at, move
from domain.plan import PlanVersion


def change(standing: Standing, record: OccasionRecord) -> Change:
    """Return the change from what was recorded to this record."""
    return Change(record, standing.record)


def complete(standing: Standing, plan: PlanVersion, done_on: date, now: datetime) -> OccasionRecord:
    """Record that it was done on a day of the site; late when that is after its window, whenever it is recorded."""
    done = _next(standing, plan, OccasionEvent.COMPLETE, now)
    return replace(done, done_on=done_on, is_late=done_on > standing.occasion.closes)


def call_off(standing: Standing, plan: PlanVersion, now: datetime) -> OccasionRecord:
    """Record that it will not take place, or why it did not; since when it was missed stays."""
    record = _next(standing, plan, OccasionEvent.MISS, now)
    return replace(record, missed_at=record.missed_at or now, is_called_off=True)


def let_pass(standing: Standing, plan: PlanVersion, zone: ZoneInfo, now: datetime) -> OccasionRecord | None:
    """Record as missed what is open and whose window has ended by `now`; None for anything else."""
    ended = ends_at(standing.occasion, zone)
    if standing.state is not OccasionState.OPEN or now < ended:
        return None
    return replace(_next(standing, plan, OccasionEvent.MISS, now), missed_at=ended)


def reschedule(standing: Standing, plan: PlanVersion, target: date, now: datetime) -> OccasionRecord:
    """Give it another day. The planned window stays, and is stretched to the new day where that lies outside."""
    planned = next(each for each in plan.occasions if (each.kind, each.week) == standing.key)
    return replace(
        _next(standing, plan, OccasionEvent.RESCHEDULE, now),
        target=target,
        opens=min(planned.opens, target),
        closes=max(planned.closes, target),
        done_on=None,
        is_late=False,
        silent_at=None,
    )


def reopen(standing: Standing, plan: PlanVersion, now: datetime) -> OccasionRecord:
    """Take back that it was done: it was somebody's mistake."""
    record = _next(standing, plan, OccasionEvent.REOPEN, now)
    return replace(record, done_on=None, is_late=False, missed_at=None, report_id=None)


def fall_silent(
    standing: Standing, plan: PlanVersion, alert_id: UUID | None, now: datetime
) -> OccasionRecord:
    """Record that the site is told of the silence; the check-in stays open."""
    record = _record(standing, plan, now)
    return replace(record, silent_at=now, alert_id=alert_id)


def carry(record: OccasionRecord, standing: Standing, plan: PlanVersion, now: datetime) -> OccasionRecord:
    """Take a fact over into a new plan: what was done stays done, on the day it was done."""
    return replace(
        _record(standing, plan, now),
        state=record.state,
        done_on=record.done_on,
        is_late=record.is_late,
        missed_at=record.missed_at,
        is_called_off=record.is_called_off,
        silent_at=record.silent_at,
        alert_id=record.alert_id,
        report_id=record.report_id,
        recorded_by=record.recorded_by,
        reason=record.reason,
    )


def carry_agreed(
    record: OccasionRecord, standing: Standing, plan: PlanVersion, now: datetime
) -> OccasionRecord:
    """Take over what staff have agreed: another day, or that it will not take place."""
    return replace(
        carry(record, standing, plan, now),
        target=record.target,
        opens=record.opens,
        closes=record.closes,
        silent_at=None,
    )


def record_id(plan: PlanVersion, standing: Standing) -> UUID:
    """Return the id of an occasion's record: one for each occasion of each plan."""
    kind, week = standing.key
    return Entropy(plan.id.bytes).uuid(f"{kind}/{week}")


def _next(standing: Standing, plan: PlanVersion, event: OccasionEvent, now: datetime) -> OccasionRecord:
    """Return the record after an event. Who said something of it last, and why, stays with it."""
    return replace(_record(standing, plan, now), state=move(standing.state, event), is_called_off=False)


def _record(standing: Standing, plan: PlanVersion, now: datetime) -> OccasionRecord:
    """Return the record as it is, one revision on; a new one where nothing was recorded before."""
    if standing.record is not None:
        return replace(standing.record, revision=standing.record.revision + 1, changed_at=now)
    occasion = standing.occasion
    return OccasionRecord(
        id=record_id(plan, standing),
        site_id=plan.site_id,
        participant_id=plan.participant_id,
        plan_version=plan.version,
        kind=occasion.kind,
        week=occasion.week,
        state=OccasionState.UPCOMING,
        target=occasion.target,
        opens=occasion.opens,
        closes=occasion.closes,
        revision=1,
        changed_at=now,
    )

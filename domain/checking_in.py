"""With which report a participant has done her weekly check-in, and which one (trial.md §1 and §2, Forms).

Only her own report on a check-in form counts: a caregiver's is never merged into hers. It counts for the week in whose
window it was made (domain/timing.py), so that a report made in time and sent from offline days later is not taken
for the next week's, and a second report of a week for no other.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from domain import recording
from domain.answers import ChoiceAnswer
from domain.decision import Change
from domain.local_time import local_date, zone
from domain.occasion import AHEAD, OccasionState, Standing
from domain.people import Account, Role, Site
from domain.plan import Course
from domain.protocol.schema import Calendar
from domain.report import Report
from domain.schedule import OccasionKind

_OPEN_TO_HER = frozenset({*AHEAD, OccasionState.MISSED})


def check_in(
    course: Course, report: Report, account: Account, site: Site, calendar: Calendar
) -> Change | None:
    """Return the check-in that this report has done; None if it is no check-in, or none is waiting for one.

    She is asked on the day by her own clock, so her own day comes before the site's: she may be a day ahead of it.
    """
    if not _is_check_in(report, calendar):
        return None
    waiting = [each for each in course.of_kind(OccasionKind.CHECK_IN) if each.state in _OPEN_TO_HER]
    found = _of(waiting, report.made_at, account.time_zone) or _of(waiting, report.made_at, site.time_zone)
    if found is None:
        return None
    done_on = local_date(report.received_at, zone(site.time_zone))
    done = recording.complete(found, course.plan, done_on, report.received_at)
    return recording.change(found, replace(done, report_id=report.id))


def has_window(course: Course, at: Iterable[datetime], time_zones: Iterable[str]) -> bool:
    """Say whether the window of any check-in, whatever has become of it, holds one of these instants."""
    days = {local_date(each, zone(name)) for each in at for name in time_zones}
    windows = [each.occasion for each in course.of_kind(OccasionKind.CHECK_IN)]
    return any(each.opens <= day <= each.closes for each in windows for day in days)


def _is_check_in(report: Report, calendar: Calendar) -> bool:
    """Say whether she has checked in: an empty form says nothing of how she is, and silence must still be heard."""
    of_hers = report.reporter is Role.PARTICIPANT and report.submission.form_id in calendar.check_ins.forms
    return (
        of_hers
        and report.is_vouched_for
        and any(isinstance(each, ChoiceAnswer) for each in report.submission.answers)
    )


def _of(waiting: list[Standing], at: datetime, time_zone: str) -> Standing | None:
    day = local_date(at, zone(time_zone))
    return next((each for each in waiting if each.occasion.opens <= day <= each.occasion.closes), None)

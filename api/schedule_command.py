"""`nightbell schedule`: the plan of any anchor date, without a database."""

import argparse
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from api.wiring import shipped_protocol
from domain import local_time, schedule
from domain.errors import Fault
from domain.refusals import SettingsRefused
from domain.schedule import Occasion


class PlannedWindow(Struct, frozen=True, rename="camel"):
    """First and last local day that count, and the instants at which the first begins and the last has ended."""

    opens_on: date
    closes_on: date
    opens_at: datetime
    closes_at: datetime


class PlannedOccasion(Struct, frozen=True, rename="camel"):
    """A visit or check-in of the plan."""

    week: int
    kind: str
    target_date: date
    window: PlannedWindow
    assessments: tuple[str, ...]


def run(chosen: argparse.Namespace) -> int:
    """Print the plan as a table or as JSON."""
    planned = plan(chosen.phase, chosen.anchor, chosen.zone)
    shown = (
        msgspec.json.format(msgspec.json.encode(planned)).decode()
        if chosen.format == "json"
        else _table(planned)
    )
    print(shown)  # noqa: T201 - a command line speaks
    return 0


def plan(phase: str, anchor: str, zone_name: str) -> tuple[PlannedOccasion, ...]:
    """Plan a phase ("1" or "phase-1") from an ISO date in an IANA zone; raise SettingsRefused or UnknownTimeZone."""
    calendar = shipped_protocol().calendar
    zone = local_time.zone(zone_name)
    name = f"phase-{phase}" if phase.isdecimal() else phase
    if name not in calendar.phases:
        raise _unfit("--phase", f"is none of the protocol's: {', '.join(calendar.phases)}")
    occasions = schedule.plan(calendar, name, (_date(anchor),)).occasions
    return tuple(_planned(occasion, zone) for occasion in occasions)


def _planned(occasion: Occasion, zone: ZoneInfo) -> PlannedOccasion:
    window = PlannedWindow(
        opens_on=occasion.opens,
        closes_on=occasion.closes,
        opens_at=_midnight(occasion.opens, zone),
        closes_at=_midnight(occasion.closes + timedelta(days=1), zone),
    )
    return PlannedOccasion(occasion.week, occasion.kind.value, occasion.target, window, occasion.assessments)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return local_time.instant(day, time(), zone).astimezone(UTC)


def _table(planned: tuple[PlannedOccasion, ...]) -> str:
    head = f"{'week':>4}  {'kind':8}  {'target':10}  {'opens':10}  {'closes':10}  assessments"
    return "\n".join((head, *map(_row, planned)))


def _row(each: PlannedOccasion) -> str:
    window = each.window
    days = f"{each.target_date}  {window.opens_on}  {window.closes_on}"
    return f"{each.week:>4}  {each.kind:8}  {days}  {' '.join(each.assessments)}".rstrip()


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _unfit("--anchor", "must be a date like 2026-03-02") from None


def _unfit(pointer: str, message: str) -> SettingsRefused:
    return SettingsRefused("There is no such plan.", faults=(Fault(pointer, message),))

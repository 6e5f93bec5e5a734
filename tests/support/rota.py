"""A rota and the people on it, for tests of the pure core. Hours are counted from NOON of a Monday in Shanghai."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from domain.colleague import Colleague
from domain.decision import Actor, Context
from domain.people import Role, Shift, ShiftKind, Site
from domain.rota_changes import Book, Wanted
from tests.support.alerts import NAMES, NOON, SHANGHAI, SITE, context, staff_id

HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return NOON + hours * HOUR


def shift(
    name: str,
    starts: float,
    ends: float,
    tier: int = 1,
    *,
    override: bool = False,
    removed: float | None = None,
) -> Shift:
    return Shift(
        id=UUID(int=hash((name, starts, ends, tier, override)) % 2**64),
        site_id=SITE,
        staff_id=staff_id(name),
        tier=tier,
        starts_at=at(starts),
        ends_at=at(ends),
        kind=ShiftKind.OVERRIDE if override else ShiftKind.SHIFT,
        removed_at=None if removed is None else at(removed),
    )


def wanted(name: str, starts: float, ends: float, tier: int = 1, *, pointer: str = "/shifts/0") -> Wanted:
    return Wanted(staff_id=staff_id(name), tier=tier, starts_at=at(starts), ends_at=at(ends), pointer=pointer)


def colleague(name: str) -> Colleague:
    role = Role.COORDINATOR if name == "Alice" else Role.INVESTIGATOR
    return Colleague(staff_id=staff_id(name), name=name, role=role, number=name.encode())


PEOPLE = {staff_id(name): colleague(name) for name in NAMES}


def book(*rows: Shift, people: dict[UUID, Colleague] = PEOPLE) -> Book:
    return Book(site_id=SITE, rows=rows, people=people)


def the_site() -> Site:
    return Site(
        id=SITE,
        name="Zhongnan",
        time_zone=SHANGHAI,
        principal_investigator_id=staff_id("Frank"),
        live_since=NOON,
    )


def by(name: str, now: datetime = NOON) -> Context:
    """What a decision of one of the cast is given."""
    return replace(context(now), actor=Actor(role="staff", id=staff_id(name)))

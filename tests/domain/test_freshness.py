"""The mark of a schedule: whoever is told that she holds it as it is holds it to the last byte."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from api.words import occasion_view
from domain import freshness, planning, recording
from domain.decision import Context, Decision
from domain.errors import BodyInvalid, IllegalEvent
from domain.occasion import OccasionRecord, Standing
from domain.people import Administration, Site
from domain.plan import Course, PlanVersion
from domain.planning import Recorded
from tests.support.protocol import shipped
from tests.support.years import (
    ALICE,
    CHECK_IN,
    VISIT,
    Kept,
    a_plan,
    a_site,
    administrations,
    at,
    context,
    day,
)

ZONES = ("Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Honolulu", "America/St_Johns", "Australia/Lord_Howe")
BY = Recorded(staff_id=ALICE, reason="drawn")
ACTS = ("complete", "miss", "reschedule", "reopen", "silent", "pass", "look")


class Seen(Struct, frozen=True):
    """What a phone read, and under which mark."""

    mark: tuple[object, ...]
    body: bytes


class Life:
    """A year in which anything is recorded at any time, and read after each step."""

    def __init__(self, zone: str) -> None:
        self.site: Site = replace(a_site(), time_zone=zone)
        self.year = Kept(zone=ZoneInfo(zone))
        self.given: tuple[Administration, ...] = administrations(0)
        self.seen: list[Seen] = []

    def read(self, now: datetime) -> None:
        course: Course = self.year.course(now)
        views = tuple(occasion_view(shipped(), "en", each) for each in course.standings)
        days = tuple(sorted(each.given_on for each in self.given))
        body = msgspec.json.encode((self.site.time_zone, days, course.plan.version, views))
        mark = freshness.mark(self.site, course, self.given).at(now)
        self.seen.append(Seen(mark, body))

    def act(self, name: str, week: int, ahead: int, now: datetime) -> None:
        kind = CHECK_IN if name in {"silent", "pass"} else VISIT
        standing = self.year.course(now).find(kind, week)
        if standing is None:
            return
        try:
            record = _record(name, standing, self.year, ahead, now)
        except (IllegalEvent, BodyInvalid):
            return
        if record is not None:
            self.year.records[record.kind, record.week] = record

    def plan_anew(self, version: int, anchor: date) -> None:
        self.year = Kept(plan=a_plan(anchor, version=version), zone=self.year.zone)

    def close(self, now: datetime) -> None:
        self.year.plan = replace(self.year.plan, closed_at=now)


def _record(name: str, standing: Standing, year: Kept, ahead: int, now: datetime) -> OccasionRecord | None:
    if name == "silent":
        return recording.fall_silent(standing, year.plan, None, now)
    if name == "pass":
        return recording.let_pass(standing, year.plan, year.zone, now)
    decision = _decided(name, standing, year.plan, now.astimezone(year.zone).date(), ahead, context(now))
    found = () if decision is None else tuple(each.after for each in decision.changes)
    return next((each for each in found if isinstance(each, OccasionRecord)), None)


def _decided(
    name: str, standing: Standing, plan: PlanVersion, now: date, ahead: int, said: Context
) -> Decision | None:
    match name:
        case "complete":
            return planning.complete_visit(standing, plan, now, now, BY, said)
        case "miss":
            return planning.miss_visit(standing, plan, BY, said)
        case "reschedule":
            return planning.reschedule_visit(standing, plan, now + timedelta(days=ahead), now, BY, said)
        case "reopen":
            return planning.reopen_visit(standing, plan, BY, said)
        case _:
            return None


steps = st.lists(
    st.tuples(
        st.sampled_from((*ACTS, "plan", "close")),
        st.sampled_from((1, 2, 4, 8, 12, 24, 36, 52)),
        st.integers(0, 40),
        st.one_of(st.integers(0, 3), st.integers(0, 60)),
        st.integers(0, 47),
    ),
    min_size=3,
    max_size=14,
)


@given(st.sampled_from(ZONES), steps)
@settings(max_examples=150, deadline=None)
def test_the_same_mark_means_the_same_bytes_whatever_happened(
    zone: str, taken: list[tuple[str, int, int, int, int]]
) -> None:
    life, now, version = Life(zone), at(0, "00:00", ZoneInfo(zone)), 1
    life.read(now)
    for name, week, ahead, days, half_hours in taken:
        now += timedelta(days=days, minutes=30 * half_hours, microseconds=1)
        if name == "plan":
            version += 1
            life.plan_anew(version, day(ahead))
        elif name == "close":
            life.close(now)
        else:
            life.act(name, week, ahead, now)
        life.read(now)
    bodies: dict[tuple[object, ...], bytes] = {}
    for each in life.seen:
        assert bodies.setdefault(each.mark, each.body) == each.body


@given(st.sampled_from(ZONES), st.lists(st.integers(0, 400 * 24), min_size=2, max_size=20))
@settings(max_examples=100, deadline=None)
def test_while_nothing_is_recorded_the_mark_moves_only_when_something_opens(
    zone: str, hours: list[int]
) -> None:
    life = Life(zone)
    for each in sorted(hours):
        life.read(at(0, "00:00", ZoneInfo(zone)) + timedelta(hours=each))
    for one, other in zip(life.seen, life.seen[1:], strict=False):
        assert (one.mark == other.mark) is (one.body == other.body)


@pytest.mark.parametrize("zone", ZONES)
def test_it_moves_in_the_instant_in_which_a_window_begins_at_the_site(zone: str) -> None:
    life = Life(zone)
    opens = life.year.standing(CHECK_IN, 20, at(0)).occasion.opens
    midnight = at(opens, "00:00", ZoneInfo(zone))
    for moment in (midnight - timedelta(microseconds=1), midnight, midnight + timedelta(hours=1)):
        life.read(moment)
    before, then, after = life.seen
    assert before.mark != then.mark
    assert before.body != then.body
    assert then.mark == after.mark


def test_it_moves_when_a_visit_opens_that_was_given_an_earlier_day() -> None:
    life = Life("Asia/Shanghai")
    life.act("reschedule", 52, 3, at(100, "12:00"))
    # On that day nothing opens that was planned so.
    for moment in (at(102, "23:59"), at(103, "00:00")):
        life.read(moment)
    before, then = life.seen
    assert before.body != then.body
    assert before.mark != then.mark

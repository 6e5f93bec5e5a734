"""A participant's year for tests of the pure core: made from few words, and kept as the worker keeps it.

Lin was given the medicine on Monday, 2 March 2026, in Shanghai; she and her caregiver want to be reminded at nine.
"""

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain import recording, reminding, schedule, silence
from domain.decision import SYSTEM, Change, Context, Decision
from domain.delivery import ReminderText
from domain.entropy import Entropy
from domain.ladder import Reader
from domain.local_time import instant, local_date
from domain.occasion import OccasionRecord, Standing
from domain.people import Administration, Participant, ParticipantState, Role, Site
from domain.plan import Course, PlanCause, PlanVersion, course
from domain.planning import Planned
from domain.protocol.reminders import Complication, Reminders
from domain.protocol.schema import Level
from domain.reminder import Reminder
from domain.ringing import Bell
from domain.schedule import Occasion, OccasionKind
from domain.task import Task
from domain.year import Addressee, Year
from tests.support.alerts import LIN, SITE, roster
from tests.support.protocol import shipped

VISIT, CHECK_IN = OccasionKind.VISIT, OccasionKind.CHECK_IN
SHANGHAI, HONOLULU, KIRITIMATI = map(ZoneInfo, ("Asia/Shanghai", "Pacific/Honolulu", "Pacific/Kiritimati"))
REMINDERS = shipped().reminders
ANCHOR = date(2026, 3, 2)
LINS, CAREGIVERS, ALICE = UUID(int=31), UUID(int=32), UUID(int=100)

Key = tuple[OccasionKind, int]


def day(number: int) -> date:
    """Day 0 is the day of the administration."""
    return ANCHOR + timedelta(days=number)


def at(on: date | int, clock: str = "00:00", zone: ZoneInfo = SHANGHAI) -> datetime:
    """The instant at which a clock shows this on a date, or on a day of the trial."""
    return instant(day(on) if isinstance(on, int) else on, time.fromisoformat(clock), zone)


def wall(moment: datetime, zone: ZoneInfo = SHANGHAI) -> str:
    """What a clock shows: "2026-03-09 09:00"."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def lin(
    zone: ZoneInfo = SHANGHAI,
    hour: int = 9,
    *,
    sms: bool = True,
    scheduled: Iterable[UUID] = (),
    confirmed: Iterable[UUID] = (),
) -> Addressee:
    """The participant as somebody who may be reminded."""
    return Addressee(
        reader=Reader(account_id=LINS, role=Role.PARTICIPANT, zone=zone, hour=hour),
        language="zh-CN",
        has_sms=sms,
        scheduled=frozenset(scheduled),
        confirmed=frozenset(confirmed),
    )


def caregiver(zone: ZoneInfo = SHANGHAI, hour: int = 9, *, sms: bool = True) -> Addressee:
    """Her caregiver."""
    reader = Reader(account_id=CAREGIVERS, role=Role.CAREGIVER, zone=zone, hour=hour)
    return replace(lin(sms=sms), reader=reader)


BOTH = (lin(), caregiver())


def context(now: datetime) -> Context:
    """The worker, with other luck at every instant."""
    return Context(actor=SYSTEM, now=now, machine_now=now, entropy=Entropy(now.isoformat().encode()))


def a_site(zone: ZoneInfo = SHANGHAI) -> Site:
    return Site(id=SITE, name="Zhongnan", time_zone=zone.key)


def a_participant(phase: str = "phase-1", state: ParticipantState = ParticipantState.ENROLLED) -> Participant:
    return Participant(
        id=LIN, site_id=SITE, subject_number="1001", phase=phase, state=state, registered_at=at(-30)
    )


def occasions_of(
    anchor: date = ANCHOR, only: Collection[Key] = (), phase: str = "phase-1"
) -> tuple[Occasion, ...]:
    """The occasions of the shipped calendar: all, or some by kind and week."""
    made = schedule.plan(shipped().calendar, phase, (anchor,)).occasions
    return tuple(each for each in made if not only or (each.kind, each.week) in only)


def occasion(kind: OccasionKind, week: int, anchor: date = ANCHOR) -> Occasion:
    return occasions_of(anchor, {(kind, week)})[0]


def a_plan(
    anchor: date = ANCHOR,
    only: Collection[Key] = (),
    *,
    made_at: datetime | None = None,
    version: int = 1,
    closed_at: datetime | None = None,
) -> PlanVersion:
    """A version of her plan, made on the morning of day 0."""
    return PlanVersion(
        id=UUID(int=1000 + version),
        site_id=SITE,
        participant_id=LIN,
        version=version,
        anchor=anchor,
        cause=PlanCause.ADMINISTRATION,
        protocol_version="test",
        made_at=made_at or at(anchor, "10:00"),
        occasions=occasions_of(anchor, only),
        closed_at=closed_at,
    )


@dataclass
class Kept:
    """A year that is looked at as the worker looks at it (notifications/sweep.py), and all that came of it."""

    plan: PlanVersion = field(default_factory=a_plan)
    people: tuple[Addressee, ...] = BOTH
    zone: ZoneInfo = SHANGHAI
    holidays: frozenset[date] = frozenset()
    given_on: tuple[date, ...] = (ANCHOR,)
    complications: frozenset[Complication] = frozenset()
    state: ParticipantState = ParticipantState.ENROLLED
    reminders: Reminders = REMINDERS
    records: dict[Key, OccasionRecord] = field(default_factory=dict)
    made: tuple[Reminder, ...] = ()
    texts: list[ReminderText] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    silences: list[tuple[int, datetime, Level]] = field(default_factory=list)
    """Week, when its silence was told to the site, and how urgent it was."""
    decisions: list[Decision] = field(default_factory=list)

    def course(self, now: datetime) -> Course:
        return course(self.plan, tuple(self.records.values()), local_date(now, self.zone))

    def year(self, now: datetime) -> Year:
        """Everything as it would be loaded now."""
        return Year(
            participant=a_participant(state=self.state),
            zone=self.zone,
            today=local_date(now, self.zone),
            holidays=self.holidays,
            course=self.course(now),
            addressees=self.people,
            made=self.made,
            given_on=self.given_on,
            complications=self.complications,
        )

    def standing(self, kind: OccasionKind, week: int, now: datetime) -> Standing:
        found = self.course(now).find(kind, week)
        assert found is not None
        return found

    def look(self, now: datetime) -> tuple[Reminder, ...]:
        """Look once, as the sweep does: what was let pass, reminders, silences; return the reminders made."""
        before = len(self.made)
        found = reminding.look(self.year(now), self.reminders, context(now))
        for decision in found.decisions:
            self.take(decision)
        self._tell(found.year, now)
        return self.made[before:]

    def _tell(self, year: Year, now: datetime) -> None:
        if not year.goes_on:
            return
        for each in silence.due(year, self.reminders, now):
            bell = Bell(site_id=SITE, participant_id=LIN, time_zone=self.zone.key, live=None, roster=roster())
            level = silence.level(each, year, self.reminders.silence)
            decision, record = silence.tell(each, year, bell, shipped(), context(now))
            self.silences.append((each.occasion.week, now, level))
            self.take(decision)
            year = year.with_records((record,))

    def again_at(self, now: datetime) -> datetime | None:
        return reminding.again_at(self.year(now), self.reminders, now)

    def run(self, now: datetime, until: datetime) -> datetime:
        """Look now, and then whenever the year says that something is due, before `until`; return that."""
        self.look(now)
        while (then := self.again_at(now)) is not None and then < until:
            assert then > now, "it would be due for ever"
            now = then
            self.look(now)
        return until

    def take(self, decision: Decision) -> None:
        """Write a decision down."""
        self.decisions.append(decision)
        for each in decision.changes:
            self._write(each)

    def _write(self, change: Change) -> None:
        match change.after:
            case OccasionRecord() as record:
                assert change.before == self.records.get((record.kind, record.week)), (
                    "a change without a base"
                )
                self.records[record.kind, record.week] = record
            case Reminder() as reminder:
                assert reminder.key not in {each.key for each in self.made}, "reminders_once_key"
                self.made = (*self.made, reminder)
            case ReminderText() as text:
                self.texts = [*(each for each in self.texts if each.id != text.id), text]
            case Task() as task:
                self.tasks.append(task)
            case _:
                pass

    def done(self, kind: OccasionKind, week: int, now: datetime) -> None:
        """It is recorded as done today."""
        done = recording.complete(self.standing(kind, week, now), self.plan, local_date(now, self.zone), now)
        self.records[kind, week] = done

    def journal(self, zone: ZoneInfo | None = None) -> list[str]:
        """Every reminder as it was made: "2026-03-09 09:00 participant check-in 1 on-the-day"."""
        roles = {each.reader.account_id: each.reader.role for each in self.people}
        return [
            f"{wall(each.made_at, zone or self.zone)} {roles[each.account_id]} {each.kind} {each.week} {each.rung}"
            for each in self.made
        ]


def administrations(*days: int) -> tuple[Administration, ...]:
    """The administrations of these days, as Alice recorded them."""
    return tuple(
        Administration(
            id=UUID(int=500 + number),
            site_id=SITE,
            participant_id=LIN,
            number=number,
            given_on=day(on),
            recorded_at=at(on, "10:00"),
            recorded_by=ALICE,
        )
        for number, on in enumerate(days, start=1)
    )


def planned(year: Kept | None = None, phase: str = "phase-1") -> Planned:
    """What a new version of her plan is made from: nothing yet, or a year that was kept."""
    return Planned(
        participant=a_participant(phase, ParticipantState.ENROLLED if year is None else year.state),
        site=a_site(),
        current=None if year is None else year.plan,
        records=() if year is None else tuple(year.records.values()),
        texts=() if year is None else tuple(year.texts),
        made=() if year is None else year.made,
    )


def followed(year: Kept, changes: Iterable[Change], given_on: tuple[date, ...]) -> Kept:
    """The year after a new version of its plan was made."""
    rows = [each.after for each in changes]
    (plan,) = (each for each in rows if isinstance(each, PlanVersion) and each.closed_at is None)
    records = [each for each in rows if isinstance(each, OccasionRecord)]
    return dataclasses.replace(
        year, plan=plan, given_on=given_on, records={(each.kind, each.week): each for each in records}
    )

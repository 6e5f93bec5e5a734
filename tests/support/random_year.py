"""Some weeks of a participant in which anything may happen, drawn from a seed.

Each step something is done or not, then time passes: to a near instant, over days, or, in an outage, at once. An alert
is answered as soon as it rings, or it would ring everybody every ten minutes for ever.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from domain.records import deployment
from domain.records.rows import reading
from tests.support.clinic import Clinic, Person
from tests.support.sites import close_on, home
from tests.support.watch import alert_of, take
from tests.support.year import CAREGIVERS_PHONE, LINS_PHONE, check_in, consent, days, receipts, today
from tests.support.year_rules import Rules

Json = Any
Thing = TypeVar("Thing")

WEEKS = 3
"""How long a story is, at most."""

OUTAGE_DAYS = 12
ZONES = (
    *("Asia/Shanghai", "Asia/Kolkata", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"),
    *("Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Chatham", "America/St_Johns"),
)
FAULTS = (
    *("error-after-accept", "drop", "rate-limit", "receipt-first"),
    *("no-receipt", "duplicate", "reorder", "undelivered"),
)
REASONS = ("withdrawn", "transplanted", "died", "completed", "lost")


class RandomYear:
    """One story, its people and its luck. `said` is what has happened, in order."""

    def __init__(self, clinic: Clinic, seed: int) -> None:
        self.clinic = clinic
        self.luck = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.rules = Rules(clinic)
        self.said: list[str] = []
        self.alice: Person
        self.dana: Person
        self.lin: Person
        self.caregiver: Person

    async def live(self) -> None:
        """Play the whole story, and check after every step."""
        await self._begin()
        ends_at = self.clinic.trial.now() + timedelta(days=self.luck.uniform(2, 7 * WEEKS))
        while self.clinic.trial.now() < ends_at:
            await self._step(self.luck.choice(_ACTS))
        if self.clinic.trial.now() > self.awake_since + days(7):
            assert self.rules.made, "in a week nobody was reminded of anything"
        await self._step(_end)
        await self._step(_nothing)
        self.said.append(f"{len(self.rules.made)} reminders, {self.rules.texts} texts")

    async def _begin(self) -> None:
        now = self.clinic.trial.now()
        # The same day of the year for the same seed, so that it meets the same change of clocks.
        wanted = date(now.year, 1, 1) + days(self.luck.randrange(365))
        ahead = (wanted - now.date()).days % 365
        start = datetime.combine(now.date() + days(1 + ahead), datetime.min.time(), now.tzinfo)
        await self.clinic.demo.sandbox.clock.move_to(start + timedelta(hours=self.luck.uniform(0, 24)))
        self.alice, self.dana = await self.clinic.staff("Alice"), await self.clinic.staff("Dana")
        self.lin, self.caregiver = await self.clinic.lin(days=self.luck.randrange(4))
        self.awake_since = self.clinic.trial.now()
        await _consent(self)

    async def _step(self, act: "Act") -> None:
        if not self.rules.has_ended and self.luck.random() < 0.35:
            await self._until_a_text_waits()
        self.said.append(f"{self.clinic.trial.now():%m-%d %H:%M} {act.__name__.strip('_')}")
        await act(self)
        await self.rules.note()
        hours = self.luck.choice((1, 5, 12, 26, 60)) * self.luck.uniform(0.5, 1)
        await self.pass_time(self.clinic.trial.now() + timedelta(hours=hours))
        await self.rules.check()

    async def _until_a_text_waits(self) -> None:
        """Let a phone set its alarms: until they must have rung a text waits, and then much can happen to it."""
        await _set_alarms(self.one_of((self.lin, self.caregiver)))
        now = self.clinic.trial.now()
        if (due := await self._next_due(now + days(3))) is not None:
            await self.pass_time(due + timedelta(minutes=self.luck.uniform(1, 40)))
        self.said.append(f"{self.clinic.trial.now():%m-%d %H:%M} a text may wait")
        await self.rules.check()

    async def pass_time(self, target: datetime) -> None:
        """Let time pass, answering every alert as soon as it rings."""
        while (due := await self._next_due(target)) is not None:
            await self.clinic.demo.sandbox.advance_to(due)
            await self._answer()
        await self.clinic.demo.sandbox.advance_to(target)
        await self._answer()

    async def _next_due(self, until: datetime) -> datetime | None:
        async with reading(self.clinic.trial.pool) as connection:
            return await deployment.next_due(connection, until)

    async def _answer(self) -> None:
        async with reading(self.clinic.trial.pool) as connection:
            ringing = await connection.fetchval(
                "select count(*) from alerts where state in ('open', 'exhausted')"
            )
        if ringing:
            await take(self.dana)
            alert = await alert_of(self.dana)
            path = f"/v1/alerts/{alert['alertId']}/contacts"
            answer = await self.dana.post(path, {"outcome": "spoke-with-participant"})
            assert answer.status_code == 201, answer.text

    def one_of(self, things: Sequence[Thing]) -> Thing:
        """Draw one."""
        return self.luck.choice(things)

    @property
    def path(self) -> str:
        """Where she is."""
        return f"/v1/participants/{self.lin.participant_id}"


Act = Callable[[RandomYear], Awaitable[None]]


async def _nothing(_: RandomYear) -> None:
    pass


async def _check_in(year: RandomYear) -> None:
    await check_in(year.lin)


async def _choose(year: RandomYear, phone: str, **wanted: Json) -> None:
    person = year.lin if phone == LINS_PHONE else year.caregiver
    etag = (await person.get("/v1/me")).headers["etag"]
    answer = await person.call("PATCH", "/v1/me", wanted, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def _travel(year: RandomYear) -> None:
    phone, zone = year.one_of((LINS_PHONE, CAREGIVERS_PHONE)), year.one_of(ZONES)
    await _choose(year, phone, timeZone=zone)
    year.rules.zones[phone] = ZoneInfo(zone)


async def _other_hour(year: RandomYear) -> None:
    await _choose(year, year.one_of((LINS_PHONE, CAREGIVERS_PHONE)), reminderHour=year.luck.randint(8, 19))


async def _visit(year: RandomYear) -> None:
    """Something is recorded of a visit of these weeks, as its state allows."""
    listed = (await year.alice.get(f"{year.path}/schedule")).json()["occasions"]
    now = today(year.clinic)
    near = [
        each
        for each in listed
        if each["kind"] == "visit" and abs((date.fromisoformat(each["targetDate"]) - now).days) <= 14
    ]
    if not near:
        return
    visit = year.one_of(near)
    change = year.one_of(_changes(visit["state"], now, year.luck))
    answer = await year.alice.put(f"{year.path}/visits/{visit['week']}", {**change, "reason": "drawn"})
    assert answer.status_code == 200, answer.text
    if change["action"] == "reopen":
        year.rules.done.discard(("visit", visit["week"]))


def _changes(state: str, now: date, luck: random.Random) -> list[dict[str, str]]:
    complete = {"action": "complete", "completedOn": now.isoformat()}
    other_day = {"action": "reschedule", "targetDate": (now + days(luck.randrange(10))).isoformat()}
    return {
        "upcoming": [complete, other_day],
        "open": [complete, other_day, {"action": "miss"}],
        "missed": [complete, other_day],
        "done": [{"action": "reopen"}],
    }[state]


async def _consent(year: RandomYear) -> None:
    await consent(year.alice, year.lin)
    await consent(year.alice, year.lin, "caregiver", CAREGIVERS_PHONE)


async def _withdraw(year: RandomYear) -> None:
    role = year.one_of(("participant", "caregiver"))
    answer = await year.alice.call("DELETE", f"{year.path}/sms-consents/{role}")
    assert answer.status_code == 204, answer.text


async def _holidays(year: RandomYear) -> None:
    near = [today(year.clinic) + days(ahead) for ahead in range(21)]
    closed = year.luck.sample(near, year.luck.randrange(12))
    site = await home(year.clinic)
    assert (await close_on(year.alice, site.id, *closed)).status_code == 200


async def _correct(year: RandomYear) -> None:
    """The day of an administration was another one."""
    given = (await year.alice.get(year.path)).json()["administrations"]
    wrong = year.one_of(given)
    days_of_others = {each["givenOn"] for each in given if each is not wrong}
    on = (today(year.clinic) - days(year.luck.randrange(10))).isoformat()
    if on not in days_of_others:
        body = {"givenOn": on, "reason": "drawn"}
        answer = await year.alice.call("PATCH", f"{year.path}/administrations/{wrong['number']}", body)
        assert answer.status_code == 200, answer.text


async def _administer(year: RandomYear) -> None:
    given = (await year.alice.get(year.path)).json()["administrations"]
    on = today(year.clinic).isoformat()
    if on not in {each["givenOn"] for each in given}:
        answer = await year.alice.post(f"{year.path}/administrations", {"givenOn": on})
        assert answer.status_code == 201, answer.text


async def _outage(year: RandomYear) -> None:
    """No worker for days; then everything that has come due meanwhile is there at once."""
    clock = year.clinic.demo.sandbox.clock
    await clock.move_to(
        clock() + timedelta(days=year.luck.choice((0.1, 0.5, 1, OUTAGE_DAYS)) * year.luck.random())
    )
    year.awake_since = clock()


async def _trouble(year: RandomYear) -> None:
    """The provider makes mistakes with the next texts."""
    year.clinic.fault(year.one_of(FAULTS), code=30005, times=year.luck.randint(1, 2))


async def _set_alarms(person: Person) -> None:
    listed = (await person.get("/v1/me/reminders")).json()
    ids = [each["reminderId"] for each in listed["reminders"]][:20]
    await receipts(person, "scheduled", *ids, version=listed["planVersion"])


async def _phone(year: RandomYear) -> None:
    """A phone has shown its next alarm."""
    person = year.one_of((year.lin, year.caregiver))
    listed = (await person.get("/v1/me/reminders")).json()
    ids = [each["reminderId"] for each in listed["reminders"]][:1]
    await receipts(person, "shown", *ids, version=listed["planVersion"])


async def _end(year: RandomYear) -> None:
    body = {"reason": year.one_of(REASONS), "endedOn": today(year.clinic).isoformat()}
    answer = await year.alice.post(f"{year.path}/end", body)
    assert answer.status_code == 200, answer.text
    year.rules.has_ended = True


_ACTS: tuple[Act, ...] = (
    *(
        _nothing,
        _nothing,
        _nothing,
        _nothing,
        _check_in,
        _check_in,
        _travel,
        _travel,
        _other_hour,
        _visit,
        _visit,
    ),
    *(_consent, _consent, _withdraw, _holidays, _correct, _administer, _outage, _outage, _trouble, _phone),
)
"""What may happen in a step; what stands here twice happens more often."""

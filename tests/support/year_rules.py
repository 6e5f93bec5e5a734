"""What must hold of reminders in every story, whatever happens in it: read from the phones and from the rows.

Nothing of the program's own decisions is asked: which day, which hour and who, is worked out here again.
"""

from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from msgspec import Struct, convert

from domain.records import audit
from domain.records.rows import Connection, reading
from notifications.emulator.messages import Message
from tests.support.clinic import Clinic
from tests.support.year import CAREGIVERS_PHONE, LINS_PHONE, SHANGHAI, days

FIRST_HOUR, LAST_HOUR = 8, 19
"""Hours of the reader's day in which a text may come (trial.md §3)."""

Occasion = tuple[str, int]

LAST_DAYS = {"week-before": -3, "two-days-before": -2, "evening-before": 0, "on-the-day": 0}
"""Until which day, from the target day on, a rung can hold at most: the next one begins after it."""


class Part(Struct, frozen=True):
    """A reminder that was made, and of which text it is a part."""

    id: UUID
    message_id: UUID | None
    kind: str
    week: int
    target: date
    rung: str

    @property
    def occasion(self) -> Occasion:
        """What it reminds of."""
        return self.kind, self.week

    def may_hold(self, day: date) -> bool:
        """Whether it can still be meant on a day, in a text that came late and tells of something else as well."""
        return self.rung not in LAST_DAYS or day <= self.target + days(LAST_DAYS[self.rung])


class Sent(Struct, frozen=True):
    """One attempt at a text to participant or caregiver."""

    id: UUID
    message_id: UUID
    started_at: datetime
    valid_until: datetime
    outcome: str


class Rules:
    """Watches one participant. Tell it what only the story knows: zones, what is not done after all, the end."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.zones = {LINS_PHONE: SHANGHAI, CAREGIVERS_PHONE: SHANGHAI}
        self.has_ended = False
        self.done: set[Occasion] = set()
        self.made: dict[UUID, Part] = {}
        self._texts: set[str] = set()
        self._told: dict[tuple[str, Occasion, date, date], datetime] = {}

    @property
    def texts(self) -> int:
        """How many texts the provider took for the two phones."""
        return len(self._texts)

    async def note(self) -> None:
        """Remember what is done, before time passes: it stays done in every plan, and is never asked for again."""
        async with reading(self.clinic.trial.pool) as connection:
            rows = await connection.fetch(
                """
                select kind, week from occasions
                where state = 'done' and plan_version = (select max(version) from plans)
                """
            )
        self.done |= {(row["kind"], row["week"]) for row in rows}

    async def check(self) -> None:
        """Check everything that has come since the last time; an AssertionError says what is wrong."""
        async with reading(self.clinic.trial.pool) as connection:
            await self._check_made(connection)
            await self._check_texts(await _sent(connection))
            await _check_once(connection)

    async def _check_made(self, connection: Connection) -> None:
        rows = await connection.fetch("select id, message_id, kind, week, target, rung from reminders")
        for part in convert([dict(row) for row in rows], list[Part]):
            if part.id not in self.made:
                assert not self.has_ended, f"made after the end: {part}"
                assert part.occasion not in self.done, f"made although it was done: {part}"
                self.made[part.id] = part

    async def _check_texts(self, sent: dict[UUID, Sent]) -> None:
        for text in self._fresh():
            attempt = sent[_attempt_of(text)]
            parts = [each for each in self.made.values() if each.message_id == attempt.message_id]
            self._check_text(text, attempt, parts)

    def _fresh(self) -> Iterator[Message]:
        for text in self.clinic.emulator.messages:
            if text.to in self.zones and text.sid not in self._texts:
                self._texts.add(text.sid)
                yield text

    def _check_text(self, text: Message, attempt: Sent, parts: list[Part]) -> None:
        local = attempt.started_at.astimezone(self.zones[text.to])
        what = f"to {text.to} at {local} about {parts}"
        assert not self.has_ended, f"sent after the end: {what}"
        assert FIRST_HOUR <= local.hour <= LAST_HOUR, f"sent at night: {what}"
        assert attempt.started_at < attempt.valid_until, f"sent too late: {what}"
        assert any(each.occasion not in self.done for each in parts), f"sent although it was done: {what}"
        for each in parts:
            if each.may_hold(local.date()):
                told = text.to, each.occasion, each.target, local.date()
                # Whoever travels west has the same day again, many hours later: that is another one.
                before = self._told.get(told)
                same = before is not None and before.astimezone(local.tzinfo).date() == local.date()
                assert not same, f"twice on one day: {what}"
                self._told[told] = attempt.started_at


def _attempt_of(text: Message) -> UUID:
    """The attempt that a text belongs to, from the address at which the provider tells of it."""
    return UUID(parse_qs(urlsplit(text.callback_url or "").query)["attempt"][0])


async def _sent(connection: Connection) -> dict[UUID, Sent]:
    rows = await connection.fetch(
        """
        select attempts.id, message_id, started_at, valid_until, outcome
        from attempts join messages on messages.id = message_id where alert_id is null
        """
    )
    return {each.id: each for each in convert([dict(row) for row in rows], list[Sent])}


async def _check_once(connection: Connection) -> None:
    """No call is there twice, no text had two attempts that may have arrived, and the trail is whole."""
    twice = await connection.fetch(
        """
        select kind, week, target, rung, account_id from reminders group by 1, 2, 3, 4, 5 having count(*) > 1
        """
    )
    assert twice == [], f"called for twice: {twice}"
    repeated = await connection.fetch(
        """
        select message_id from attempts join messages on messages.id = message_id
        where alert_id is null and outcome in ('', 'accepted', 'unknown') group by 1 having count(*) > 1
        """
    )
    assert repeated == [], f"texts that may have come twice: {repeated}"
    _, broken = await audit.verify(connection)
    assert broken == ()

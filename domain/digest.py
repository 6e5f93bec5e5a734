"""The daily digest of a site: what is open on its work list, in one mail a day (trial.md §2, ROUTINE).

A day has one digest, made at its hour or at the first look after it; a day that has gone by has none any more.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from msgspec import Struct

from domain import mailing
from domain.decision import Change, Context, Decision
from domain.entropy import Entropy
from domain.local_time import instant, local_date, zone
from domain.mailing import Counted, Mail, Reader
from domain.people import Site
from domain.protocol.schema import Protocol
from domain.task import TaskKind

HOUR = time(8, 30)
"""By the site's clock; ours."""

HOLDS = timedelta(hours=12)
"""A digest that cannot be handed over by then is of no use: the next morning brings another; ours."""


class Tally(Struct, frozen=True, kw_only=True):
    """The open tasks of one kind: all of them, what is still to come today, and what is overdue."""

    kind: TaskKind
    open: int
    due_today: int
    overdue: int


class Digest(Struct, frozen=True, kw_only=True):
    """What is open at a site on one of its days."""

    day: date
    tallies: tuple[Tally, ...]

    @property
    def open(self) -> int:
        """All that is open."""
        return sum(each.open for each in self.tallies)

    @property
    def due_today(self) -> int:
        """What is still to come today."""
        return sum(each.due_today for each in self.tallies)

    @property
    def overdue(self) -> int:
        """What should have been done by now."""
        return sum(each.overdue for each in self.tallies)


def day_of(site: Site, now: datetime) -> date:
    """Return the day at a site."""
    return local_date(now, zone(site.time_zone))


def day_ends(site: Site, now: datetime) -> datetime:
    """Return the instant at which the day at a site ends."""
    return instant(day_of(site, now) + timedelta(days=1), time(), zone(site.time_zone))


def is_time(site: Site, now: datetime) -> bool:
    """Say whether the hour of today's digest has come."""
    return now >= instant(day_of(site, now), HOUR, zone(site.time_zone))


def next_at(site: Site, now: datetime) -> datetime:
    """Return when the next digest is due after a look at `now`: today, or tomorrow where today's hour has come."""
    day = day_of(site, now) + timedelta(days=is_time(site, now))
    return instant(day, HOUR, zone(site.time_zone))


def notice_id(site: Site, day: date, staff_id: UUID) -> UUID:
    """Return the id of somebody's digest of a day: whoever makes it a second time meets the first."""
    return Entropy(site.id.bytes).uuid(f"digest/{day.isoformat()}/{staff_id}")


def make(
    digest: Digest, site: Site, readers: tuple[Reader, ...], protocol: Protocol, context: Context
) -> Decision | None:
    """Write today's digest to everybody who works at the site; None where nothing is open or nobody reads it."""
    if not digest.open or not readers:
        return None
    mail = Mail(
        template="mail.digest",
        numbers={"open": digest.open, "due": digest.due_today, "overdue": digest.overdue},
        lines=tuple(Counted(each.kind, each.open) for each in digest.tallies),
        valid_until=context.now + HOLDS,
    )
    notices = [
        mailing.to_reader(mail, notice_id(site, digest.day, each.staff_id), each, site, protocol, context)
        for each in readers
    ]
    return context.decide("digest.make", tuple(map(Change, notices)), site_id=site.id)

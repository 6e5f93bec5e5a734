"""Failed tries to prove who one is, and how long whoever fails must wait (contract.md, `POST /v1/staff/sessions`).

What fails is slowed by where it comes from and what it tries there, both together: whoever is on call waits neither for
the failures of others behind her address nor for those on her account from elsewhere. All instants are machine time.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.people import Staff
from domain.task import Task, TaskKind

WINDOW = timedelta(minutes=15)
"""Failures are counted over this from the first one on, then forgotten; ours."""

ALARM_AT = 10
"""So many failures on one account within the window, from wherever, are told to its sites; ours."""

ALARM_TASK_DUE = timedelta(hours=24)
"""Somebody tries passwords: no patient waits for it; ours."""


class Pace(Struct, frozen=True, kw_only=True):
    """How failures slow down: `free` of them cost nothing, the next costs `first`, each one more twice as much."""

    free: int
    first: timedelta
    longest: timedelta


OF_PAIR = Pace(free=3, first=timedelta(seconds=1), longest=timedelta(seconds=60))
"""For one address at one account, one link, or the codes of one person: 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60 … seconds.

About 24 tries in a window.
"""

OF_SOURCE = Pace(free=30, first=timedelta(seconds=1), longest=timedelta(seconds=60))
"""For one address, whatever it tries. A hospital or a carrier has one for all its people, so it is generous; ours."""

OF_LINK = Pace(free=9, first=timedelta(seconds=30), longest=timedelta(seconds=30))
"""For one link, or the live codes of one person, from wherever: ten in a window, then 2 a minute as long as it goes on.

Whoever has stolen a link has some 170 tries of a million in an hour: 1 in 6,000. Its life is one round.
"""


OF_CODES = Pace(free=30, first=timedelta(seconds=1), longest=timedelta(seconds=60))
"""For one address that sends activation codes which are none: 30 in a window cost nothing. Slips do not count."""

OF_CODES_UNDER_ATTACK = Pace(free=3, first=timedelta(seconds=4), longest=timedelta(seconds=60))
"""The same, while codes are tried from everywhere. An address that has not failed yet waits for nobody's failures."""

CODES_ATTACKED_AT = 300
"""So many failed codes within the window, from all addresses together, are no slips of a few dozen people; ours."""


class Tries(Struct, frozen=True, kw_only=True):
    """The failures of one place within the window that began `since`, and until when the next try is refused."""

    failures: int
    since: datetime
    wait_until: datetime | None = None


def wait(tries: Tries, now: datetime) -> timedelta:
    """Return how long the next try must wait; nothing if it may be made now."""
    return max((tries.wait_until or now) - now, timedelta())


def failed(tries: Tries, now: datetime, pace: Pace | None = None) -> Tries:
    """Return the tries after one more failure; without a pace they are counted and slow nobody."""
    known = tries if now - tries.since < WINDOW else Tries(failures=0, since=now)
    first = now if known.failures == 0 else known.since
    failures = known.failures + 1
    cost = timedelta() if pace is None else _cost(failures, pace)
    return Tries(failures=failures, since=first, wait_until=now + cost if cost else None)


def pace_of_codes(everywhere: Tries) -> Pace:
    """Return how failed codes slow an address, from those of all addresses together."""
    return OF_CODES if everywhere.failures < CODES_ATTACKED_AT else OF_CODES_UNDER_ATTACK


def cleared(tries: Tries) -> Tries:
    """Return the tries after a success."""
    return replace(tries, failures=0, wait_until=None)


def alarms(tries: Tries, attacked: Staff, told: frozenset[UUID], context: Context) -> tuple[Decision, ...]:
    """Tell each site of a person that her account is being tried, unless it was `told` and has not looked yet."""
    if tries.failures < ALARM_AT:
        return ()
    site_ids = [bound.site_id for bound in attacked.roles if bound.site_id not in told]
    return tuple(_alarm(site_id, attacked, context) for site_id in site_ids)


def _cost(failures: int, pace: Pace) -> timedelta:
    paid = failures - pace.free
    # The power is bounded: a flood of failures makes no number that a timedelta cannot hold.
    return timedelta() if paid <= 0 else min(pace.first * 2 ** min(paid - 1, 16), pace.longest)


def _alarm(site_id: UUID, attacked: Staff, context: Context) -> Decision:
    task = Task(
        id=context.entropy.uuid(f"task/sign-in-failures/{site_id}"),
        site_id=site_id,
        participant_id=None,
        kind=TaskKind.SIGN_IN_FAILURES,
        about_id=attacked.id,
        created_at=context.now,
        due_at=context.now + ALARM_TASK_DUE,
    )
    return context.decide("sign-in.warn", (Change(task),), site_id=site_id)

"""How often one of us may ask for one thing. Machine time; what a patient waits for has no limit here.

Reports have the contract's own (`domain.limits`), counted in the statement that every report begins with. Taking or
answering an alert has none: whoever is slowed there lets a patient wait, and a flood of it costs no more than itself.
Failed proofs of who one is are slowed by `domain.slowing`.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.directory import LIFE


class Quota(Struct, frozen=True, kw_only=True):
    """So many in a window, that begins with the first of them. The name is the concern's."""

    name: str
    most: int
    window: timedelta


class Taken(Struct, frozen=True, kw_only=True):
    """How many were asked for since the window began; counted to one more than there are."""

    taken: int
    since: datetime


ROTATIONS = Quota(name="rotations", most=60, window=timedelta(minutes=15))
"""Of one session: an app rotates once in a quarter of an hour, and again for each answer that was lost; ours."""

CALENDAR = Quota(name="calendar", most=120, window=timedelta(hours=1))
"""Of one feed: a calendar asks some times a day, and may be on several devices; ours."""

DRILLS = Quota(name="drills", most=30, window=timedelta(hours=1))
"""Of one site: people are rung for it, and one takes minutes; ours."""

EXPORTS = Quota(name="exports", most=20, window=timedelta(hours=1))
"""Of one account: the whole of what is held about her is read at once, and rarely; ours."""

TRAIL = Quota(name="trail", most=600, window=timedelta(minutes=10))
"""Of one member of staff: a page a second, so that who copies the trail is done within the hour; ours."""

DIRECTORY = Quota(name="directory", most=120, window=timedelta(minutes=15))
"""Of one source, whole hospitals may be behind one: each lets this server ask the directory. The password has no such
limit; ours."""

DIRECTORY_STATE = Quota(name="directory-state", most=1, window=LIFE)
"""Of one sign-in by the directory: it is good once, on whichever node."""


def wait(quota: Quota, taken: Taken, now: datetime) -> timedelta:
    """Return how long to wait until one more may be asked for; nothing where this one may."""
    left = taken.since + quota.window - now
    return max(left, timedelta(seconds=1)) if taken.taken > quota.most else timedelta()

"""One step of an escalation: whom to ring, how, and how long to wait."""

from datetime import timedelta

from msgspec import Struct

from domain.protocol.routes import Channel


class Rung(Struct, frozen=True):
    """Ring `target` by these channels at once, then wait this long.

    A target is a `StepTarget`, one person by `domain.roster.staff_target`, or one that only another release knows.
    """

    target: str
    wait: timedelta
    channels: tuple[Channel, ...] = (Channel.SMS,)

"""`escalation.toml` as values: the response clocks of trial.md §3, and who is rung in which order."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from domain.protocol.routes import Channel
from domain.protocol.table import Table


class StepTarget(StrEnum):
    """Whom an escalation step rings: a tier of the rota, the principal investigator, or everyone."""

    FIRST = "on-call-1"
    SECOND = "on-call-2"
    THIRD = "on-call-3"
    PRINCIPAL_INVESTIGATOR = "principal-investigator"


class Step(Table, frozen=True):
    """Ring `target` by these channels at once, then wait this long for an acknowledgement before the next step."""

    target: StepTarget
    wait: timedelta
    channels: tuple[Channel, ...] = (Channel.SMS,)


class Policy(Table, frozen=True):
    """How an alert of one level climbs (trial.md §3). Frozen into the alert when it opens."""

    first_message_within: timedelta
    steps: tuple[Step, ...]
    exhausted_repeat: timedelta
    """After the last step everyone is rung, again and again, this far apart."""
    contact_within: timedelta
    """An acknowledgement without a contact outcome lapses after this."""
    join_for: timedelta
    """A repeat of known signals joins an unanswered round silently for this long (design.md rule 6)."""
    receipt_within: timedelta
    """No receipt from the provider within this counts as a failure of the route."""


class DayHours(Table, frozen=True):
    """Local hours at the site that count as day, from `start` up to but not including `end`."""

    start: time
    end: time


class Escalation(Table, frozen=True):
    """`escalation.toml`: the response clocks of trial.md §3."""

    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    day: DayHours
    emergency: Policy
    urgent: Policy
    acknowledge_minutes_named: Annotated[int, Meta(ge=1, le=60)]
    """The minutes the SMS names."""

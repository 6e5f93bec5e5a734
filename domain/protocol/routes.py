"""`routes.toml` as values: what may be sent to which country, by whom, how often (trial.md §4)."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from domain.protocol.table import Table


class Channel(StrEnum):
    """How a message reaches a person."""

    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"


class Country(Table, frozen=True):
    """What holds for the numbers that begin with `prefix`; the longest prefix decides."""

    prefix: Annotated[str, Meta(pattern=r"^\+[0-9]*$")]
    links: bool
    """Whether a text may carry a link."""
    replies: bool
    """Whether an answer by SMS reaches us."""
    voice: bool
    """Whether the provider may call there."""
    providers: tuple[str, ...]
    """Who is asked to send a text, the first one first."""
    receipt_within: timedelta
    """A text without a receipt after this has failed: somebody else is rung."""
    answer_within: timedelta = timedelta(seconds=60)
    """A call that nobody has answered after this has failed."""
    texts_a_day: Annotated[int, Meta(ge=1)] | None = None
    """So many texts may one number get from one provider in 24 hours; None: no limit is known."""
    kept_for_emergencies: Annotated[int, Meta(ge=0)] = 0
    """So many of them are kept for EMERGENCY."""
    same_text_a_day: Annotated[int, Meta(ge=1)] = 2
    """One text may be sent so often."""


class Routes(Table, frozen=True):
    """`routes.toml`."""

    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    poll_after: timedelta
    countries: tuple[Country, ...]

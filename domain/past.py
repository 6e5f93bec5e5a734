"""What a report is judged against beside its own answers: the days since an administration, and earlier reports.

Some rules of trial.md §2 look back (I2 "repeated", A1, W1, D1, E5) or at the calendar (X1, X2). What they read is one
value, loaded with the report and stored by its hash, so that the same judgement can be made again later.
"""

from datetime import datetime

from msgspec import Struct

from domain.answers import Answers
from domain.protocol.schema import Audience


class Earlier(Struct, frozen=True, kw_only=True):
    """One earlier report about the participant, her own or her caregiver's, with the answers that fit its form."""

    reporter: Audience
    form_id: str
    answers: Answers
    at: tuple[datetime, ...]
    """When it may have been: receipt, making, onset, as far as they are known. Which of them raises the level counts
    (trial.md §3)."""


class Past(Struct, frozen=True, kw_only=True):
    """What is known about the participant when a report is judged."""

    reporter: Audience = Audience.PARTICIPANT
    """Who hands in the report that is judged."""
    time_zone: str = "Asia/Shanghai"
    """The site's, by whose days a day is counted."""
    at: tuple[datetime, ...] = ()
    """When the report may have been: receipt, making, onset, as far as they are known."""
    days: tuple[int, ...] = ()
    """Whole days since each administration, by the site's calendar, for every instant of `at`; rising, each once."""
    earlier: tuple[Earlier, ...] = ()
    """Newest first: the recent ones of both accounts, and the first one of this reporter, which is her baseline."""


NOTHING_PAST = Past()
"""No administration and no earlier report."""

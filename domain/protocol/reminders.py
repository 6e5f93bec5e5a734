"""`reminders.toml` as values: who is reminded of what and when (trial.md §3), and what silence means (N2)."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, field

from domain.protocol.clocks import DayHours
from domain.protocol.table import Table

RungId = Annotated[str, Meta(pattern=r"^[a-z0-9-]+$", max_length=32)]


class Complication(StrEnum):
    """The four complications that the trial counts separately (trial.md §1), as a site records them."""

    VARICEAL_BLEEDING = "variceal-bleeding"
    SEPSIS = "sepsis"
    HEPATIC_ENCEPHALOPATHY = "hepatic-encephalopathy"
    HEPATORENAL_SYNDROME = "hepatorenal-syndrome"


class Slot(StrEnum):
    """The time of day of a reminder: the reader's own hour, or the evening."""

    CHOSEN_HOUR = "chosen-hour"
    EVENING = "evening"


class Rung(Table, frozen=True):
    """One reminder of a ladder: `days` from the target day, at a time of day, to whom."""

    id: RungId
    days: Annotated[int, Meta(ge=-60, le=60)]
    at: Slot
    to: tuple[Literal["participant", "caregiver"], ...]


class Silence(Table, frozen=True):
    """When an unanswered check-in becomes a task of the site, and when it is urgent (trial.md §2, N2)."""

    after: timedelta
    """Counted from the first reminder of the check-in."""
    answer_within: timedelta
    """How long whoever was asked last has before the next one is asked or told."""
    urgent_first_day: Annotated[int, Meta(ge=0)]
    urgent_last_day: Annotated[int, Meta(ge=0)]
    """Days after any administration, both included, on which a silence is urgent."""
    urgent_in_a_row: Annotated[int, Meta(ge=2, le=52)]
    urgent_after: tuple[Complication, ...]
    task_due: timedelta
    urgent_task_due: timedelta


class Reminders(Table, frozen=True):
    """`reminders.toml`: the ladders of trial.md §3."""

    version: Annotated[int, Meta(ge=1)]
    status: Literal["draft", "approved"]
    hours: DayHours
    """Local time of whoever is reminded; nothing is sent outside."""
    evening: time
    app_confirms_within: timedelta
    """A phone that has set its own alarm has this long to say that it was shown, before an SMS goes out."""
    receipt_within: timedelta
    """A text without the provider's receipt by then counts as failed."""
    visits: tuple[Rung, ...] = field(name="visit")
    check_ins: tuple[Rung, ...] = field(name="check-in")
    silence: Silence

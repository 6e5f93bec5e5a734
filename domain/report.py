"""A report: what a participant or caregiver handed in, as it was, with what the rules of that day said.

Nothing that a phone of ours sends is refused for what it says (contract.md). What does not fit is kept all the same,
in the quarantine: it is judged and rings like any other, no trend or export reads it, and a human looks at it.
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.answers import Answer
from domain.errors import Fault
from domain.people import Role
from domain.triage import Triage

OFFLINE_FOR = timedelta(days=28)
"""A report may wait so long on a phone (contract.md, cases.md 20); an older device time is a wrong clock."""

CLOCK_SLACK = timedelta(minutes=5)
"""A phone's clock may be so far off before anybody is told; ours."""


class Proof(StrEnum):
    """With what a report came: with a session that goes on, or with what its phone has kept of one."""

    SESSION = "session"
    DEVICE = "device"


class Misfit(StrEnum):
    """Why a report is in the quarantine."""

    UNREADABLE = "unreadable"
    """The body is no JSON; what could be read in it was judged."""
    BODY = "body"
    """A field is unknown, missing or cannot be read."""
    FORM = "form"
    """Nobody knows this form or version, or it is another reader's."""
    ANSWERS = "answers"
    """An answer does not fit its form version, or its question was not asked."""
    OTHER_CONTENT = "other-content"
    """Another content under an id that was used before."""
    OTHER_REPORTER = "other-reporter"
    """The report says that somebody else has filled it in."""
    REPLACED_PHONE = "replaced-phone"
    """The site has replaced the phone it came from, or its tokens were stolen: nobody vouches for who holds it."""
    ENDED = "ended"
    """The participation had ended."""
    CONSENT_WITHDRAWN = "consent-withdrawn"
    """The consent that its phone's sign-in rested on had been taken back."""
    WINDOW_CLOSED = "window-closed"
    """A weekly check-in outside of all weeks."""
    ORIGINAL_UNKNOWN = "original-unknown"
    """A correction of a report that has not come."""
    REASON_MISSING = "reason-missing"
    """A correction that does not say why."""


_NOT_HERS = frozenset(
    {
        Misfit.UNREADABLE,
        Misfit.OTHER_CONTENT,
        Misfit.OTHER_REPORTER,
        Misfit.REPLACED_PHONE,
        Misfit.ENDED,
        Misfit.CONSENT_WITHDRAWN,
    }
)


class Submission(Struct, frozen=True, kw_only=True):
    """What the phone sends, decoded. Instants keep the sender's offset; a field that could not be read has its default.

    `device_time` is the phone's clock when the person finished; `age` how long before sending that was, by a clock
    that nobody can set.
    """

    form_id: str = ""
    form_version: int = 0
    language: str = ""
    answers: tuple[Answer, ...] = ()
    device_time: datetime | None = None
    onset_at: datetime | None = None
    age: float | None = None
    """Seconds."""
    time_zone: str = ""
    reporter: str = ""
    app_version: str = ""
    corrects: UUID | None = None
    reason: str = ""


class Sender(Struct, frozen=True, kw_only=True):
    """The phone a report comes from, as its token and its session say."""

    session_id: UUID
    proof: Proof
    is_verified: bool
    """False when the site has replaced this phone, or its tokens were stolen."""
    is_consented: bool = True
    """False when the consent that its sign-in rested on was taken back: it rings, and counts for nothing else."""


class Report(Struct, frozen=True, kw_only=True):
    """A stored report. `id` is the client's UUID, unique within its account; `original` is the body as it came."""

    id: UUID
    variant: int = 0
    """0 is the report; from 1 on, other contents that came under its id, and bodies that could not be read."""
    account_id: UUID
    site_id: UUID
    participant_id: UUID
    session_id: UUID
    proof: Proof
    is_verified: bool
    reporter: Role
    submission: Submission
    triage: Triage
    received_at: datetime
    arrived_at: datetime
    """The same moment in machine time, in which limits are counted."""
    made_at: datetime
    """When the person finished it, by the best there is; see `domain.timing`."""
    clock_skew: timedelta | None
    """By how much the phone's clock was ahead, as measured; None where it could not be."""
    quarantine: tuple[Misfit, ...]
    """Empty when all fits."""
    faults: tuple[Fault, ...]
    """What does not fit, by place; never a value."""
    alert_id: UUID | None
    """The alert it opened, joined or rang again; None below URGENT, and where an unverified phone rings too often."""
    rang: bool
    """Whether it began a round of pages."""
    days: tuple[int, ...]
    """Days since each administration, as they were counted when it was judged."""
    protocol: str
    """The digest of the protocol that judged it."""
    digest: bytes
    """SHA-256 of its content: what is equal is a replay."""
    original: bytes

    @property
    def is_vouched_for(self) -> bool:
        """Whether it is hers and the one of its id, however badly it may fit otherwise."""
        return not _NOT_HERS.intersection(self.quarantine)

    @property
    def has_doubtful_clock(self) -> bool:
        """Whether the phone's clock was wrong, or cannot have been right; it is told, and never corrected."""
        said = self.submission.device_time
        if self.clock_skew is not None:
            return abs(self.clock_skew) > CLOCK_SLACK
        return said is not None and said < self.received_at - OFFLINE_FOR


def digest(submission: Submission) -> bytes:
    """Return what tells contents apart: form, answers in any order, onset, reporter, and what it corrects.

    A phone that sends again has another time by then, maybe another app and another language: they do not count.
    """
    content = (
        submission.form_id,
        submission.form_version,
        sorted(msgspec.json.encode(each) for each in submission.answers),
        None if submission.onset_at is None else submission.onset_at.timestamp(),
        submission.reporter,
        submission.corrects,
    )
    return hashlib.sha256(msgspec.json.encode(content)).digest()

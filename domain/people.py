"""Sites, staff, participants and the accounts they sign in with. No names of participants anywhere."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain.protocol.reminders import Complication


class Role(StrEnum):
    """What a signed-in person may be. The first two are a participant's own; the rest are site staff."""

    PARTICIPANT = "participant"
    CAREGIVER = "caregiver"
    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    MONITOR = "monitor"
    DATA_MANAGER = "data-manager"
    ADMINISTRATOR = "administrator"


class Site(Struct, frozen=True, kw_only=True):
    """A hospital taking part. `time_zone` is an IANA name; target days are days of this zone (trial.md §1)."""

    id: UUID
    name: str
    time_zone: str
    principal_investigator_id: UUID | None = None
    live_since: datetime | None = None
    holidays: tuple[date, ...] = ()
    """Days on which it is closed. Bells know no holidays; reminders of visits do (domain/ladder.py)."""
    drill_every: int | None = None
    """After how many days a drill runs by itself; None: never."""
    drill_at: time | None = None
    """By the site's clock."""
    drill_due_at: datetime | None = None
    """When the next one starts (trial time)."""
    unsafe_since: datetime | None = None
    """Since its last drill failed a site is not safe to rely on; None once one is passed."""


class StaffRole(Struct, frozen=True, kw_only=True):
    """What a member of staff is at one site."""

    site_id: UUID
    role: Role


class Staff(Struct, frozen=True, kw_only=True):
    """A named person who can be paged or who works on the list."""

    id: UUID
    name: str
    language: str
    roles: tuple[StaffRole, ...]
    created_at: datetime
    disabled_at: datetime | None = None

    def role_at(self, site_id: UUID) -> Role | None:
        """Return this person's role at a site, None if there is none."""
        return next((bound.role for bound in self.roles if bound.site_id == site_id), None)


class Credential(Struct, frozen=True, kw_only=True):
    """How a member of staff signs in: argon2 hashes, and a TOTP secret (RFC 6238) sealed with `key_id`."""

    staff_id: UUID
    password_hash: bytes
    totp_key_id: str
    totp_sealed: bytes
    pin_hash: bytes | None = None
    """None: she has no PIN, and answers in the work list only."""


class ContactKind(StrEnum):
    """A way to reach a person."""

    PHONE = "phone"
    EMAIL = "email"


class Contact(Struct, frozen=True, kw_only=True):
    """A sealed phone (E.164) or e-mail. Identity lives here alone, apart from answers (design.md, rule 9).

    `sealed` is AES-GCM nonce and ciphertext under `key_id`; `blind_index` finds a row without opening any.
    """

    id: UUID
    kind: ContactKind
    staff_id: UUID | None = None
    account_id: UUID | None = None
    site_id: UUID | None = None
    participant_id: UUID | None = None
    key_id: str
    sealed: bytes
    blind_index: bytes
    unusable_since: datetime | None = None
    """Nothing goes there any more: the provider said that no text reaches it, or that its holder wants none."""
    prefix: str | None = None
    """The calling code of a phone's country, `+86`: no identity, and it decides what may go there (trial.md §4)."""

    @property
    def is_on_file(self) -> bool:
        """Whether there is anything in it: of what was removed the row alone stays."""
        return bool(self.sealed)


class ShiftKind(StrEnum):
    """What a row of the rota does to the others of its tier."""

    SHIFT = "shift"
    OVERRIDE = "override"
    """For its hours only overrides count in its tier: whoever the shifts name is not on call."""


class ShiftSource(StrEnum):
    """How a row of the rota came about."""

    MANUAL = "manual"
    CALENDAR = "calendar"
    SWAP = "swap"


class Shift(Struct, frozen=True, kw_only=True):
    """A member of staff is on call in `tier` (1 first) from `starts_at` up to but not including `until`."""

    id: UUID
    site_id: UUID
    staff_id: UUID
    tier: int
    starts_at: datetime
    ends_at: datetime
    kind: ShiftKind = ShiftKind.SHIFT
    source: ShiftSource = ShiftSource.MANUAL
    added_at: datetime | None = None
    """Trial time; None in a row that is older than this field."""
    added_by: UUID | None = None
    """None: the command line."""
    removed_at: datetime | None = None
    """Taken out of the rota: in force no longer from then on."""
    removed_by: UUID | None = None
    reason: str = ""
    calendar: str = ""
    """The name of the calendar that it was imported from."""

    @property
    def until(self) -> datetime:
        """When it is no longer in force; not after `starts_at` if it was taken out before it began."""
        return self.ends_at if self.removed_at is None else min(self.ends_at, self.removed_at)


class ParticipantState(StrEnum):
    """`enrolled` until an end of contract.md is recorded."""

    ENROLLED = "enrolled"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a participation has ended (contract.md, `POST …/{id}/end`)."""

    WITHDRAWN = "withdrawn"
    TRANSPLANTED = "transplanted"
    DIED = "died"
    COMPLETED = "completed"
    LOST = "lost"


class Participant(Struct, frozen=True, kw_only=True):
    """A participant, known by subject number only."""

    id: UUID
    site_id: UUID
    subject_number: str
    phase: str
    state: ParticipantState
    registered_at: datetime
    end_reason: EndReason | None = None
    ended_on: date | None = None
    """By the site's calendar."""
    ended_at: datetime | None = None
    """When it was recorded: nothing goes to participant or caregiver from then on."""


class Administration(Struct, frozen=True, kw_only=True):
    """The date of one administration, by the site's calendar. Nothing about what was given."""

    id: UUID
    site_id: UUID
    participant_id: UUID
    number: int
    given_on: date
    recorded_at: datetime
    recorded_by: UUID


class ComplicationRecord(Struct, frozen=True, kw_only=True):
    """One of the four complications of trial.md §1, as the site has recorded it."""

    id: UUID
    site_id: UUID
    participant_id: UUID
    kind: Complication
    occurred_on: date
    recorded_at: datetime
    recorded_by: UUID


class CalendarFeed(Struct, frozen=True, kw_only=True):
    """The secret address of an account's calendar, kept as a hash; a newer one kills it."""

    id: UUID
    site_id: UUID
    participant_id: UUID
    account_id: UUID
    secret_hash: bytes
    made_at: datetime
    revoked_at: datetime | None = None


class Account(Struct, frozen=True, kw_only=True):
    """The sign-in of a participant or of a caregiver; never merged (trial.md §2, Forms)."""

    id: UUID
    site_id: UUID
    participant_id: UUID
    role: Role
    language: str
    time_zone: str
    reminder_hour: int
    created_at: datetime


class ActivationCode(Struct, frozen=True, kw_only=True):
    """A one-time code from the site, kept as a hash. `session_id` is set by the device that redeemed it."""

    id: UUID
    site_id: UUID
    participant_id: UUID
    account_id: UUID
    code_hash: bytes
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    redeemed_at: datetime | None = None
    session_id: UUID | None = None


class Revocation(StrEnum):
    """Why a session was ended before its time."""

    SIGNED_OUT = "signed-out"
    REPLACED = "replaced"
    """The site has issued a new code, for another phone."""
    REUSED = "reused"
    """A used refresh token was presented: somebody else may hold it."""
    ENDED = "ended"
    """The participation has ended."""
    ADMINISTRATOR = "administrator"
    """An administrator has signed a member of staff out, or has closed her account."""
    PASSWORD = "password"  # noqa: S105 - a reason, no secret
    """She has another password now, and signs in with it everywhere else."""
    CONSENT_WITHDRAWN = "consent-withdrawn"
    """The consent that this sign-in rested on was taken back."""


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in device of an account or of a member of staff: one family of refresh tokens.

    `generation` counts rotations; only the newest refresh token is good. All instants are machine time.
    """

    id: UUID
    device_id: UUID
    created_at: datetime
    generation: int
    rotated_at: datetime
    account_id: UUID | None = None
    staff_id: UUID | None = None
    site_id: UUID | None = None
    participant_id: UUID | None = None
    revoked_at: datetime | None = None
    revoked_because: Revocation | None = None
    plan_version: int | None = None
    """The version of the plan that this phone says it holds."""

    @property
    def is_vouched_for(self) -> bool:
        """Whether its phone is still the one the site gave a code to, as far as anybody knows."""
        return self.revoked_because not in {Revocation.REPLACED, Revocation.REUSED}

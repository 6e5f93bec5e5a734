"""The audit trail, as monitors and data managers read it."""

from uuid import UUID

from msgspec import UNSET, UnsetType

from api.shapes.base import Instant, View


class AuditField(View, frozen=True, kw_only=True):
    """A field that was set or changed. Values are shown of states, dates and numbers of the record alone.

    Answers, words, numbers to call and codes never are: those are read where they belong, by whoever may.
    """

    name: str
    before: str | UnsetType = UNSET
    after: str | UnsetType = UNSET


class AuditChange(View, frozen=True, kw_only=True):
    """One row that was made or changed."""

    record: str
    is_new: bool
    fields: tuple[AuditField, ...]


class AuditEntry(View, frozen=True, kw_only=True):
    """Who did what, when and why. `chain` and `position` are its place, as `nightbell audit verify` names it."""

    chain: str
    position: int
    action: str
    """As the operation is called: `alert.acknowledge`."""
    at: Instant
    actor_role: str
    """`participant`, `caregiver`, `staff`, `system` or `provider`."""
    actor_id: UUID | UnsetType = UNSET
    """Of an account, or of a member of staff."""
    site_role: str | UnsetType = UNSET
    """What a member of staff was at the site as she acted."""
    device_id: UUID | UnsetType = UNSET
    """Of the session; whoever answers by text, key or link has none."""
    site_id: UUID | UnsetType = UNSET
    participant_id: UUID | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    request_id: str | UnsetType = UNSET
    """As in `X-Request-Id` of the answer."""
    changes: tuple[AuditChange, ...]
    """Empty where a record was read."""


class AuditPage(View, frozen=True, kw_only=True):
    """Entries of the audit trail, newest first."""

    entries: tuple[AuditEntry, ...]
    next_cursor: str | UnsetType = UNSET

"""An entry of the audit trail as a monitor reads it: what changed, with values that are no answer and no secret."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct, UnsetType

from api.shapes.audit import AuditChange, AuditEntry, AuditField
from domain.records.trail import Listed

SHOWN = frozenset(
    {
        *(
            "state",
            "phase",
            "kind",
            "level",
            "role",
            "number",
            "week",
            "round",
            "step",
            "tier",
            "disposition",
        ),
        *(
            "contact_outcome",
            "end_reason",
            "revoked_because",
            "given_on",
            "occurred_on",
            "ended_on",
            "target",
        ),
        *(
            "done_on",
            "missed_at",
            "opened_at",
            "acknowledged_at",
            "contacted_at",
            "resolved_at",
            "revoked_at",
        ),
        *(
            "starts_at",
            "ends_at",
            "removed_at",
            "live_since",
            "disabled_at",
            "version",
            "time_zone",
            "language",
        ),
        *("is_late", "is_called_off", "is_drill", "is_verified", "received_at", "unsafe_since"),
    }
)
"""Fields whose values are shown. What is not here shows that it changed, and not what it says."""


class _Change(Struct, frozen=True):
    record: str
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] = {}


def audit_entry(listed: Listed) -> AuditEntry:
    """Show one entry."""
    entry = listed.entry
    return AuditEntry(
        chain=listed.chain,
        position=listed.position,
        action=entry.action,
        at=entry.at,
        actor_role=entry.actor.role,
        actor_id=entry.actor.id or UNSET,
        site_role=entry.site_role or UNSET,
        device_id=entry.actor.device_id or UNSET,
        site_id=entry.site_id or UNSET,
        participant_id=entry.participant_id or UNSET,
        reason=entry.reason or UNSET,
        request_id=entry.request_id or UNSET,
        changes=tuple(_change(msgspec.convert(each, _Change)) for each in entry.changes),
    )


def _change(change: _Change) -> AuditChange:
    before = change.before or {}
    changed = [name for name, value in change.after.items() if value != before.get(name)]
    fields = tuple(_field(name, before.get(name), change.after[name]) for name in sorted(changed))
    return AuditChange(record=change.record, is_new=change.before is None, fields=fields)


def _field(name: str, before: object, after: object) -> AuditField:
    return AuditField(name=name, before=_value(name, before), after=_value(name, after))


def _value(name: str, value: object) -> str | UnsetType:
    if name not in SHOWN or value is None or isinstance(value, list | dict):
        return UNSET
    return str(value).lower() if isinstance(value, bool) else str(value)

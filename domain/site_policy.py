"""A site's escalation policy as it is stored; what may be in it is checked in `domain/policy.py`."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.rung import Rung


class Courses(Struct, frozen=True):
    """The steps by day and by night."""

    day: tuple[Rung, ...]
    night: tuple[Rung, ...]


class PolicyBody(Struct, frozen=True, kw_only=True):
    """Whom an alert rings, by urgency, and by whom a site prefers its texts to be sent: prefix → providers."""

    emergency: Courses
    urgent: Courses
    providers: Mapping[str, tuple[str, ...]] = {}


class SitePolicy(Struct, frozen=True, kw_only=True):
    """One version of it; versions are counted from 1 and never changed."""

    site_id: UUID
    version: int
    body: PolicyBody
    made_at: datetime
    made_by: UUID | None

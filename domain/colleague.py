"""Somebody who works at a site, as the rota needs her: may she be on call, and can she be rung."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.people import Role

ON_CALL_ROLES = frozenset({Role.INVESTIGATOR, Role.COORDINATOR})
"""Who treats patients or knows them, and so may be rung about one; the same are rung when everybody is."""


class Colleague(Struct, frozen=True, kw_only=True):
    """A member of staff at one site. `number` is the blind index of the phone on file, None if there is none."""

    staff_id: UUID
    name: str
    role: Role
    disabled_at: datetime | None = None
    number: bytes | None = None
    unusable_since: datetime | None = None
    """No text reaches the number, or its holder has answered STOP."""

    @property
    def is_reachable(self) -> bool:
        """Whether a page to her can arrive."""
        return self.disabled_at is None and self.number is not None and self.unusable_since is None

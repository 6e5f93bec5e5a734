"""One run of `nightbell keys rotate`, as a row."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class KeyRotation(Struct, frozen=True, kw_only=True):
    """What a run found before it touched anything: rows by the id of the key that sealed them. Nothing personal."""

    id: UUID
    current_key: str
    sealed: dict[str, int]
    foreign_index: int
    """Rows with a blind index of another NIGHTBELL_SECRET."""
    started_at: datetime

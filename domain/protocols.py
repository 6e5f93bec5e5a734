"""Protocols as the database keeps them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class RecordedProtocol(Struct, frozen=True, kw_only=True):
    """A protocol that has judged here, whole: its files by name, as text."""

    digest: str
    version: str
    rule_set_version: int
    files: dict[str, str]
    recorded_at: datetime

    @property
    def contents(self) -> dict[str, bytes]:
        """The files as `domain.protocol.decode` takes them."""
        return {name: text.encode() for name, text in self.files.items()}


class ProtocolApproval(Struct, frozen=True, kw_only=True):
    """An investigator's approval of a protocol."""

    id: UUID
    digest: str
    staff_id: UUID
    approved_at: datetime

"""One call to a provider, and the route it takes."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from domain.protocol.routes import Channel


class Attempt(Struct, frozen=True, kw_only=True):
    """One call to a provider; the row is committed before the call, and its id rides in the callback URL."""

    id: UUID
    site_id: UUID
    participant_id: UUID | None
    message_id: UUID
    number: int
    started_at: datetime
    outcome: str = ""
    """`accepted`, `refused`, `unknown`, or empty while the call is out."""
    provider_id: str = ""
    failure: str = ""
    code: int = 0
    receipt: str = ""
    """The provider's last word."""
    provider: str = ""
    """Who is called."""
    channel: Channel = Channel.SMS
    number_index: bytes = b""
    """The blind index of the number: texts to one number are counted by it."""
    reason: str = ""
    """The provider's code where it is a word."""


class Way(Struct, frozen=True, kw_only=True):
    """The route of one call: who is asked, the blind index of the number, and when silence on it is a failure."""

    provider: str
    number_index: bytes
    receipt_within: timedelta
    poll_after: timedelta | None = None

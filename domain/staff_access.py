"""How somebody becomes able to sign in: an invitation, and codes for the day her authenticator is lost.

All instants are machine time.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class StaffInvitation(Struct, frozen=True, kw_only=True):
    """A one-time code for one member of staff, kept as a hash, and the sealed secret of her authenticator to be."""

    id: UUID
    site_id: UUID
    staff_id: UUID
    code_hash: bytes
    totp_key_id: str
    totp_sealed: bytes
    """Sealed for `staff_id`, as it will stand in her credential."""
    issued_at: datetime
    issued_by: UUID | None
    """None: the command line."""
    expires_at: datetime
    revoked_at: datetime | None = None
    redeemed_at: datetime | None = None


class RecoveryCode(Struct, frozen=True, kw_only=True):
    """Signs in once in place of the authenticator's digits; kept as a keyed hash."""

    id: UUID
    staff_id: UUID
    code_hash: bytes
    made_at: datetime
    used_at: datetime | None = None
    replaced_at: datetime | None = None
    """She has drawn others: it is good no more."""

"""Sign-in of staff by a hospital's directory (OpenID Connect)."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from api.shapes.base import Address, Body, Instant, View


class DirectoryBegin(Body, frozen=True, kw_only=True):
    """The device that begins; it alone can end what it has begun."""

    device_id: UUID


class DirectorySignIn(View, frozen=True, kw_only=True):
    """A sign-in by the directory that is under way."""

    authorization_url: Address
    """Open it in the browser of the system, not in a page of the app's own: there she types what only the directory may
    know. Afterwards the browser comes back to the address that the operator has set, with `code` and `state`."""
    state: str
    """What comes back must be this: else it answers a sign-in that somebody else has begun, and must not be sent on."""
    expires_at: Instant


class DirectoryAnswer(Body, frozen=True, kw_only=True):
    """What the browser has brought back, and the device that began."""

    code: Annotated[str, Meta(min_length=1, max_length=4096)]
    state: Annotated[str, Meta(min_length=1, max_length=256)]
    """Good once, for 10 minutes."""
    device_id: UUID

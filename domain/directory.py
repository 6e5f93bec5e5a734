"""Sign-in by a hospital's directory (OpenID Connect Core 1.0): what its signed word must say. Pure.

That it is signed by the directory, for us, and still good, is known when this is asked.
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

LIFE = timedelta(minutes=10)
"""From the begin to the end of one sign-in: a password, a second factor, a telephone call in between; ours."""

LEEWAY = timedelta(minutes=1)
"""How far the directory's clock may be off; ours."""


class Begun(Struct, frozen=True, kw_only=True):
    """One sign-in under way. Nothing of it is stored: all follows from `state`, which only this server can make."""

    state: str
    nonce: str
    """Comes back in the directory's signed word: so that word belongs to this sign-in."""
    verifier: str
    """Goes from this server to the directory alone (RFC 7636): a code that was overheard opens nothing."""
    device_id: UUID
    begun_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it is too late."""
        return self.begun_at + LIFE


class Word(Struct, frozen=True, kw_only=True):
    """What the directory says (OpenID Connect Core 1.0 §2, §5.1). What it does not say is not so."""

    aud: str | tuple[str, ...]
    nonce: str
    azp: str = ""
    email: str = ""
    email_verified: bool = False
    auth_time: int | None = None
    """Unix seconds at which she proved to the directory who she is."""


def why_not(word: Word, begun: Begun, client_id: str) -> str:
    """Say in a word for the log why a directory's word signs nobody in; empty where it names an e-mail to look for."""
    audience = (word.aud,) if isinstance(word.aud, str) else word.aud
    if not hmac.compare_digest(word.nonce.encode(errors="replace"), begun.nonce.encode()):
        return "nonce"
    if (len(audience) > 1 or word.azp) and word.azp != client_id:
        # It was made for another program of the hospital's, that only names us as well (§3.1.3.7).
        return "authorized-party"
    if not word.email or not word.email_verified:
        return "email-unverified"
    if not word.email.isascii():
        # E-mails are compared in small letters, and some letters of other scripts (the Kelvin sign) become ours.
        return "email-letters"
    if word.auth_time is not None and word.auth_time < (begun.begun_at - LEEWAY).timestamp():
        # The desk of a ward: whoever was signed in there before is not who sits there now.
        return "signed-in-before"
    return ""

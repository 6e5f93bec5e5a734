"""Tokens: short-lived access tokens (JWT, EdDSA, RFC 8037), refresh tokens, and the device's submission token.

A refresh token names its session and generation and carries a keyed hash over both, so that nothing secret is
stored and the successor of a rotation can be given again to a device that lost the answer.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from api.base64url import base64url
from api.shapes.enrolment import PublicKey, Tokens
from domain.errors import TokenRefused
from domain.people import Session
from notifications.trial import machine_now

ACCESS_LIFE = timedelta(minutes=15)
"""contract.md, `POST /v1/activations`."""

REMEMBERED = 4096
"""How many verified tokens a process keeps, the oldest forgotten first: some hundred bytes each."""

_ISSUER = "nightbell"


class Audience(StrEnum):
    """What a token is good for."""

    ACCESS = "access"
    SUBMISSION = "submission"


class Claims(Struct, frozen=True):
    """What a genuine token says: its session, and what it is good for."""

    session_id: UUID
    audience: Audience


class Genuine(Struct, frozen=True):
    """What one of our signatures was found under. `expires_at` is in seconds (RFC 7519 §4.1.4), if it ever does."""

    claims: Claims
    expires_at: int | None

    def has_expired(self, now: datetime) -> bool:
        """Say whether its time is over at `now`, which is machine time."""
        return self.expires_at is not None and self.expires_at <= now.timestamp()


class Refresh(Struct, frozen=True):
    """What a genuine refresh token says."""

    session_id: UUID
    generation: int


class TokenMint:
    """Makes and reads tokens. The first key signs; all keys verify, so that a new key signs nobody out.

    A signature is verified once and then remembered by the digest of its token, so that the memory holds no token.
    Whether the session goes on is not remembered: that is asked of the database with every request.
    """

    def __init__(self, secret: bytes, seeds: Mapping[str, bytes], *, remembered: int = REMEMBERED) -> None:
        self._keys = {kid: Ed25519PrivateKey.from_private_bytes(seed) for kid, seed in seeds.items()}
        self._current = next(iter(seeds))
        self._verified: dict[bytes, Genuine] = {}
        self._most = remembered
        self._refresh_key = hmac.digest(secret, b"refresh", "sha256")
        self._feed_key = hmac.digest(secret, b"calendar-feed", "sha256")
        self._code_key = hmac.digest(secret, b"activation-code", "sha256")

    def access(self, session: Session, role: str, issued_at: datetime) -> str:
        """Return an access token, good for 15 minutes of machine time from `issued_at`."""
        return self._sign(session, Audience.ACCESS, issued_at, {"role": role, "exp": issued_at + ACCESS_LIFE})

    def submission(self, session: Session) -> str:
        """Return the token that only hands in reports; it lives as its session does, and 30 days longer."""
        return self._sign(session, Audience.SUBMISSION, session.created_at, {})

    def read(self, token: str, *, even_expired: bool = False) -> Claims:
        """Return what a genuine, unexpired token says; raise TokenRefused for any other.

        `even_expired` is for reports: nobody with a token we issued is refused for its age (contract.md).
        """
        digest = hashlib.sha256(token.encode()).digest()
        genuine = self._verified.get(digest) or self._remember(digest, self._verify(token))
        if not even_expired and genuine.has_expired(machine_now()):
            raise TokenRefused("The token is not valid.", inside="ExpiredSignatureError")
        return genuine.claims

    def _verify(self, token: str) -> Genuine:
        """Check everything that can never change about a token; its age is asked anew every time."""
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            claims = jwt.decode(
                token,
                self._keys[kid].public_key(),
                algorithms=["EdDSA"],
                issuer=_ISSUER,
                audience=list(Audience),
                # A host whose clock is a second slow takes what another has just issued.
                options={"require": ["sub", "iat", "aud", "iss"], "verify_exp": False, "verify_iat": False},
            )
            return Genuine(Claims(UUID(claims["sub"]), Audience(claims["aud"])), claims.get("exp"))
        except (jwt.InvalidTokenError, KeyError, ValueError) as fault:
            raise TokenRefused("The token is not valid.", inside=type(fault).__name__) from None

    def _remember(self, digest: bytes, genuine: Genuine) -> Genuine:
        if len(self._verified) >= self._most:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = genuine
        return genuine

    def refresh(self, session: Session) -> str:
        """Return the refresh token of the session's present generation; the same one every time."""
        body = session.id.bytes + session.generation.to_bytes(4, "big")
        return base64url(body + self._mac(body))

    def read_refresh(self, token: str) -> Refresh:
        """Return what a genuine refresh token says; raise TokenRefused for any other."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise TokenRefused("The token is not valid.") from None
        body, mac = raw[:20], raw[20:]
        if len(body) != 20 or not hmac.compare_digest(mac, self._mac(body)):  # noqa: PLR2004 - UUID and 4 bytes
            raise TokenRefused("The token is not valid.")
        return Refresh(UUID(bytes=body[:16]), int.from_bytes(body[16:], "big"))

    def code_hash(self, code: str) -> bytes:
        """Return the hash under which an activation code is stored, from its plain letters."""
        return hmac.digest(self._code_key, code.encode(), "sha256")

    def feed_hash(self, secret: str) -> bytes:
        """Return the hash under which a calendar's secret is stored."""
        return hmac.digest(self._feed_key, secret.encode(), "sha256")

    def public_keys(self) -> tuple[PublicKey, ...]:
        """Return the keys by which anybody can verify our tokens, the one that signs first."""
        return tuple(
            PublicKey(kid=kid, x=base64url(key.public_key().public_bytes_raw()))
            for kid, key in self._keys.items()
        )

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._refresh_key, body, hashlib.sha256)

    def _sign(
        self, session: Session, audience: Audience, issued_at: datetime, more: Mapping[str, object]
    ) -> str:
        claims = {"iss": _ISSUER, "aud": audience, "sub": str(session.id), "iat": issued_at, **more}
        return jwt.encode(
            claims, self._keys[self._current], algorithm="EdDSA", headers={"kid": self._current}
        )


def tokens_of(mint: TokenMint, session: Session, role: str) -> Tokens:
    """Return the present pair of a session, dated by its rotation: an answer given again is the same to the byte."""
    return Tokens(
        access_token=mint.access(session, role, session.rotated_at),
        access_expires_at=session.rotated_at + ACCESS_LIFE,
        refresh_token=mint.refresh(session),
    )

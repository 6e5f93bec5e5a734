"""The state of a sign-in by the directory: sealed, so that it is a row nowhere, and nobody can make or read one."""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.base64url import base64url
from domain.directory import LEEWAY, Begun
from domain.errors import DirectoryRefused

_NONCE_BYTES = 12
_UUID_BYTES = 16


class DirectoryStates:
    """Makes and reads them. `bound` names issuer and client: with another directory, what was begun is void."""

    def __init__(self, secret: bytes, bound: str) -> None:
        self._seal = AESGCM(hmac.digest(secret, b"directory-state", "sha256"))
        self._nonce_key = hmac.digest(secret, b"directory-nonce", "sha256")
        self._verifier_key = hmac.digest(secret, b"directory-verifier", "sha256")
        self._bound = bound.encode()

    def begin(self, device_id: UUID, now: datetime) -> Begun:
        """Return a new sign-in of a device; `now` is machine time."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = device_id.bytes + int(now.timestamp()).to_bytes(8, "big")
        return self._begun(base64url(nonce + self._seal.encrypt(nonce, plain, self._bound)), plain)

    def read(self, state: str, device_id: UUID, now: datetime) -> Begun:
        """Return the sign-in that a device has begun; raise DirectoryRefused for whatever else, and when it is late."""
        begun = self._begun(state, self._open(state))
        if not hmac.compare_digest(begun.device_id.bytes, device_id.bytes):
            raise DirectoryRefused("Begin again.", inside="another-device")
        if not begun.begun_at - LEEWAY <= now < begun.expires_at:
            raise DirectoryRefused("Begin again.", inside="state-expired")
        return begun

    def _open(self, state: str) -> bytes:
        try:
            raw = base64.b64decode(state + "=" * (-len(state) % 4), altchars=b"-_", validate=True)
            if not hmac.compare_digest(base64url(raw), state):
                raise DirectoryRefused("Begin again.", inside="state-forged")
            return self._seal.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._bound)
        except (ValueError, InvalidTag):
            raise DirectoryRefused("Begin again.", inside="state-forged") from None

    def _begun(self, state: str, plain: bytes) -> Begun:
        return Begun(
            state=state,
            nonce=base64url(hmac.digest(self._nonce_key, state.encode(), "sha256")),
            verifier=base64url(hmac.digest(self._verifier_key, state.encode(), "sha256")),
            device_id=UUID(bytes=plain[:_UUID_BYTES]),
            begun_at=datetime.fromtimestamp(int.from_bytes(plain[_UUID_BYTES:], "big"), UTC),
        )


def challenge(begun: Begun) -> str:
    """Return what the directory is told of the verifier beforehand (RFC 7636 §4.2, S256)."""
    return base64url(hashlib.sha256(begun.verifier.encode()).digest())

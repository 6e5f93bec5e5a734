"""Who signs checkpoints of the audit trail, and who can tell whether one was signed: Ed25519 (RFC 8032)."""

import base64
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from domain.checkpoint import Checkpoint


class Notary:
    """Signs with the newest of its keys, which comes first. It holds what whoever owns the database must not have."""

    def __init__(self, seeds: Mapping[str, bytes]) -> None:
        self._keys = {name: Ed25519PrivateKey.from_private_bytes(seed) for name, seed in seeds.items()}
        self._current = next(iter(self._keys))

    def sign(self, number: int, body: bytes) -> Checkpoint:
        """Return the checkpoint with this body."""
        signature = self._keys[self._current].sign(body)
        return Checkpoint(number=number, body=body, key_id=self._current, signature=signature)

    def witness(self) -> "Witness":
        """Return the public halves of all keys."""
        return Witness({name: key.public_key().public_bytes_raw() for name, key in self._keys.items()})


class Witness(Struct, frozen=True):
    """Public keys by name, 32 bytes each: what checks a signature and can make none."""

    keys: Mapping[str, bytes]

    def doubts(self, checkpoint: Checkpoint) -> str:
        """Say what is wrong with a signature, nothing if it is good."""
        key = self.keys.get(checkpoint.key_id)
        if key is None:
            return f"is signed by a key that was not given: {checkpoint.key_id}"
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(checkpoint.signature, checkpoint.body)
        except InvalidSignature:
            return "does not fit its signature: it was changed, or is not ours"
        return ""

    def written(self) -> tuple[str, ...]:
        """Return each key as `--public-key` takes it: `name:base64`."""
        return tuple(f"{name}:{base64.b64encode(key).decode()}" for name, key in self.keys.items())

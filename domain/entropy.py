"""Randomness as a value (design.md, rule 3): one seed, drawn at the edge, from which a decision names all it needs."""

import hashlib
from uuid import UUID

from msgspec import Struct

UNAMBIGUOUS = "34679ACDEFGHJKMNPQRTUVWXY"
"""No 0/O, 1/I/L, 2/Z, 5/S or 8/B: a code is read from a lock screen and typed at night."""


class Entropy(Struct, frozen=True):
    """32 random bytes. The same seed and name always give the same id or code; different names never meet."""

    seed: bytes

    def uuid(self, name: str) -> UUID:
        """Return a random-looking UUID (RFC 9562 version 4 layout) for `name`."""
        return UUID(bytes=self._digest(name)[:16], version=4)

    def code(self, name: str, length: int) -> str:
        """Return `length` (at most 24) characters of the unambiguous alphabet for `name`."""
        number = int.from_bytes(self._digest(name), "big")
        letters = []
        for _ in range(length):
            number, index = divmod(number, len(UNAMBIGUOUS))
            letters.append(UNAMBIGUOUS[index])
        return "".join(letters)

    def _digest(self, name: str) -> bytes:
        return hashlib.sha256(self.seed + name.encode()).digest()

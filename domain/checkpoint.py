"""A checkpoint of the audit trail: every head that has moved, the checkpoint before it, a number, a time; signed.

Whoever owns the database can rewrite a chain from some entry on, with new hashes and a new head. What was signed, and
is kept elsewhere as well, he cannot make again (docs/audit.md).
"""

import hashlib
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from domain.errors import Fault

_Bigint = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""What the database can hold; it is asked for what a forged one says, and must have an answer."""
_Words = Annotated[str, Meta(pattern=r"^[^\x00]*$")]


class SignedHead(Struct, frozen=True, array_like=True):
    """Where a chain ended: the position of its last entry, and that entry's hash in hexadecimal."""

    chain: _Words
    position: _Bigint
    hash: str


class Body(Struct, frozen=True, kw_only=True):
    """What is signed, as JSON bytes. `previous` is the SHA-256 of the body before, empty in the first."""

    number: _Bigint
    at: Annotated[datetime, Meta(tz=True)]
    """Machine time."""
    previous: str
    heads: tuple[SignedHead, ...]


class Checkpoint(Struct, frozen=True, kw_only=True, rename="camel"):
    """One checkpoint as stored, and as a line of the file outside: Ed25519 over `body` (RFC 8032)."""

    number: _Bigint
    body: bytes
    key_id: str
    signature: bytes

    @property
    def root(self) -> str:
        """SHA-256 of the body: what the log line holds, and the next checkpoint."""
        return hashlib.sha256(self.body).hexdigest()


def body_of(previous: Checkpoint | None, at: datetime, heads: tuple[SignedHead, ...]) -> Body:
    """Return the body that follows `previous`, its heads in order."""
    return Body(
        number=1 if previous is None else previous.number + 1,
        at=at,
        previous="" if previous is None else previous.root,
        heads=tuple(sorted(heads, key=lambda head: head.chain)),
    )


def encode(body: Body) -> bytes:
    """Return the bytes to sign."""
    return msgspec.json.encode(body)


def read(checkpoint: Checkpoint) -> Body | None:
    """Return what a checkpoint says; None where its bytes say nothing, or are another's."""
    try:
        body = msgspec.json.decode(checkpoint.body, type=Body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return body if body.number == checkpoint.number else None


def place(number: int) -> str:
    """Name a checkpoint as `nightbell audit verify` does."""
    return f"checkpoint #{number}"


def link_faults(previous: Checkpoint | None, checkpoint: Checkpoint, body: Body) -> tuple[Fault, ...]:
    """Name what is missing between two checkpoints that were found one after the other, or does not join."""
    expected = 1 if previous is None else previous.number + 1
    if checkpoint.number != expected:
        missing = (
            f"#{expected}"
            if checkpoint.number == expected + 1
            else f"#{expected} to #{checkpoint.number - 1}"
        )
        return (Fault(place(expected), f"is missing: {missing} stood before #{checkpoint.number}"),)
    if body.previous != ("" if previous is None else previous.root):
        return (
            Fault(place(checkpoint.number), "does not follow the one before it: one of the two was changed"),
        )
    return ()

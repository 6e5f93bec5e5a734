"""A signature: who says what, when, about exactly which version of a record (21 CFR 11.50, 11.70; docs/signatures.md).

It is a row that is never changed. It names what was signed by its kind, id and version, and binds it by a SHA-256 over
what is stored of it, so that a later change of the record, or of the signature, shows.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import astuple, replace

from domain.errors import Fault
from domain.people import Role


class Meaning(StrEnum):
    """What a signature says (21 CFR 11.50(a)(3))."""

    RESOLUTION = "resolution"
    """Of an alert."""
    APPROVAL = "approval"
    """Of the protocol."""
    RELEASE = "release"
    """Of a rule set."""


STATEMENTS: Mapping[Meaning, str] = {
    Meaning.RESOLUTION: (
        "I have read this alert and its reports. The patient was reached, and this is what became of it."
    ),
    Meaning.APPROVAL: "I have read this protocol in full and approve it for this trial.",
    Meaning.RELEASE: "I release this rule set: from now on reports are judged by it.",
}
"""What stands above the name; a signature keeps the sentence it was given under."""


class RecordKind(StrEnum):
    """What can be signed."""

    ALERT = "alert"
    PROTOCOL = "protocol"
    RULE_SET = "rule-set"


class SignedRecord(Struct, frozen=True, kw_only=True):
    """Exactly what is signed: `sha256`, in hex, is over what is stored of this version."""

    kind: RecordKind
    id: str
    """Of an alert its UUID, of a protocol its digest, of a rule set the digest of the protocol it is part of."""
    version: str
    sha256: str


class Signature(Struct, frozen=True, kw_only=True):
    """One signature. `name` and `role` are those of the signer at that time; `hash` is over all else that it says."""

    id: UUID
    site_id: UUID | None
    """None where it is about the whole trial: a protocol, a rule set."""
    participant_id: UUID | None
    staff_id: UUID
    name: str
    role: Role
    meaning: Meaning
    statement: str
    signed_at: datetime
    record_kind: RecordKind
    record_id: str
    record_version: str
    record_hash: str
    """SHA-256 in hex of what was signed."""
    hash: str = ""
    """SHA-256 in hex of this signature."""


def sealed(signature: Signature) -> Signature:
    """Return a signature with its hash."""
    return replace(signature, hash=hash_of(signature))


def hash_of(signature: Signature) -> str:
    """Return the SHA-256 in hex over everything a signature says, whatever hash it has.

    What is hashed begins with the name of its form: a field more would be another form.
    """
    said = astuple(replace(signature, hash=""))
    return hashlib.sha256(msgspec.json.encode(("signature.1", *said))).hexdigest()


def fault_of(signature: Signature, found: SignedRecord | None) -> str:
    """Say why a signature does not fit what is stored now, `found`; empty when it does."""
    if hash_of(signature) != signature.hash:
        return (
            f"is not as it was given: its hash is {signature.hash}, and what it says has {hash_of(signature)}"
        )
    if found is None:
        return "has lost its record: what was signed is gone"
    if found.sha256 != signature.record_hash:
        return f"does not fit its record: signed was {signature.record_hash}, stored is {found.sha256}"
    return ""


class Trace(Struct, frozen=True, kw_only=True):
    """A signature as the audit trail tells of it."""

    id: UUID
    name: str
    meaning: Meaning
    record_kind: RecordKind
    record_id: str
    hash: str


def named(given: Signature | Trace) -> str:
    """Name a signature for whoever must look at it."""
    return f"signature/{given.id} ({given.meaning} of {given.record_kind} {given.record_id} by {given.name})"


def fault_of_trace(signature: Signature, trace: Trace | None) -> str:
    """Say why a signature is not the one of the audit trail; empty when it is."""
    if trace is None:
        return "is not in the audit trail"
    if trace.hash != signature.hash:
        return f"is not the one of the audit trail: its hash is {signature.hash}, there it is {trace.hash}"
    return ""


def gone(trace: Trace) -> Fault:
    """Return the fault of a signature that the audit trail tells of and that is not there any more."""
    return Fault(named(trace), "was given, says the audit trail, and is gone")

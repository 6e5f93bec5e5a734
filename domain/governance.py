"""Which protocol is in force: the approved one that the database keeps, not whatever file lies on a disk.

A protocol is recorded whole when it first judges here, so that a report can be judged again as it was. In production
the one in force is that whose rule set was released last, and whose own approval is signed as well; until there is
one, the files that the program ships (no site goes live on them). Both are signatures of an investigator on exactly
these files (docs/signatures.md): what was changed behind them is not in force. An approval asks for a protocol that is
signed, confirmed in full, and proves itself on its own examples: decoding it checks them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.errors import Fault
from domain.people import Role, Staff
from domain.protocol.decode import decode
from domain.protocol.schema import Protocol, RuleSet
from domain.protocols import ProtocolApproval, RecordedProtocol
from domain.refusals import ProtocolRefused
from domain.signature import Signature, fault_of
from domain.signing import of_protocol, of_rule_set, sign_approval, sign_release


class InForce(Struct, frozen=True):
    """A protocol, and whether it is approved and its rule set released, by signatures that fit it."""

    protocol: Protocol
    is_approved: bool


def record(kept: RecordedProtocol, context: Context) -> Decision:
    """Keep a protocol whole, by its digest."""
    return context.decide("protocol.record", (Change(kept),), site_id=None)


def recorded(protocol: Protocol, files: Mapping[str, bytes], now: datetime) -> RecordedProtocol:
    """Return a protocol as it is kept."""
    return RecordedProtocol(
        digest=protocol.digest,
        version=protocol.version,
        rule_set_version=protocol.rules.version,
        files={name: content.decode() for name, content in sorted(files.items())},
        recorded_at=now,
    )


def require_approvable(
    kept: RecordedProtocol,
    investigator: Staff,
    known: tuple[RecordedProtocol, ...],
    approvals: Sequence[Signature],
) -> None:
    """Raise ProtocolRefused with everything that stands against an approval.

    `known` are the recorded protocols whose rule set has the same version, `approvals` all that were ever given.
    """
    protocol = decode(kept.contents)
    if faults := (
        *_not_whole(kept),
        *unsigned(protocol),
        *_rules_unsigned(protocol),
        *_not_entitled(investigator),
        *_version_taken(protocol, known),
        *_approved_by(investigator, kept, approvals),
    ):
        raise ProtocolRefused("This protocol cannot be approved.", faults=faults)


def approve(kept: RecordedProtocol, investigator: Staff, context: Context) -> Decision:
    """Record an investigator's signed approval of a protocol that `require_approvable` lets pass."""
    approval = ProtocolApproval(
        id=context.entropy.uuid("protocol-approval"),
        digest=kept.digest,
        staff_id=investigator.id,
        approved_at=context.now,
    )
    changes = (Change(approval), Change(sign_approval(kept, investigator, context)))
    return context.decide("protocol.approve", changes, site_id=None)


def require_releasable(kept: RecordedProtocol, investigator: Staff, approvals: Sequence[Signature]) -> None:
    """Raise ProtocolRefused unless an investigator asks, and the protocol is approved with exactly these files."""
    if faults := (*_not_whole(kept), *_not_entitled(investigator), *_not_approved(kept, approvals)):
        raise ProtocolRefused("This rule set cannot be released.", faults=faults)


def release(kept: RecordedProtocol, investigator: Staff, context: Context) -> Decision:
    """Put a rule set in force, by an investigator's signature, that `require_releasable` lets pass."""
    signature = sign_release(kept, investigator, context)
    return context.decide("rule-set.release", (Change(signature),), site_id=None)


def why_not_in_force(
    release: Signature, approvals: Sequence[Signature], kept: RecordedProtocol | None
) -> str:
    """Say why a released rule set is not in force, with both hashes where they differ; empty if nothing is wrong.

    `approvals` are all that were ever given, `kept` the recorded protocol that the release names, None if it is gone.
    """
    if fault := fault_of(release, None if kept is None else of_rule_set(kept)):
        return f"the signature of its release {fault}"
    return "" if kept is None else _approval_fault(kept, approvals)


def _approval_fault(kept: RecordedProtocol, approvals: Sequence[Signature]) -> str:
    found = [fault_of(each, of_protocol(kept)) for each in approvals if each.record_id == kept.digest]
    if not found:
        return "its protocol is approved by nobody"
    return "" if "" in found else f"the signature of its approval {found[0]}"


def unsigned(protocol: Protocol) -> tuple[Fault, ...]:
    """Return what is unconfirmed or unsigned in the protocol, its rules aside (trial.md §1)."""
    faults = [Fault(path, "This value is not confirmed.") for path in protocol.unconfirmed]
    if protocol.status != "approved" or not protocol.approvals:
        faults.append(Fault("trial.approvals", "No investigator has signed the protocol."))
    return tuple(faults)


def _rules_unsigned(protocol: Protocol) -> tuple[Fault, ...]:
    if protocol.rules.status == "approved" and protocol.rules.approvals:
        return ()
    return (Fault("rules.approvals", "No investigator has signed the rules."),)


def _not_entitled(person: Staff) -> tuple[Fault, ...]:
    if any(bound.role is Role.INVESTIGATOR for bound in person.roles) and person.disabled_at is None:
        return ()
    return (Fault("--by", "is no investigator"),)


def _not_whole(kept: RecordedProtocol) -> tuple[Fault, ...]:
    """Return the fault of recorded files that are not those of their digest: somebody has changed them by hand."""
    found = of_protocol(kept).sha256
    if found == kept.digest:
        return ()
    return (
        Fault("protocol", f"These files are recorded as {kept.digest}, and what is recorded has {found}."),
    )


def _not_approved(kept: RecordedProtocol, approvals: Sequence[Signature]) -> tuple[Fault, ...]:
    """Return the fault of files that are not as they were approved, with the hash of both."""
    fault = _approval_fault(kept, approvals)
    if not fault:
        return ()
    last = f"; approved last was {approvals[0].record_id}" if approvals else ""
    return (Fault("protocol", f"These files are {kept.digest}: {fault}{last}."),)


def _approved_by(
    investigator: Staff, kept: RecordedProtocol, approvals: Sequence[Signature]
) -> tuple[Fault, ...]:
    given = {(each.staff_id, each.record_id) for each in approvals}
    if (investigator.id, kept.digest) not in given:
        return ()
    return (Fault("--by", "has approved this protocol already"),)


def _version_taken(protocol: Protocol, known: tuple[RecordedProtocol, ...]) -> tuple[Fault, ...]:
    """Return the fault of a version that names another rule set already: a report is told apart by it."""
    others = [each for each in known if each.digest != protocol.digest and not _same_rules(each, protocol)]
    if not others:
        return ()
    return (
        Fault(
            "rules.version", "Another rule set is recorded under this version: give this one a new version."
        ),
    )


def _same_rules(other: RecordedProtocol, protocol: Protocol) -> bool:
    """Say whether a recorded protocol has the same rules; only a signature under them may differ."""
    try:
        theirs = decode(other.contents).rules
    except ProtocolRefused:
        return False
    return _unmarked(theirs) == _unmarked(protocol.rules)


def _unmarked(rules: RuleSet) -> RuleSet:
    return replace(rules, status="draft", approvals=())

"""Which protocol is in force: the approved one that the database keeps, not whatever file lies on a disk.

A protocol is recorded whole when it first judges here, so that a report can be judged again as it was. In production
the newest approved one is in force; until there is one, the files that the program ships (no site goes live on them).
An approval is an investigator's act on a protocol that is signed, confirmed in full, and proves itself on its own
examples: decoding it checks them.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from domain.decision import Change, Context, Decision
from domain.errors import Fault
from domain.people import Role, Staff
from domain.protocol.decode import decode
from domain.protocol.schema import Protocol, RuleSet
from domain.protocols import ProtocolApproval, RecordedProtocol
from domain.refusals import ProtocolRefused


class InForce(Struct, frozen=True):
    """A protocol, and whether an investigator's approval of it is recorded."""

    protocol: Protocol
    is_approved: bool


def record(protocol: Protocol, files: Mapping[str, bytes], context: Context) -> Decision:
    """Keep a protocol whole, by its digest."""
    kept = RecordedProtocol(
        digest=protocol.digest,
        version=protocol.version,
        rule_set_version=protocol.rules.version,
        files={name: content.decode() for name, content in sorted(files.items())},
        recorded_at=context.now,
    )
    return context.decide("protocol.record", (Change(kept),), site_id=None)


def approve(
    protocol: Protocol, investigator: Staff, known: tuple[RecordedProtocol, ...], context: Context
) -> Decision:
    """Record an investigator's approval; raise ProtocolRefused with everything that stands against it.

    `known` are the recorded protocols whose rule set has the same version.
    """
    if faults := (
        *unsigned(protocol),
        *_rules_unsigned(protocol),
        *_not_entitled(investigator),
        *_version_taken(protocol, known),
    ):
        raise ProtocolRefused("This protocol cannot be approved.", faults=faults)
    approval = ProtocolApproval(
        id=context.entropy.uuid("protocol-approval"),
        digest=protocol.digest,
        staff_id=investigator.id,
        approved_at=context.now,
    )
    return context.decide("protocol.approve", (Change(approval),), site_id=None)


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

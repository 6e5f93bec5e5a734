"""Signing: what there is to sign of an alert, a protocol, a rule set, and the signature under it.

What is signed is always made from what is stored, so that anybody can make it again and compare (`signatures verify`).
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec

from domain.decision import Context
from domain.errors import NotEntitled, PreconditionFailed
from domain.escalation import Alert
from domain.people import Role, Staff
from domain.protocol.decode import digest as digest_of_files
from domain.protocols import RecordedProtocol
from domain.report import Report
from domain.report import digest as digest_of_content
from domain.signature import STATEMENTS, Meaning, RecordKind, Signature, SignedRecord, sealed

RULES = "rules.toml"
"""The file of a protocol that is its rule set."""


def of_alert(alert: Alert, reports: Sequence[Report], note: str = "") -> SignedRecord:
    """Return what there is to sign of an alert as it stands, given all of its reports; `note` is of its resolution.

    How it climbs and when it rings next are no part of it: nobody signs those, and they move by themselves.
    """
    said = (
        "alert.1",
        *(
            alert.id,
            alert.site_id,
            alert.participant_id,
            alert.round,
            alert.level,
            alert.signals,
            alert.state,
        ),
        *(alert.opened_at, alert.acknowledged_by, alert.acknowledged_at),
        *(alert.contacted_at, alert.contact_outcome),
        *(alert.resolved_by, alert.resolved_at, alert.disposition, note),
        sorted(_report(each) for each in reports),
    )
    sha256 = _hex(msgspec.json.encode(said))
    return SignedRecord(kind=RecordKind.ALERT, id=str(alert.id), version=sha256, sha256=sha256)


def of_protocol(kept: RecordedProtocol) -> SignedRecord:
    """Return what there is to sign of a protocol: its files, by name and byte, as they are recorded."""
    return SignedRecord(
        kind=RecordKind.PROTOCOL,
        id=kept.digest,
        version=kept.version,
        sha256=digest_of_files(kept.contents),
    )


def of_rule_set(kept: RecordedProtocol) -> SignedRecord:
    """Return what there is to sign of a protocol's rule set: its file, byte by byte; `sha256sum rules.toml`."""
    return SignedRecord(
        kind=RecordKind.RULE_SET,
        id=kept.digest,
        version=str(kept.rule_set_version),
        sha256=_hex(kept.contents.get(RULES, b"")),
    )


def require_version(named: str, alert: Alert, reports: Sequence[Report]) -> SignedRecord:
    """Return the alert as it is to be signed; raise PreconditionFailed where that is not what the signer has read."""
    now = of_alert(alert, reports)
    if now.sha256 != named:
        raise PreconditionFailed("The alert has changed since you read it. Read it again, then sign.")
    return now


def sign_resolution(
    resolved: Alert, read: SignedRecord, reports: Sequence[Report], note: str, signer: Staff, context: Context
) -> Signature:
    """Sign a resolution: bound to the alert as it is put away, and naming the version that was `read` before.

    Raise NotEntitled for whoever is nobody of the site.
    """
    role = signer.role_at(resolved.site_id)
    if role is None:
        raise NotEntitled("Only whoever has a role at this site can sign here.")
    record = of_alert(resolved, reports, note)
    return _sign(
        SignedRecord(kind=record.kind, id=record.id, version=read.sha256, sha256=record.sha256),
        Meaning.RESOLUTION,
        (signer, role),
        context,
        (resolved.site_id, resolved.participant_id),
    )


def sign_approval(kept: RecordedProtocol, investigator: Staff, context: Context) -> Signature:
    """Sign the approval of a protocol."""
    return _sign(of_protocol(kept), Meaning.APPROVAL, (investigator, Role.INVESTIGATOR), context)


def sign_release(kept: RecordedProtocol, investigator: Staff, context: Context) -> Signature:
    """Sign the release of a protocol's rule set."""
    return _sign(of_rule_set(kept), Meaning.RELEASE, (investigator, Role.INVESTIGATOR), context)


def _sign(
    record: SignedRecord,
    meaning: Meaning,
    signer: tuple[Staff, Role],
    context: Context,
    whose: tuple[UUID | None, UUID | None] = (None, None),
) -> Signature:
    person, role = signer
    site_id, participant_id = whose
    return sealed(
        Signature(
            id=context.entropy.uuid(f"signature/{meaning}"),
            site_id=site_id,
            participant_id=participant_id,
            staff_id=person.id,
            name=person.name,
            role=role,
            meaning=meaning,
            statement=STATEMENTS[meaning],
            signed_at=context.now,
            record_kind=record.kind,
            record_id=record.id,
            record_version=record.version,
            record_hash=record.sha256,
        )
    )


def _report(report: Report) -> tuple[str, str, int, str, str, str]:
    """Name a report by its ids, its body as it came, what was read in it, and how it was judged."""
    return (
        str(report.account_id),
        str(report.id),
        report.variant,
        _hex(report.original),
        digest_of_content(report.submission).hex(),
        report.triage.level.value,
    )


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

"""`nightbell protocol` and `nightbell rules`: what is in force, and the signatures that put it there."""

import argparse
from collections.abc import AsyncIterator, Iterator, Mapping

from api.commands import at_work, opened, person_named, say
from api.proving import Try
from api.staff_sign_in import DigitsSpent, by_id, fit_together
from api.terminal import ask_proof
from api.wiring import protocol_in_force, shipped_files, shipped_protocol
from domain import governance
from domain.decision import Actor, Context
from domain.errors import ProofRefused
from domain.people import Staff
from domain.protocol.schema import Protocol
from domain.protocols import RecordedProtocol
from domain.records import protocols, signatures
from domain.records.rows import Connection, reading, transaction
from domain.records.write import write
from domain.refusals import ProtocolRefused
from domain.signature import STATEMENTS, Meaning, Signature, SignedRecord
from domain.signing import of_protocol, of_rule_set
from notifications.trial import Trial

SOURCE = "command line"
"""Where tries to sign come from; who fails is slowed as at a sign-in."""


async def approve(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Sign the approval of the protocol files of this program, or refuse with all that is missing."""
    async with opened(environment) as trial:
        async with reading(trial.pool) as connection:
            kept = await _on_this_disk(trial, connection)
            signer = await _approver(trial, connection, chosen.by, kept)
        await _prove(trial, signer, Meaning.APPROVAL, of_protocol(kept))
        async with transaction(trial.pool) as connection:
            # Once more: while she typed, others may have acted.
            signer = await _approver(trial, connection, chosen.by, kept)
            context = _context(trial, signer)
            if await protocols.find(connection, kept.digest) is None:
                await write(connection, governance.record(kept, context))
            await write(connection, governance.approve(kept, signer, context))
    say(f"{kept.digest} is approved by {signer.name}; its rules are not in force before they are released")
    return 0


async def release(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Sign the release of the approved rule set on this disk, or refuse; it is in force with the next start."""
    async with opened(environment) as trial:
        async with reading(trial.pool) as connection:
            kept = await _on_this_disk(trial, connection)
            signer = await _releaser(trial, connection, chosen.by, kept)
        await _prove(trial, signer, Meaning.RELEASE, of_rule_set(kept))
        async with transaction(trial.pool) as connection:
            signer = await _releaser(trial, connection, chosen.by, kept)
            await write(connection, governance.release(kept, signer, _context(trial, signer)))
    say(f"rules version {kept.rule_set_version} of {kept.digest} are released by {signer.name}")
    return 0


async def _on_this_disk(trial: Trial, connection: Connection) -> RecordedProtocol:
    """Return what lies here as it is recorded, or would be: from now on nothing is read from the disk again."""
    protocol = shipped_protocol()
    known = await protocols.find(connection, protocol.digest)
    return known or governance.recorded(protocol, shipped_files(), trial.now())


async def _approver(trial: Trial, connection: Connection, email: str, kept: RecordedProtocol) -> Staff:
    person = await person_named(trial, connection, email)
    known = await protocols.with_rule_set(connection, kept.rule_set_version)
    approvals = await signatures.with_meaning(connection, Meaning.APPROVAL)
    governance.require_approvable(kept, person, known, approvals)
    return person


async def _releaser(trial: Trial, connection: Connection, email: str, kept: RecordedProtocol) -> Staff:
    person = await person_named(trial, connection, email)
    governance.require_releasable(kept, person, await signatures.with_meaning(connection, Meaning.APPROVAL))
    return person


async def _prove(trial: Trial, signer: Staff, meaning: Meaning, record: SignedRecord) -> None:
    """Show what is signed, and let the signer prove who she is."""
    say(f"{STATEMENTS[meaning]}\n{record.kind} {record.version}, SHA-256 {record.sha256}\n{signer.name}")
    proof = ask_proof()
    async with reading(trial.pool) as connection:
        known = await by_id(connection, signer.id)
    attempt = Try(source=SOURCE, account=str(signer.id), staff=signer)
    try:
        fits = await fit_together(trial, attempt, known, proof.password, proof.totp)
    except DigitsSpent:
        raise ProofRefused(f"{DigitsSpent.detail} Nothing is signed.") from None
    if not fits:
        raise ProofRefused("Password and one-time password do not fit together. Nothing is signed.")


def _context(trial: Trial, signer: Staff) -> Context:
    return trial.context(Actor(role="staff", id=signer.id))


async def show(environment: Mapping[str, str]) -> int:
    """Print what is in force and why, what lies on the disk, and every signature."""
    async with at_work(environment) as (trial, connection):
        in_force = await protocol_in_force(trial.mode, connection)
        lines = [line async for line in _signed(connection)]
    why = (
        "approved and released"
        if in_force.is_approved
        else f"shipped with this program, not approved and released ({trial.mode})"
    )
    say("\n".join((*_described("in force", in_force.protocol), f"because   {why}", *_on_disk(), *lines)))
    return 0


def _described(name: str, protocol: Protocol) -> Iterator[str]:
    yield f"{name:<9} {protocol.digest}"
    yield f"          {protocol.id} {protocol.version}, {protocol.status}; rules version {protocol.rules.version}"
    signed = ", ".join(f"{each.name} ({each.role}, {each.signed_on})" for each in protocol.approvals)
    yield f"          signed by {signed or 'nobody'}; {len(protocol.unconfirmed)} values are not confirmed"


def _on_disk() -> Iterator[str]:
    try:
        yield from _described("on disk", shipped_protocol())
    except ProtocolRefused as refusal:
        yield f"on disk   refused: {len(refusal.faults)} faults"
        yield from (f"          {fault.pointer}: {fault.message}" for fault in refusal.faults)


async def _signed(connection: Connection) -> AsyncIterator[str]:
    approvals = await signatures.with_meaning(connection, Meaning.APPROVAL)
    for release_ in await signatures.with_meaning(connection, Meaning.RELEASE):
        yield _line("release", release_)
        kept = await protocols.find(connection, release_.record_id)
        if fault := governance.why_not_in_force(release_, approvals, kept):
            yield f"          NOT IN FORCE: {fault}"
    for approval in approvals:
        yield _line("approval", approval)


def _line(name: str, signature: Signature) -> str:
    at = signature.signed_at.isoformat(timespec="seconds")
    return f"{name:<9} {signature.record_id[:12]} by {signature.name} ({signature.role}) at {at}"

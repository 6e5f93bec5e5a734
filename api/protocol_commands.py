"""`nightbell protocol`: which protocol is in force, and an investigator's approval of the one that lies here."""

import argparse
from collections.abc import AsyncIterator, Iterator, Mapping

from api.commands import at_work, person_named, say
from api.wiring import protocol_in_force, shipped_files, shipped_protocol
from domain import governance
from domain.decision import SYSTEM
from domain.protocol.schema import Protocol
from domain.records import protocols
from domain.records.rows import Connection
from domain.records.write import write
from domain.refusals import ProtocolRefused


async def approve(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Record an investigator's approval of the protocol files of this program, or refuse with all that is missing."""
    async with at_work(environment) as (trial, connection):
        protocol = shipped_protocol()
        investigator = await person_named(trial, connection, chosen.by)
        known = await protocols.with_rule_set(connection, protocol.rules.version)
        decision = governance.approve(protocol, investigator, known, trial.context(SYSTEM))
        if await protocols.find(connection, protocol.digest) is None:
            await write(connection, governance.record(protocol, shipped_files(), trial.context(SYSTEM)))
        await write(connection, decision)
    say(f"{protocol.digest} is approved by {investigator.name}")
    return 0


async def show(environment: Mapping[str, str]) -> int:
    """Print what is in force and why, what lies on the disk, and every approval."""
    async with at_work(environment) as (trial, connection):
        in_force = await protocol_in_force(trial.mode, connection)
        lines = [line async for line in _approvals(connection)]
    why = "approved" if in_force.is_approved else f"shipped with this program, not approved ({trial.mode})"
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


async def _approvals(connection: Connection) -> AsyncIterator[str]:
    for each in await protocols.approvals(connection):
        yield f"approval  {each.digest[:12]} by {each.name} at {each.approved_at.isoformat(timespec='seconds')}"

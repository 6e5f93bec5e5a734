"""`nightbell audit`: prove the trail, from the database and from what was kept outside of it (docs/audit.md)."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from api.commands import looking, say, unfit
from api.setting_values import public_keys
from api.settings import read_audit_keys
from domain.checkpoint import Checkpoint
from domain.errors import Fault
from domain.records.notary import Notary, Witness
from domain.records.proof import Proof, prove
from notifications import journal


async def verify(environment: Mapping[str, str], chosen: argparse.Namespace) -> int:
    """Check every chain, every checkpoint, and the copy outside if one is named; 0 if all of it holds."""
    witness = _witness(environment, chosen.public_key)
    outside = _outside(chosen.checkpoints)
    async with looking(environment) as connection:
        proof = await prove(connection, witness, outside)
    for fault in proof.faults:
        say(f"BROKEN {fault.pointer}: {fault.message}")
    if witness is None:
        say(
            "signatures were not checked: give --public-key, from where the database's owner cannot change it"
        )
    if untold := _what_nobody_outside_tells(proof, is_there=outside is not None):
        say(untold)
    if proof.unsigned:
        say(f"{proof.unsigned} entries are not signed: a rewriting of those cannot be seen")
    say(
        f"{proof.chains} chains, {proof.signed} checkpoints and {proof.outside} outside checked,"
        f" {len(proof.faults)} faults"
    )
    return int(bool(proof.faults))


def _what_nobody_outside_tells(proof: Proof, *, is_there: bool) -> str:
    if not is_there:
        return "no file was given: removal of the last checkpoints cannot be seen, nor what a stolen key signed anew"
    if proof.outside_last >= proof.last:
        return ""
    missing = (
        f"#{proof.last}"
        if proof.outside_last + 1 == proof.last
        else f"#{proof.outside_last + 1} to #{proof.last}"
    )
    return f"the file ends at #{proof.outside_last}: of {missing} nobody outside says anything"


def print_public_keys(environment: Mapping[str, str]) -> int:
    """Print the public halves of NIGHTBELL_AUDIT_KEYS, one a line, newest first."""
    for key in Notary(read_audit_keys(environment)).witness().written():
        say(key)
    return 0


def _witness(environment: Mapping[str, str], texts: list[str]) -> Witness | None:
    """Return the keys that were given; else the public halves of the worker's own, where they are set."""
    if not texts:
        own = read_audit_keys(environment, required=False)
        return Notary(own).witness() if own else None
    try:
        return Witness(public_keys(texts))
    except ValueError as fault:
        raise unfit(Fault("--public-key", str(fault))) from None


def _outside(path: Path | None) -> Iterator[Checkpoint] | None:
    """Return what the file holds now: before the snapshot, which then has all of it."""
    if path is None:
        return None
    if not path.is_file():
        raise unfit(Fault("--checkpoints", "must be a file, as a worker keeps it"))
    return journal.read(path)

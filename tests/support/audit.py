"""The audit trail in tests: a worker's checkpoints, and a superuser's hand."""

from collections.abc import Iterable
from datetime import timedelta

from domain.checkpoint import Checkpoint, read
from domain.records import checkpoints, proof
from domain.records.notary import Notary
from domain.records.proof import Proof
from domain.records.rows import Connection, transaction
from tests.support.clinic import Clinic

NOTARY = Notary({"demo": b"\x07" * 32})
"""Of checkpoints that a test signs by itself."""


async def sign_the_trail(clinic: Clinic) -> Checkpoint | None:
    """Do what a worker does every five minutes, as a worker."""
    async with transaction(clinic.demo.sandbox.worker.pool) as connection:
        return await checkpoints.sign_what_moved(connection, NOTARY)


async def sign_after_five_minutes(clinic: Clinic) -> Checkpoint:
    """The checkpoint that is due then: machine time does not jump, so a worker is told not to wait."""
    async with transaction(clinic.demo.sandbox.worker.pool) as connection:
        checkpoint = await checkpoints.sign_what_moved(connection, NOTARY, every=timedelta())
    assert checkpoint is not None
    return checkpoint


async def mark(connection: Connection, since: str, chain: str = "system") -> None:
    """Say since when a chain waits for its signature, by a superuser's hand: no one else can."""
    await connection.execute("alter table audit_heads disable trigger audit_heads_move_on")
    await connection.execute(f"update audit_heads set moved_at = {since} where chain = $1", chain)  # noqa: S608 - a test's own words
    await connection.execute("alter table audit_heads enable trigger audit_heads_move_on")


def ends(checkpoint: Checkpoint) -> dict[str, int]:
    """Where each chain ended that a checkpoint signs."""
    body = read(checkpoint)
    assert body is not None
    return {head.chain: head.position for head in body.heads}


async def proved(connection: Connection, outside: Iterable[Checkpoint] | None = None) -> Proof:
    """What `nightbell audit verify` finds with the key of these tests."""
    return await proof.prove(connection, NOTARY.witness(), outside)

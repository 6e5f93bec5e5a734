"""The audit trail in tests: a worker's checkpoints, and a superuser's hand."""

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


async def let_five_minutes_pass(connection: Connection) -> None:
    """By a superuser's hand: machine time does not jump, so what was signed is moved into the past."""
    await connection.execute(
        """
        alter table audit_checkpoints disable trigger audit_checkpoints_append_only;
        update audit_checkpoints set at = at - interval '5 minutes';
        alter table audit_checkpoints enable trigger audit_checkpoints_append_only;
        """
    )


async def sign_after_five_minutes(clinic: Clinic, connection: Connection) -> Checkpoint:
    """The checkpoint that is due then."""
    await let_five_minutes_pass(connection)
    checkpoint = await sign_the_trail(clinic)
    assert checkpoint is not None
    return checkpoint


def ends(checkpoint: Checkpoint) -> dict[str, int]:
    """Where each chain ended that a checkpoint signs."""
    body = read(checkpoint)
    assert body is not None
    return {head.chain: head.position for head in body.heads}


async def proved(connection: Connection, outside: tuple[Checkpoint, ...] = ()) -> Proof:
    """What `nightbell audit verify` finds with the key of these tests."""
    return await proof.prove(connection, NOTARY.witness(), outside)

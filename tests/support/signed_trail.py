"""A trail that was signed, and a superuser's hand on a copy of it."""

import hashlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from msgspec import Struct

from domain.checkpoint import Checkpoint
from domain.records import checkpoints
from domain.records.rows import Connection
from tests.support.audit import ends, proved, sign_after_five_minutes
from tests.support.clinic import open_clinic, owner
from tests.support.database import fresh_database

COLUMNS = "chain, position, body, hash, action, at, site_id, participant_id"


class Signed(Struct, frozen=True):
    """A trail that was signed three times: at its seeding, after lin's first report, and after her second."""

    url: str
    chain: str
    first: int
    """Where lin's chain ended as it was first signed."""
    second: int


@pytest.fixture(scope="module")
async def signed(cluster_url: str, seeded_template: str) -> AsyncIterator[Signed]:
    """Nobody changes it; tests take a copy."""
    async with fresh_database(cluster_url, template=seeded_template) as url:
        async with open_clinic(url) as clinic:
            lin, caregiver = await clinic.lin()
            await caregiver.report({"cannot-be-woken": "yes"})
            await clinic.settle()
            first = await sign_after_five_minutes(clinic)
            for words in ("I slept badly.", "I slept well."):
                await lin.report({"free-text": words})
            second = await sign_after_five_minutes(clinic)
        chain = f"participant/{lin.participant_id}"
        yield Signed(url, chain, ends(first)[chain], ends(second)[chain])


@pytest.fixture
async def hand(cluster_url: str, signed: Signed) -> AsyncIterator[Connection]:
    """A superuser's, with every guard switched off, on a copy."""
    async with fresh_database(cluster_url, template=signed.url.rsplit("/", 1)[1]) as url:
        connection = await owner(url)
        await connection.execute("set session_replication_role = replica")
        yield connection
        await connection.close()


@pytest.fixture
async def outside(signed: Signed) -> tuple[Checkpoint, ...]:
    """What was kept elsewhere before anybody changed anything."""
    connection = await owner(signed.url)
    kept = await checkpoints.after(connection, 0, 10)
    await connection.close()
    return kept


async def named(connection: Connection, outside: tuple[Checkpoint, ...] | None = None) -> set[str]:
    return {fault.pointer for fault in (await proved(connection, outside)).faults}


async def rewrite(connection: Connection, chain: str, position: int, body: bytes) -> None:
    """Put another body at a place, and make every hash after it and the head fit again: no chain is broken."""
    rows = await connection.fetch(
        "select position, body from audit_entries where chain = $1 order by position", chain
    )
    known = b""
    for row in rows:
        written = body if row["position"] == position else row["body"]
        known = hashlib.sha256(known + written).digest()
        await connection.execute(
            "update audit_entries set body = $3, hash = $4 where chain = $1 and position = $2",
            chain,
            row["position"],
            written,
            known,
        )
    await connection.execute("update audit_heads set hash = $2 where chain = $1", chain, known)


async def edited(connection: Connection, chain: str, position: int) -> bytes:
    """A body that lies and fits its columns: somebody else has done it."""
    body = await connection.fetchval(
        "select body from audit_entries where chain = $1 and position = $2", chain, position
    )
    return msgspec.json.encode(msgspec.json.decode(body) | {"reason": "as agreed"})

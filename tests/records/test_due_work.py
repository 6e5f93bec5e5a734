"""What is due is found by an index, so that a poll costs what is due and not what there is (design.md, rule 4)."""

from uuid import uuid4

import pytest

from domain.records import messages, plans
from domain.records.rows import WORKER_ROLE, connect, reading, transaction
from notifications import sweep, worker
from tests.support.clinic import open_clinic
from tests.support.crowd import Model, live_a_while, multiply
from tests.support.explained import Explained, explain, overheard

MANY, DUE = 4_000, 40


@pytest.fixture
async def crowd(clinic_url: str) -> Model:
    """Some thousand participants, of whom one in a hundred is due, each with a year and a text behind her."""
    async with open_clinic(clinic_url) as clinic:
        model = await live_a_while(clinic)
    owner = await connect(clinic_url)
    await multiply(owner, model, MANY, DUE)
    await owner.close()
    return model


async def polled(url: str, model: Model) -> tuple[Explained, ...]:
    """How the server finds what a worker's poll asks for."""
    async with overheard(url, WORKER_ROLE) as (pool, said):
        async with reading(pool) as connection:
            found = await plans.due(connection, model.due_at, frozenset({uuid4()}), sweep.BATCH)
        for lease in (messages.lease_pages, messages.lease_reminders):
            async with transaction(pool) as connection:
                await lease(connection, model.due_at, uuid4(), worker.LEASE, worker.BATCH)
    assert len(found) == DUE
    owner = await connect(url)
    explained = await explain(owner, said)
    await owner.close()
    return explained


async def test_no_poll_reads_a_table_from_end_to_end(clinic_url: str, crowd: Model) -> None:
    explained = await polled(clinic_url, crowd)
    assert len(explained) == 3
    assert {each.statement: set(each.read_whole) for each in explained if each.read_whole} == {}
    for index in ("plans_due", "messages_pages_due", "messages_reminders_due"):
        assert sum(index in each.first and index in each.kept for each in explained) == 1, index

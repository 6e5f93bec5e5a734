"""PostgreSQL is restarted in the middle: worker and API resume by themselves, and what was due is rung (issue 5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from api import postgres
from api.postgres import at_database, embedded
from api.wiring import ensure_database, prepare_database
from tests.support.clinic import Clinic, open_clinic
from tests.support.database import scratch_directory
from tests.support.patience import PATIENCE_SECONDS
from tests.support.watch import EMERGENCY, codes, settled, until, worker_at

NAME = "restarted"


@asynccontextmanager
async def server(directory: Path) -> AsyncIterator[str]:
    async with embedded(directory, durable=True) as url:
        yield url


@pytest.fixture
def one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a server that is started again come back where it was."""
    port = postgres._free_port()  # noqa: SLF001 - the launcher takes another one each time
    monkeypatch.setattr(postgres, "_free_port", lambda: port)


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[tuple[Clinic, AsyncExitStack]]:
    """A clinic on a server of its own, which whoever asks may stop and start again."""
    async with AsyncExitStack() as life:
        power = AsyncExitStack()
        url = await power.enter_async_context(server(directory))
        life.push_async_callback(power.aclose)
        await ensure_database(url, NAME)
        await prepare_database(at_database(url, NAME), "sandbox")
        clinic = await life.enter_async_context(open_clinic(at_database(url, NAME)))
        yield clinic, power


@pytest.mark.usefixtures("one_port")
async def test_a_page_that_was_due_when_the_database_went_down_rings_by_itself_when_it_is_back() -> None:
    with scratch_directory() as directory:
        async with running(directory / "postgres") as (clinic, power), worker_at(clinic):
            _, caregiver = await clinic.lin()
            _, another = await clinic.lin()
            await caregiver.report(EMERGENCY)
            await until(lambda: len(codes(clinic, "Bob")) == 1, "the first page")
            await settled(clinic)
            await power.aclose()
            answer = await another.report(EMERGENCY)
            assert (answer.status_code, answer.json()["retrySafe"]) == (503, True)
            assert "NOT been told" in answer.text
            await power.enter_async_context(server(directory / "postgres"))
            # The phone keeps it and hands it in again.
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await another.report(EMERGENCY)).status_code != 201:  # noqa: ASYNC110 - a phone that tries again
                    await asyncio.sleep(0.1)
            await until(
                lambda: len(codes(clinic, "Bob")) >= 2, "the second page, from a worker nobody touched"
            )
            await settled(clinic)
            assert clinic.rung() == {"Bob": 2}


@pytest.mark.usefixtures("one_port")
async def test_a_page_in_the_hands_of_a_worker_when_the_database_goes_down_is_not_sent_twice() -> None:
    with scratch_directory() as directory:
        async with running(directory / "postgres") as (clinic, power), worker_at(clinic):
            _, caregiver = await clinic.lin()
            clinic.fault("no-receipt", "Bob")
            await caregiver.report(EMERGENCY)
            await until(lambda: bool(clinic.emulator.messages), "the provider has it")
            await power.aclose()
            await power.enter_async_context(server(directory / "postgres"))
            await until(lambda: bool(codes(clinic, "Bob")), "Bob's phone")
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await unsettled(clinic):  # noqa: ASYNC110 - a row, no event
                    await asyncio.sleep(0.05)
            assert clinic.rung() == {"Bob": 1}


async def unsettled(clinic: Clinic) -> bool:
    try:
        return bool(await clinic.rows("messages where state in ('pending', 'sending', 'unknown')"))
    except OSError:
        return True

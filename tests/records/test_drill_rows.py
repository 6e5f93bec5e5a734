"""What the database itself refuses of drills, and what a worker may change of a site."""

from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from api.errors import as_nightbell_error
from domain.decision import SYSTEM, Change
from domain.errors import DrillRunning
from domain.records import alerts
from domain.records.rows import WORKER_ROLE, connect, reading, transaction
from domain.records.write import write
from tests.support.clinic import Clinic
from tests.support.drills import start
from tests.support.sites import home


async def test_a_site_has_one_live_drill_whoever_starts_it(clinic: Clinic) -> None:
    drill = await start(clinic, await clinic.staff("Bob"))
    async with reading(clinic.trial.pool) as connection:
        first = await alerts.find(connection, drill["alertId"])
    assert first is not None
    second = Change(replace(first, id=uuid4()))
    decision = clinic.trial.context(SYSTEM).decide("drill.start", (second,), site_id=first.site_id)
    with pytest.raises(asyncpg.UniqueViolationError, match="alerts_live_drill_key") as refused:
        async with transaction(clinic.trial.pool) as connection:
            await write(connection, decision)
    assert isinstance(as_nightbell_error(refused.value), DrillRunning)


async def test_a_drill_that_has_ended_says_how(clinic: Clinic) -> None:
    await start(clinic, await clinic.staff("Bob"))
    connection = await connect(clinic.settings.database_url)
    for lie in ("state = 'passed'", "state = 'failed', ended_at = now()", "why = 'not-delivered'"):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(f"update drills set {lie}")  # noqa: S608 - a test's own words
    await connection.close()


async def test_a_worker_says_how_a_drill_ended_and_renames_no_site(clinic: Clinic) -> None:
    site = await home(clinic)
    worker = await connect(clinic.settings.database_url, WORKER_ROLE)
    await worker.execute("update sites set unsafe_since = now() where id = $1", site.id)
    for more in ("name = 'x'", "live_since = null", "drill_every = 1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await worker.execute(f"update sites set {more}")  # noqa: S608 - a test's own words
    await worker.close()

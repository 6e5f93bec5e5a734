"""Each change of what is recorded of an occasion raises its revision: by that a phone is told what it holds."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.decision import SYSTEM, Change
from domain.occasion import OccasionRecord
from domain.records import plans
from domain.records.rows import RowLost, transaction
from domain.records.write import write
from tests.support.clinic import Clinic
from tests.support.desk import visit
from tests.support.years import VISIT


async def recorded(clinic: Clinic, participant_id: str) -> OccasionRecord:
    """What is recorded of the visit of week 4."""
    async with transaction(clinic.trial.pool) as connection:
        found = await plans.records(connection, UUID(participant_id), 1)
    return next(each for each in found if (each.kind, each.week) == (VISIT, 4))


async def test_a_change_that_no_tag_would_tell_of_is_not_stored(clinic: Clinic) -> None:
    lin, _ = await clinic.lin(days=60)
    alice = await clinic.staff("Alice")
    assert (await visit(alice, lin, 4, action="miss", reason="snow")).status_code == 200
    before = await recorded(clinic, lin.participant_id)
    for revision in (before.revision, before.revision - 1):
        after = replace(before, revision=revision, reason="ice")
        decision = clinic.trial.context(SYSTEM).decide(
            "visit.miss",
            (Change(after, before),),
            site_id=before.site_id,
            participant_id=before.participant_id,
        )
        with pytest.raises(RowLost):
            async with transaction(clinic.trial.pool) as connection:
                await write(connection, decision)
    assert await recorded(clinic, lin.participant_id) == before
